// Tiled products C = A·B (+ bias): matmul and linear (MODE 0), convolution as an implicit product (1), its input gradient
// (2) and its weight gradient (3). A workgroup computes TILE_M x TILE_N results, a thread RUNS² blocks of 4 x 4; tiles of A
// and B go through shared memory in fours, the next ones being fetched meanwhile. Long sums are cut along z into `splits`
// parts that sum_parts joins in order. Operands of 16 bits are float32 from where they are read; sums always are.
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 256;  // SIDE_M · SIDE_N
layout(constant_id = 1) const uint SIDE_M = 16;
layout(constant_id = 2) const uint SIDE_N = 16;
layout(constant_id = 3) const uint RUNS = 1;
// Which axis of A and of B neighbouring elements of memory follow: 1 for k.
layout(constant_id = 4) const uint A_ALONG_K = 1;
layout(constant_id = 5) const uint B_ALONG_K = 0;
// Four neighbours may be read as one vector: sizes and strides are multiples of 4.
layout(constant_id = 6) const uint A_IN_FOURS = 0;
layout(constant_id = 7) const uint B_IN_FOURS = 0;
// The kernel moves by one on every axis: no division tells whether a place is met.
layout(constant_id = 8) const uint UNIT_STRIDE = 0;
// Pairs of tiles in shared memory: with two, one is filled while the other is used.
layout(constant_id = 9) const uint STAGES = 1;
layout(constant_id = 10) const uint PADDING = 1;  // fours at the end of a tile's row: rows start in other banks
// FLOAT32, HALF or BRAIN: of A, B and the bias, and of C.
layout(constant_id = 11) const uint TYPE = FLOAT32;
layout(constant_id = 12) const uint C_TYPE = FLOAT32;
layout(constant_id = 13) const uint C_IN_FOURS = 0;
const uint DEPTH = 16;
// Sixteen steps one after the other in the code are what a GPU is fast with, and what a driver in software compiles for long.
#ifdef SHORT
#define UNROLL
#else
#define UNROLL [[unroll]]
#endif
const uint TILE_M = 4 * SIDE_M * RUNS, TILE_N = 4 * SIDE_N * RUNS;
const uint FOURS_M = TILE_M / 4, FOURS_N = TILE_N / 4;
const uint PITCH_M = FOURS_M + PADDING, PITCH_N = FOURS_N + PADDING;
const uint LOADS_A = TILE_M * DEPTH / THREADS / 4, LOADS_B = TILE_N * DEPTH / THREADS / 4;

layout(buffer_reference, std430, buffer_reference_align = 16) buffer F32x4 { vec4 v[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) buffer U32x2 { uvec2 v[]; };

float widened(uint bits) { return TYPE == HALF ? from_float16(bits) : uintBitsToFloat(bits << 16); }
float element(uvec2 address, uint index) {
  if (TYPE == FLOAT32) return F32(address).v[index];
  uint place = index + (address.x >> 1 & 1u), word = U32(uvec2(address.x & ~3u, address.y)).v[place >> 1];
  return widened(word >> (place & 1u) * 16 & 0xFFFFu);
}
vec4 four(uvec2 address, uint index) {
  if (TYPE == FLOAT32) return F32x4(address).v[index / 4];
  uvec2 words = U32x2(address).v[index / 4];
  return vec4(widened(words.x & 0xFFFFu), widened(words.x >> 16), widened(words.y & 0xFFFFu), widened(words.y >> 16));
}

#if MODE == 0
layout(push_constant, std430) uniform P {
  uvec2 a, b, bias, c;
  uint m, n, k, k_part, splits;
  uint a_m, a_k, b_k, b_n, a_batch, b_batch;
} p;
#endif

shared vec4 tile_a[STAGES * DEPTH * PITCH_M];
shared vec4 tile_b[STAGES * DEPTH * PITCH_N];

uint batch, k_end;
#if MODE != 0
#define COLUMNS 4
#define COLUMNS_APART FOURS_N
#include "convolution.glsl"
#endif

// Four elements of A from (m, k) on, along k or m; outside they are 0. Likewise of B, except that a gathered B takes
// columns FOURS_N apart: neighbouring threads then read neighbouring places of an image.
#if MODE == 0
vec4 load_a(uint m, uint k) {
  if (m >= p.m || k >= k_end) return vec4(0);
  uint at = batch * p.a_batch + m * p.a_m + k * p.a_k;
  if (A_IN_FOURS != 0) return four(p.a, at);
  vec4 value = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    if (A_ALONG_K != 0 ? k + i < k_end : m + i < p.m) value[i] = element(p.a, at + i * (A_ALONG_K != 0 ? p.a_k : p.a_m));
  }
  return value;
}
vec4 load_b(uint k, uint n) {
  if (n >= p.n || k >= k_end) return vec4(0);
  uint at = batch * p.b_batch + k * p.b_k + n * p.b_n;
  if (B_IN_FOURS != 0) return four(p.b, at);
  vec4 value = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    if (B_ALONG_K != 0 ? k + i < k_end : n + i < p.n) value[i] = element(p.b, at + i * (B_ALONG_K != 0 ? p.b_k : p.b_n));
  }
  return value;
}
uint place_c(uint m, uint n) { return (batch * p.m + m) * p.n + n; }
#elif MODE == 1 || MODE == 2
vec4 load_a(uint m, uint k) {
  if (m >= p.m || k >= k_end) return vec4(0);
#if MODE == 1
  uint at = (batch * p.outputs + m) * p.k + k;
  if (A_IN_FOURS != 0) return four(p.a, at);
  vec4 value = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; ++i)
    if (k + i < k_end) value[i] = element(p.a, at + i);
  return value;
#else
  vec4 value = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    uint o = (k + i) / p.kernel;
    if (k + i < k_end) value[i] = element(p.a, ((batch * p.outputs + o) * p.channels + m) * p.kernel + (k + i - o * p.kernel));
  }
  return value;
#endif
}
vec4 load_b(uint k, uint n) {
  vec4 value = vec4(0);
  if (k >= k_end) return value;
  ivec4 row = I32x4(p.table).v[k];
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    uint at;
    if (find(i, row, at)) value[i] = element(p.b, at);
  }
  return value;
}
#else
// C [outputs, channels·kernel] = gy · xᵀ gathered; k runs over n·out_plane, n over the table's rows.
vec4 load_a(uint m, uint k) {
  vec4 value = vec4(0);
  if (m >= p.m || k >= k_end) return value;
  uint image = k / out_plane, at = k - image * out_plane;
  uint base = ((image * p.groups + batch) * p.outputs + m) * out_plane;
  if (A_IN_FOURS != 0) return four(p.a, base + at);
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    if (at == out_plane) {
      at = 0;
      base += p.groups * p.outputs * out_plane;
    }
    if (k + i < k_end) value[i] = element(p.a, base + at);
    at += 1;
  }
  return value;
}
vec4 load_b(uint k, uint n) {
  vec4 value = vec4(0);
  if (n >= p.n || k >= k_end) return value;
  ivec4 row = I32x4(p.table).v[n];
  uint image = k / out_plane;
  ivec3 place = place_in(k - image * out_plane, out_size);
  uint base = (image * p.groups + batch) * p.channels * in_plane + uint(row.x);
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    ivec3 at = place * stride - before + row.yzw;
    if (k + i < k_end && is_inside(at, in_size)) value[i] = element(p.b, base + flat_in(at, in_size));
    place.z += 1;
    if (place.z == out_size.z) place.z = 0, place.y += 1;
    if (place.y == out_size.y) place.y = 0, place.x += 1;
    if (place.x == out_size.x) place.x = 0, base += p.groups * p.channels * in_plane;
  }
  return value;
}
#endif

// Where the four elements that this thread fetches as its i-th lie in a tile: (first along the tile, first along k).
uvec2 spot(uint i, uint fours, uint is_along_k) {
  uint number = i * THREADS + gl_LocalInvocationIndex;
  if (is_along_k != 0) return uvec2(number / (DEPTH / 4), number % (DEPTH / 4) * 4);
  return uvec2(number % fours * 4, number / fours);
}
#define SPOT_A(i) spot(i, FOURS_M, A_ALONG_K)
#define SPOT_B(i) spot(i, FOURS_N, B_ALONG_K)

void keep_a(uint stage, uvec2 a, vec4 value) {
  uint base = (stage * DEPTH + a.y) * PITCH_M + a.x / 4;
  if (A_ALONG_K == 0) {
    tile_a[base] = value;
    return;
  }
  [[unroll]] for (uint j = 0; j < 4; ++j) tile_a[base + j * PITCH_M][a.x % 4] = value[j];
}
void keep_b(uint stage, uvec2 b, vec4 value) {
  uint base = (stage * DEPTH + b.y) * PITCH_N;
  if (B_ALONG_K != 0) {
    [[unroll]] for (uint j = 0; j < 4; ++j) tile_b[base + j * PITCH_N + b.x / 4][b.x % 4] = value[j];
    return;
  }
#if MODE == 1 || MODE == 2
  [[unroll]] for (uint j = 0; j < 4; ++j) {
    uint column = b.x / 4 + j * FOURS_N;
    tile_b[base + column / 4][column % 4] = value[j];
  }
#else
  tile_b[base + b.x / 4] = value;
#endif
}

// Four results side by side as C's type.
void store(uint m, uint n, vec4 value) {
  if (C_TYPE == FLOAT32) {
    if (C_IN_FOURS != 0) {
      F32x4(p.c).v[place_c(m, n) / 4] = value;
      return;
    }
    [[unroll]] for (uint j = 0; j < 4; ++j)
      if (n + j < p.n) F32(p.c).v[place_c(m, n + j)] = value[j];
    return;
  }
  uvec4 bits;
  [[unroll]] for (uint j = 0; j < 4; ++j) bits[j] = C_TYPE == HALF ? to_float16(value[j]) : to_bfloat16(value[j]);
  if (C_IN_FOURS != 0) {
    U32x2(p.c).v[place_c(m, n) / 4] = uvec2(bits.x | bits.y << 16, bits.z | bits.w << 16);
    return;
  }
  [[unroll]] for (uint j = 0; j < 4; ++j)
    if (n + j < p.n) store_small(p.c, place_c(m, n + j), 2, bits[j]);
}

void main() {
  uint thread = gl_LocalInvocationIndex;
  // Blocks of 8 x 4 threads read few different words of shared memory at once.
  uint block = thread / 32, lane = thread % 32;
  uint tx = block % (SIDE_N / 8) * 8 + lane % 8, ty = block / (SIDE_N / 8) * 4 + lane / 8;
  uint first_n = gl_WorkGroupID.x * TILE_N, first_m = gl_WorkGroupID.y * TILE_M;
  batch = gl_WorkGroupID.z / p.splits;
  uint split = gl_WorkGroupID.z - batch * p.splits;
  uint k_begin = split * p.k_part;
  k_end = min(p.k, k_begin + p.k_part);
#if MODE != 0
  read_geometry();
#endif
#if MODE == 1 || MODE == 2
  keep_columns(first_n + thread % FOURS_N);
#endif

  vec4 sums[4 * RUNS * RUNS];
  [[unroll]] for (uint i = 0; i < 4 * RUNS * RUNS; ++i) sums[i] = vec4(0);
  vec4 next_a[LOADS_A], next_b[LOADS_B];
#define FETCH(k) \
  [[unroll]] for (uint i = 0; i < LOADS_A; ++i) next_a[i] = load_a(first_m + SPOT_A(i).x, (k) + SPOT_A(i).y); \
  [[unroll]] for (uint i = 0; i < LOADS_B; ++i) next_b[i] = load_b((k) + SPOT_B(i).y, first_n + SPOT_B(i).x);
#define KEEP(stage) \
  [[unroll]] for (uint i = 0; i < LOADS_A; ++i) keep_a(stage, SPOT_A(i), next_a[i]); \
  [[unroll]] for (uint i = 0; i < LOADS_B; ++i) keep_b(stage, SPOT_B(i), next_b[i]);
  FETCH(k_begin)
  uint stage = 0;
  if (STAGES > 1) {
    KEEP(0)
    barrier();
  }
  for (uint k = k_begin; k < k_end; k += DEPTH) {
    bool has_more = k + DEPTH < k_end;
    if (STAGES == 1) {
      barrier();
      KEEP(0)
      barrier();
    }
    if (has_more) {
      FETCH(k + DEPTH)
    }
    UNROLL for (uint kk = 0; kk < DEPTH; ++kk) {
      vec4 a[RUNS], b[RUNS];
      [[unroll]] for (uint r = 0; r < RUNS; ++r) {
        a[r] = tile_a[(stage * DEPTH + kk) * PITCH_M + r * SIDE_M + ty];
        b[r] = tile_b[(stage * DEPTH + kk) * PITCH_N + r * SIDE_N + tx];
      }
      [[unroll]] for (uint r = 0; r < RUNS; ++r)
        [[unroll]] for (uint i = 0; i < 4; ++i)
          [[unroll]] for (uint s = 0; s < RUNS; ++s) sums[(r * 4 + i) * RUNS + s] += a[r][i] * b[s];
    }
    if (STAGES > 1) {
      stage ^= 1;
      if (has_more) {
        KEEP(stage)
      }
      barrier();
    }
  }
  [[unroll]] for (uint r = 0; r < RUNS; ++r)
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      uint m = first_m + r * 4 * SIDE_M + ty * 4 + i;
      if (m >= p.m) continue;
      [[unroll]] for (uint s = 0; s < RUNS; ++s) {
        uint n = first_n + s * 4 * SIDE_N + tx * 4;
        if (n >= p.n) continue;
        vec4 value = sums[(r * 4 + i) * RUNS + s];
        if (p.splits > 1) {
          uint place = (split * (gl_NumWorkGroups.z / p.splits) + batch) * p.m * p.n + m * p.n + n;
          [[unroll]] for (uint j = 0; j < 4; ++j)
            if (n + j < p.n) F32(p.c).v[place + j] = value[j];
          continue;
        }
#if MODE == 0
        if (!is_null(p.bias)) {
          [[unroll]] for (uint j = 0; j < 4; ++j)
            if (n + j < p.n) value[j] += element(p.bias, n + j);
        }
#elif MODE == 1
        if (!is_null(p.bias)) value += element(p.bias, batch * p.outputs + m);
#elif MODE == 2
        if (!is_null(p.bias)) value += element(p.bias, batch * p.channels + m);
#endif
        store(m, n, value);
      }
    }
}
