// Tiled products C = A·B (+ bias): matmul and linear (MODE 0), convolution as an implicit product (1), its input gradient
// (2) and its weight gradient (3). A workgroup computes TILE x TILE results, a thread RUNS² blocks of 4 x 4; tiles of A and
// B go through shared memory in fours, the next ones being fetched meanwhile. Long sums are cut along z into `splits`
// parts that sum_parts joins in order.
#include "common.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 256;  // SIDE²
layout(constant_id = 1) const uint SIDE = 16;
layout(constant_id = 2) const uint RUNS = 1;
// Which axis of A and of B neighbouring elements of memory follow: 1 for k.
layout(constant_id = 3) const uint A_ALONG_K = 1;
layout(constant_id = 4) const uint B_ALONG_K = 0;
// Four neighbours may be read as one vector: sizes and strides are multiples of 4.
layout(constant_id = 5) const uint A_IN_FOURS = 0;
layout(constant_id = 6) const uint B_IN_FOURS = 0;
// The kernel moves by one on every axis: no division tells whether a place is met.
layout(constant_id = 7) const uint UNIT_STRIDE = 0;
const uint DEPTH = 16;
const uint TILE = 4 * SIDE * RUNS;
const uint FOURS = TILE / 4;
const uint PITCH = FOURS + 1;
const uint LOADS = TILE * DEPTH / THREADS / 4;

layout(buffer_reference, std430, buffer_reference_align = 16) buffer F32x4 { vec4 v[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer I32x4 { ivec4 v[]; };

#if MODE == 0
layout(push_constant, std430) uniform P {
  uvec2 a, b, bias, c;
  uint m, n, k, k_part, splits;
  uint a_m, a_k, b_k, b_n, a_batch, b_batch;
} p;
#else
// Geometry: sizes of the input and output planes, padded to three axes.
layout(push_constant, std430) uniform P {
  uvec2 a, b, bias, c;
  uvec2 table;  // of k (modes 1, 2) or of n (3): offset, then the place in the kernel times dilation on three axes
  uvec2 shape;  // input plane [3], output plane [3], stride [3], padding before [3]
  uint m, n, k, k_part, splits;
  uint groups, channels, outputs;  // channels and outputs a group
  uint kernel;
} p;
ivec3 triple(uint row) {
  return ivec3(I32(p.shape).v[3 * row], I32(p.shape).v[3 * row + 1], I32(p.shape).v[3 * row + 2]);
}
ivec3 in_size, out_size, stride, before;
uint in_plane, out_plane;
ivec3 place_in(uint at, ivec3 size) {
  uint w = at % uint(size.z), rest = at / uint(size.z);
  return ivec3(rest / uint(size.y), rest % uint(size.y), w);
}
bool is_inside(ivec3 at, ivec3 size) { return all(greaterThanEqual(at, ivec3(0))) && all(lessThan(at, size)); }
uint flat_in(ivec3 at, ivec3 size) { return uint((at.x * size.y + at.y) * size.z + at.z); }
#endif

shared vec4 tile_a[DEPTH * PITCH];
shared vec4 tile_b[DEPTH * PITCH];

uint batch, k_end;

// Four elements of A from (m, k) on, along k or m; outside they are 0. Likewise of B, except that a gathered B takes
// columns FOURS apart: neighbouring threads then read neighbouring places of an image.
#if MODE == 0
vec4 load_a(uint m, uint k) {
  if (m >= p.m || k >= k_end) return vec4(0);
  uint at = batch * p.a_batch + m * p.a_m + k * p.a_k;
  if (A_IN_FOURS != 0) return F32x4(p.a).v[at / 4];
  vec4 value = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    if (A_ALONG_K != 0 ? k + i < k_end : m + i < p.m) value[i] = LOAD(p.a, at + i * (A_ALONG_K != 0 ? p.a_k : p.a_m));
  }
  return value;
}
vec4 load_b(uint k, uint n) {
  if (n >= p.n || k >= k_end) return vec4(0);
  uint at = batch * p.b_batch + k * p.b_k + n * p.b_n;
  if (B_IN_FOURS != 0) return F32x4(p.b).v[at / 4];
  vec4 value = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    if (B_ALONG_K != 0 ? k + i < k_end : n + i < p.n) value[i] = LOAD(p.b, at + i * (B_ALONG_K != 0 ? p.b_k : p.b_n));
  }
  return value;
}
uint place_c(uint m, uint n) { return (batch * p.m + m) * p.n + n; }
#elif MODE == 1 || MODE == 2
// C [outputs, n·plane] = weight · x gathered, and C [channels, n·in_plane] = weightᵀ · gy gathered: the places of B's
// columns are the same for every k and kept.
uint column_base[4];
ivec3 column_place[4];
void keep_columns(uint n) {
  ivec3 size = MODE == 1 ? out_size : in_size;
  uint plane = MODE == 1 ? out_plane : in_plane;
  uint images = MODE == 1 ? p.channels * in_plane : p.outputs * out_plane;
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    uint column = n + i * FOURS, image = column / plane;
    ivec3 at = place_in(column - image * plane, size);
    column_base[i] = (image * p.groups + batch) * images;
    column_place[i] = MODE == 1 ? at * stride - before : at + before;
    if (column >= p.n) column_place[i] = ivec3(MODE == 1 ? -(1 << 28) : -1);
  }
}
vec4 load_a(uint m, uint k) {
  if (m >= p.m || k >= k_end) return vec4(0);
#if MODE == 1
  uint at = (batch * p.outputs + m) * p.k + k;
  if (A_IN_FOURS != 0) return F32x4(p.a).v[at / 4];
  vec4 value = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; ++i)
    if (k + i < k_end) value[i] = LOAD(p.a, at + i);
  return value;
#else
  vec4 value = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    uint o = (k + i) / p.kernel;
    if (k + i < k_end) value[i] = LOAD(p.a, ((batch * p.outputs + o) * p.channels + m) * p.kernel + (k + i - o * p.kernel));
  }
  return value;
#endif
}
vec4 load_b(uint k, uint n) {
  vec4 value = vec4(0);
  if (k >= k_end) return value;
  ivec4 row = I32x4(p.table).v[k];
  [[unroll]] for (uint i = 0; i < 4; ++i) {
#if MODE == 1
    ivec3 at = column_place[i] + row.yzw;
    if (is_inside(at, in_size)) value[i] = LOAD(p.b, column_base[i] + uint(row.x) + flat_in(at, in_size));
#else
    ivec3 at = column_place[i] - row.yzw;
    if (UNIT_STRIDE == 0) {
      if (any(lessThan(at, ivec3(0)))) continue;
      ivec3 whole = at / stride;
      if (any(notEqual(whole * stride, at))) continue;
      at = whole;
    }
    if (is_inside(at, out_size)) value[i] = LOAD(p.b, column_base[i] + uint(row.x) + flat_in(at, out_size));
#endif
  }
  return value;
}
uint place_c(uint m, uint n) {
#if MODE == 1
  uint plane = out_plane, rows = p.outputs;
#else
  uint plane = in_plane, rows = p.channels;
#endif
  uint image = n / plane;
  return ((image * p.groups + batch) * rows + m) * plane + (n - image * plane);
}
#else
// C [outputs, channels·kernel] = gy · xᵀ gathered; k runs over n·out_plane, n over the table's rows.
vec4 load_a(uint m, uint k) {
  vec4 value = vec4(0);
  if (m >= p.m || k >= k_end) return value;
  uint image = k / out_plane, at = k - image * out_plane;
  uint base = ((image * p.groups + batch) * p.outputs + m) * out_plane;
  if (A_IN_FOURS != 0) return F32x4(p.a).v[(base + at) / 4];
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    if (at == out_plane) {
      at = 0;
      base += p.groups * p.outputs * out_plane;
    }
    if (k + i < k_end) value[i] = LOAD(p.a, base + at);
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
    if (k + i < k_end && is_inside(at, in_size)) value[i] = LOAD(p.b, base + flat_in(at, in_size));
    place.z += 1;
    if (place.z == out_size.z) place.z = 0, place.y += 1;
    if (place.y == out_size.y) place.y = 0, place.x += 1;
    if (place.x == out_size.x) place.x = 0, base += p.groups * p.channels * in_plane;
  }
  return value;
}
uint place_c(uint m, uint n) { return (batch * p.m + m) * p.n + n; }
#endif

// Where the four elements that this thread fetches as its i-th lie in a tile: (first along the tile, first along k).
uvec2 spot(uint i, uint is_along_k) {
  uint number = i * THREADS + gl_LocalInvocationIndex;
  if (is_along_k != 0) return uvec2(number / (DEPTH / 4), number % (DEPTH / 4) * 4);
  return uvec2(number % FOURS * 4, number / FOURS);
}

void main() {
  uint thread = gl_LocalInvocationIndex;
  // Blocks of 8 x 4 threads read few different words of shared memory at once.
  uint block = thread / 32, lane = thread % 32;
  uint tx = block % (SIDE / 8) * 8 + lane % 8, ty = block / (SIDE / 8) * 4 + lane / 8;
  uint first_n = gl_WorkGroupID.x * TILE, first_m = gl_WorkGroupID.y * TILE;
  batch = gl_WorkGroupID.z / p.splits;
  uint split = gl_WorkGroupID.z - batch * p.splits;
  uint k_begin = split * p.k_part;
  k_end = min(p.k, k_begin + p.k_part);
#if MODE != 0
  in_size = triple(0);
  out_size = triple(1);
  stride = triple(2);
  before = triple(3);
  in_plane = uint(in_size.x * in_size.y * in_size.z);
  out_plane = uint(out_size.x * out_size.y * out_size.z);
#endif
#if MODE == 1 || MODE == 2
  keep_columns(first_n + thread % FOURS);
#endif

  vec4 sums[4 * RUNS * RUNS];
  [[unroll]] for (uint i = 0; i < 4 * RUNS * RUNS; ++i) sums[i] = vec4(0);
  vec4 next_a[LOADS], next_b[LOADS];
  [[unroll]] for (uint i = 0; i < LOADS; ++i) {
    uvec2 a = spot(i, A_ALONG_K), b = spot(i, B_ALONG_K);
    next_a[i] = load_a(first_m + a.x, k_begin + a.y);
    next_b[i] = load_b(k_begin + b.y, first_n + b.x);
  }
  for (uint k = k_begin; k < k_end; k += DEPTH) {
    barrier();
    [[unroll]] for (uint i = 0; i < LOADS; ++i) {
      uvec2 a = spot(i, A_ALONG_K), b = spot(i, B_ALONG_K);
      if (A_ALONG_K != 0) {
        [[unroll]] for (uint j = 0; j < 4; ++j) tile_a[(a.y + j) * PITCH + a.x / 4][a.x % 4] = next_a[i][j];
      } else {
        tile_a[a.y * PITCH + a.x / 4] = next_a[i];
      }
      if (B_ALONG_K != 0) {
        [[unroll]] for (uint j = 0; j < 4; ++j) tile_b[(b.y + j) * PITCH + b.x / 4][b.x % 4] = next_b[i][j];
      } else if (MODE == 1 || MODE == 2) {
        [[unroll]] for (uint j = 0; j < 4; ++j) {
          uint column = b.x / 4 + j * FOURS;
          tile_b[b.y * PITCH + column / 4][column % 4] = next_b[i][j];
        }
      } else {
        tile_b[b.y * PITCH + b.x / 4] = next_b[i];
      }
    }
    barrier();
    if (k + DEPTH < k_end) {
      [[unroll]] for (uint i = 0; i < LOADS; ++i) {
        uvec2 a = spot(i, A_ALONG_K), b = spot(i, B_ALONG_K);
        next_a[i] = load_a(first_m + a.x, k + DEPTH + a.y);
        next_b[i] = load_b(k + DEPTH + b.y, first_n + b.x);
      }
    }
    [[unroll]] for (uint kk = 0; kk < DEPTH; ++kk) {
      vec4 a[RUNS], b[RUNS];
      [[unroll]] for (uint r = 0; r < RUNS; ++r) {
        a[r] = tile_a[kk * PITCH + r * SIDE + ty];
        b[r] = tile_b[kk * PITCH + r * SIDE + tx];
      }
      [[unroll]] for (uint r = 0; r < RUNS; ++r)
        [[unroll]] for (uint i = 0; i < 4; ++i)
          [[unroll]] for (uint s = 0; s < RUNS; ++s) sums[(r * 4 + i) * RUNS + s] += a[r][i] * b[s];
    }
  }
  [[unroll]] for (uint r = 0; r < RUNS; ++r)
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      uint m = first_m + r * 4 * SIDE + ty * 4 + i;
      if (m >= p.m) continue;
      [[unroll]] for (uint s = 0; s < RUNS; ++s) {
        uint n = first_n + s * 4 * SIDE + tx * 4;
        vec4 value = sums[(r * 4 + i) * RUNS + s];
        [[unroll]] for (uint j = 0; j < 4; ++j) {
          if (n + j >= p.n) continue;
          if (p.splits > 1) {
            F32(p.c).v[(split * (gl_NumWorkGroups.z / p.splits) + batch) * p.m * p.n + m * p.n + n + j] = value[j];
            continue;
          }
          float result = value[j];
#if MODE == 0
          if (!is_null(p.bias)) result += LOAD(p.bias, n + j);
#elif MODE == 1
          if (!is_null(p.bias)) result += LOAD(p.bias, batch * p.outputs + m);
#elif MODE == 2
          if (!is_null(p.bias)) result += LOAD(p.bias, batch * p.channels + m);
#endif
          STORE(p.c, place_c(m, n + j), result);
        }
      }
    }
}
