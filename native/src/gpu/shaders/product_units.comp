// C = A·B (+ bias) of 16-bit operands on a device's matrix units (GL_KHR_cooperative_matrix), float32 sums: matmul and linear
// (MODE 0), convolution as an implicit product (1), its input gradient (2) and its weight gradient (3). A workgroup
// makes TILE_M x TILE_N results, a subgroup SUB_M x SUB_N of them; tiles of A and B go through shared memory in eights, the
// next ones being fetched meanwhile. Results leave through shared memory, where any size is cut. In mode 0 sizes along which
// operands are read are multiples of 8; what the units multiply at once is the device's to say.
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_EXT_shader_16bit_storage : require
#ifdef HALVES
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#define ELEMENT float16_t
#else
#extension GL_EXT_bfloat16 : require
#define ELEMENT bfloat16_t
#endif
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 256;
layout(constant_id = 1) const uint TILE_M = 128;
layout(constant_id = 2) const uint TILE_N = 128;
layout(constant_id = 3) const uint DEPTH = 32;
layout(constant_id = 4) const uint SUB_M = 64;
layout(constant_id = 5) const uint SUB_N = 64;
// The shape of one multiplication.
layout(constant_id = 6) const uint UNIT_M = 16;
layout(constant_id = 7) const uint UNIT_N = 16;
layout(constant_id = 8) const uint UNIT_K = 16;
layout(constant_id = 9) const uint A_ALONG_K = 1;
layout(constant_id = 10) const uint B_ALONG_K = 0;
layout(constant_id = 11) const uint C_TYPE = BRAIN;
layout(constant_id = 12) const uint C_IN_EIGHTS = 0;
// Of a convolution: eight neighbours of A may be read at once; the kernel moves by one on every axis.
layout(constant_id = 13) const uint A_IN_EIGHTS = 0;
layout(constant_id = 14) const uint UNIT_STRIDE = 0;
#ifdef HALVES
const uint TYPE = HALF;
#else
const uint TYPE = BRAIN;
#endif
layout(buffer_reference, std430, buffer_reference_align = 16) buffer U32x4 { uvec4 v[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer F32x4 { vec4 v[]; };
layout(buffer_reference, std430, buffer_reference_align = 2) buffer U16 { uint16_t v[]; };
uint batch, k_end;
#if MODE == 0
layout(push_constant, std430) uniform P {
  uvec2 a, b, bias, c;
  uint m, n, k, k_part, splits;
  uint a_m, a_k, b_k, b_n, a_batch, b_batch;
} p;
uint place_c(uint m, uint n) { return (batch * p.m + m) * p.n + n; }
#else
#define COLUMNS 8
#define COLUMNS_APART 1
#include "convolution.glsl"
#endif
const uint ROWS_A = A_ALONG_K != 0 ? TILE_M : DEPTH, WIDTH_A = (A_ALONG_K != 0 ? DEPTH : TILE_M) / 8;
const uint ROWS_B = B_ALONG_K != 0 ? TILE_N : DEPTH, WIDTH_B = (B_ALONG_K != 0 ? DEPTH : TILE_N) / 8;
const uint PITCH_A = WIDTH_A + 1, PITCH_B = WIDTH_B + 1;  // rows start in other banks
const uint LOADS_A = ROWS_A * WIDTH_A / THREADS, LOADS_B = ROWS_B * WIDTH_B / THREADS;
const uint COUNT_M = SUB_M / UNIT_M, COUNT_N = SUB_N / UNIT_N;
const uint SUBGROUPS = (TILE_M / SUB_M) * (TILE_N / SUB_N);
shared uvec4 tile_a[ROWS_A * PITCH_A];
shared uvec4 tile_b[ROWS_B * PITCH_B];
shared float results[SUBGROUPS * UNIT_M * UNIT_N];

#define SUM coopmat<float, gl_ScopeSubgroup, UNIT_M, UNIT_N, gl_MatrixUseAccumulator>

uint element(uvec2 address, uint index) { return uint(U16(address).v[index]); }
uvec4 packed(uint bits[8]) {
  return uvec4(bits[0] | bits[1] << 16, bits[2] | bits[3] << 16, bits[4] | bits[5] << 16, bits[6] | bits[7] << 16);
}

// Eight elements of A from (m, k) on, along k or m, and of B along n or k; outside they are 0.
#if MODE == 0
uvec4 load_a(uint m, uint k) {
  if (m >= p.m || k >= k_end) return uvec4(0);
  return U32x4(p.a).v[(batch * p.a_batch + m * p.a_m + k * p.a_k) / 8];
}
uvec4 load_b(uint k, uint n) {
  if (n >= p.n || k >= k_end) return uvec4(0);
  return U32x4(p.b).v[(batch * p.b_batch + n * p.b_n + k * p.b_k) / 8];
}
#else
uvec4 load_a(uint m, uint k) {
  if (m >= p.m || k >= k_end) return uvec4(0);
  uint bits[8];
#if MODE == 1
  uint at = (batch * p.outputs + m) * p.k + k;
  if (A_IN_EIGHTS != 0) return U32x4(p.a).v[at / 8];
  [[unroll]] for (uint i = 0; i < 8; ++i) bits[i] = k + i < k_end ? element(p.a, at + i) : 0;
#elif MODE == 2
  uint o = k / p.kernel, place = k - o * p.kernel;
  [[unroll]] for (uint i = 0; i < 8; ++i) {
    uint at = ((batch * p.outputs + o) * p.channels + m) * p.kernel + place;
    bits[i] = k + i < k_end ? element(p.a, at) : 0;
    if (++place == p.kernel) place = 0, o += 1;
  }
#else
  uint image = k / out_plane, at = k - image * out_plane;
  uint base = ((image * p.groups + batch) * p.outputs + m) * out_plane;
  if (A_IN_EIGHTS != 0) return U32x4(p.a).v[(base + at) / 8];
  [[unroll]] for (uint i = 0; i < 8; ++i) {
    bits[i] = k + i < k_end ? element(p.a, base + at) : 0;
    if (++at == out_plane) at = 0, base += p.groups * p.outputs * out_plane;
  }
#endif
  return packed(bits);
}
#if MODE == 3
uvec4 load_b(uint k, uint n) {
  if (n >= p.n || k >= k_end) return uvec4(0);
  ivec4 row = I32x4(p.table).v[n];
  uint image = k / out_plane;
  ivec3 place = place_in(k - image * out_plane, out_size);
  uint base = (image * p.groups + batch) * p.channels * in_plane + uint(row.x);
  uint bits[8];
  [[unroll]] for (uint i = 0; i < 8; ++i) {
    ivec3 at = place * stride - before + row.yzw;
    bits[i] = k + i < k_end && is_inside(at, in_size) ? element(p.b, base + flat_in(at, in_size)) : 0;
    place.z += 1;
    if (place.z == out_size.z) place.z = 0, place.y += 1;
    if (place.y == out_size.y) place.y = 0, place.x += 1;
    if (place.x == out_size.x) place.x = 0, base += p.groups * p.channels * in_plane;
  }
  return packed(bits);
}
#else
// A thread's columns are the same whatever it fetches: THREADS is a multiple of a row's eights.
uvec4 load_b(uint k, uint n) {
  if (k >= k_end) return uvec4(0);
  ivec4 row = I32x4(p.table).v[k];
  uint bits[8];
  [[unroll]] for (uint i = 0; i < 8; ++i) {
    uint at;
    bits[i] = find(i, row, at) ? element(p.b, at) : 0;
  }
  return packed(bits);
}
#endif
#endif

void store_eight(uint m, uint n, float value[8]) {
  uint count = min(8, p.n - n), place = place_c(m, n);
  if (C_TYPE == FLOAT32) {
    if (C_IN_EIGHTS != 0) {
      F32x4(p.c).v[place / 4] = vec4(value[0], value[1], value[2], value[3]);
      F32x4(p.c).v[place / 4 + 1] = vec4(value[4], value[5], value[6], value[7]);
      return;
    }
    for (uint j = 0; j < count; ++j) F32(p.c).v[place_c(m, n + j)] = value[j];
    return;
  }
  uint bits[8];
  [[unroll]] for (uint j = 0; j < 8; ++j) bits[j] = C_TYPE == HALF ? to_float16(value[j]) : to_bfloat16(value[j]);
  if (C_IN_EIGHTS != 0) {
    U32x4(p.c).v[place / 8] = packed(bits);
    return;
  }
  for (uint j = 0; j < count; ++j) U16(p.c).v[place_c(m, n + j)] = uint16_t(bits[j]);
}

void main() {
  // Eight rows of tiles walk along n together: what they read is still in the cache.
  uint number = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x, band = 8 * gl_NumWorkGroups.x;
  uint first_row = number / band * 8, rows = min(8, gl_NumWorkGroups.y - first_row), rest = number % band;
  uint first_m = (first_row + rest % rows) * TILE_M, first_n = rest / rows * TILE_N;
  batch = gl_WorkGroupID.z / p.splits;
  uint split = gl_WorkGroupID.z - batch * p.splits, k_begin = split * p.k_part;
  k_end = min(p.k, k_begin + p.k_part);
#if MODE != 0
  read_geometry();
#endif
#if MODE == 1 || MODE == 2
  keep_columns(first_n + gl_LocalInvocationIndex % WIDTH_B * 8);
#endif
  uint sub_m = gl_SubgroupID / (TILE_N / SUB_N) * SUB_M, sub_n = gl_SubgroupID % (TILE_N / SUB_N) * SUB_N;

  SUM sums[COUNT_M * COUNT_N];
  [[unroll]] for (uint i = 0; i < COUNT_M * COUNT_N; ++i) sums[i] = SUM(0.0);
  uvec4 next_a[LOADS_A], next_b[LOADS_B];
#define FETCH(from) \
  [[unroll]] for (uint i = 0; i < LOADS_A; ++i) { \
    uint eight = i * THREADS + gl_LocalInvocationIndex, row = eight / WIDTH_A, place = eight % WIDTH_A * 8; \
    uint m = first_m + (A_ALONG_K != 0 ? row : place), kk = (from) + (A_ALONG_K != 0 ? place : row); \
    next_a[i] = load_a(m, kk); \
  } \
  [[unroll]] for (uint i = 0; i < LOADS_B; ++i) { \
    uint eight = i * THREADS + gl_LocalInvocationIndex, row = eight / WIDTH_B, place = eight % WIDTH_B * 8; \
    uint n = first_n + (B_ALONG_K != 0 ? row : place), kk = (from) + (B_ALONG_K != 0 ? place : row); \
    next_b[i] = load_b(kk, n); \
  }
  FETCH(k_begin)
  for (uint k = k_begin; k < k_end; k += DEPTH) {
    barrier();
    [[unroll]] for (uint i = 0; i < LOADS_A; ++i) {
      uint eight = i * THREADS + gl_LocalInvocationIndex;
      tile_a[eight / WIDTH_A * PITCH_A + eight % WIDTH_A] = next_a[i];
    }
    [[unroll]] for (uint i = 0; i < LOADS_B; ++i) {
      uint eight = i * THREADS + gl_LocalInvocationIndex;
      tile_b[eight / WIDTH_B * PITCH_B + eight % WIDTH_B] = next_b[i];
    }
    barrier();
    if (k + DEPTH < k_end) {
      FETCH(k + DEPTH)
    }
    [[unroll]] for (uint kk = 0; kk < DEPTH; kk += UNIT_K) {
      coopmat<ELEMENT, gl_ScopeSubgroup, UNIT_M, UNIT_K, gl_MatrixUseA> a[COUNT_M];
      [[unroll]] for (uint i = 0; i < COUNT_M; ++i) {
        uint m = sub_m + i * UNIT_M;
        if (A_ALONG_K != 0) coopMatLoad(a[i], tile_a, m * PITCH_A + kk / 8, PITCH_A, gl_CooperativeMatrixLayoutRowMajor);
        else coopMatLoad(a[i], tile_a, kk * PITCH_A + m / 8, PITCH_A, gl_CooperativeMatrixLayoutColumnMajor);
      }
      [[unroll]] for (uint j = 0; j < COUNT_N; ++j) {
        uint n = sub_n + j * UNIT_N;
        coopmat<ELEMENT, gl_ScopeSubgroup, UNIT_K, UNIT_N, gl_MatrixUseB> b;
        if (B_ALONG_K != 0) coopMatLoad(b, tile_b, n * PITCH_B + kk / 8, PITCH_B, gl_CooperativeMatrixLayoutColumnMajor);
        else coopMatLoad(b, tile_b, kk * PITCH_B + n / 8, PITCH_B, gl_CooperativeMatrixLayoutRowMajor);
        [[unroll]] for (uint i = 0; i < COUNT_M; ++i)
          sums[i * COUNT_N + j] = coopMatMulAdd(a[i], b, sums[i * COUNT_N + j]);
      }
    }
  }
  uint base = gl_SubgroupID * UNIT_M * UNIT_N;
  [[unroll]] for (uint i = 0; i < COUNT_M; ++i)
    [[unroll]] for (uint j = 0; j < COUNT_N; ++j) {
      uint from_m = first_m + sub_m + i * UNIT_M, from_n = first_n + sub_n + j * UNIT_N;
      subgroupBarrier();
      coopMatStore(sums[i * COUNT_N + j], results, base, UNIT_N, gl_CooperativeMatrixLayoutRowMajor);
      subgroupBarrier();
      for (uint eight = gl_SubgroupInvocationID; eight < UNIT_M * UNIT_N / 8; eight += gl_SubgroupSize) {
        uint m = from_m + eight / (UNIT_N / 8), n = from_n + eight % (UNIT_N / 8) * 8;
        if (m >= p.m || n >= p.n) continue;
        uint count = min(8, p.n - n);
        float value[8];
        [[unroll]] for (uint e = 0; e < 8; ++e) value[e] = results[base + eight * 8 + e];
        if (p.splits > 1) {
          uint place = (split * (gl_NumWorkGroups.z / p.splits) + batch) * p.m * p.n + m * p.n + n;
          for (uint e = 0; e < count; ++e) F32(p.c).v[place + e] = value[e];
          continue;
        }
        if (!is_null(p.bias)) {
#if MODE == 0
          for (uint e = 0; e < count; ++e) value[e] += load_float(p.bias, n + e, TYPE);
#elif MODE == 1 || MODE == 2
          float bias = load_float(p.bias, batch * p.m + m, TYPE);
          [[unroll]] for (uint e = 0; e < 8; ++e) value[e] += bias;
#endif
        }
        store_eight(m, n, value);
      }
    }
}
