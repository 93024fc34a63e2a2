// Tiled products C = A·B (+ bias): matmul and linear (MODE 0), convolution as an implicit product (1), its input gradient
// (2) and its weight gradient (3). A workgroup computes a tile of 16·SIDE... : TILE x TILE results, RUNS vectors of 4 by
// 4·RUNS results a thread; tiles of A and B go through shared memory, the next ones being fetched meanwhile. Long sums are
// cut along z into `splits` parts that sum_parts joins in order.
#include "common.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 256;  // SIDE²
layout(constant_id = 1) const uint SIDE = 16;
layout(constant_id = 2) const uint RUNS = 1;
// Which axis of A and of B (transposed) neighbouring threads read: 1 when k is the dense one.
layout(constant_id = 3) const uint A_ALONG_K = 1;
layout(constant_id = 4) const uint B_ALONG_K = 0;
const uint DEPTH = 16;
const uint TILE = 4 * SIDE * RUNS;
const uint PITCH = TILE / 4 + 1;
const uint LOADS = TILE * DEPTH / THREADS;

#if MODE == 0
layout(push_constant, std430) uniform P {
  uvec2 a, b, bias, c;
  uint m, n, k, k_part, splits;
  uint a_m, a_k, b_k, b_n, a_batch, b_batch;
  uint bias_along_m;
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
uint shape_of(uint i) { return U32(p.shape).v[i]; }
#endif

shared vec4 tile_a[DEPTH * PITCH];
shared vec4 tile_b[DEPTH * PITCH];

uint batch, k_end;

#if MODE == 0
float load_a(uint m, uint k) {
  return m < p.m && k < k_end ? LOAD(p.a, batch * p.a_batch + m * p.a_m + k * p.a_k) : 0;
}
float load_b(uint k, uint n) {
  return n < p.n && k < k_end ? LOAD(p.b, batch * p.b_batch + k * p.b_k + n * p.b_n) : 0;
}
uint place_c(uint m, uint n) { return (batch * p.m + m) * p.n + n; }
#elif MODE == 1
// C [outputs, n·plane] = weight [outputs, channels·kernel] · x gathered.
uint in_plane, out_plane;
float load_a(uint m, uint k) {
  return m < p.m && k < k_end ? LOAD(p.a, (batch * p.outputs + m) * p.k + k) : 0;
}
float load_b(uint k, uint n) {
  if (n >= p.n || k >= k_end) return 0;
  uint image = n / out_plane, at = n - image * out_plane;
  uint ow = at % shape_of(5), rest = at / shape_of(5);
  uint oh = rest % shape_of(4), od = rest / shape_of(4);
  int d = int(od * shape_of(6)) - int(shape_of(9)) + I32(p.table).v[4 * k + 1];
  int h = int(oh * shape_of(7)) - int(shape_of(10)) + I32(p.table).v[4 * k + 2];
  int w = int(ow * shape_of(8)) - int(shape_of(11)) + I32(p.table).v[4 * k + 3];
  if (uint(d) >= shape_of(0) || uint(h) >= shape_of(1) || uint(w) >= shape_of(2)) return 0;
  uint base = (image * p.groups + batch) * p.channels * in_plane;
  return LOAD(p.b, base + U32(p.table).v[4 * k] + (uint(d) * shape_of(1) + uint(h)) * shape_of(2) + uint(w));
}
uint place_c(uint m, uint n) {
  uint image = n / out_plane;
  return ((image * p.groups + batch) * p.outputs + m) * out_plane + (n - image * out_plane);
}
#elif MODE == 2
// C [channels, n·in_plane] = weightᵀ · gy gathered; k runs over outputs·kernel.
uint in_plane, out_plane;
float load_a(uint m, uint k) {
  if (m >= p.m || k >= k_end) return 0;
  uint o = k / p.kernel;
  return LOAD(p.a, ((batch * p.outputs + o) * p.channels + m) * p.kernel + (k - o * p.kernel));
}
float load_b(uint k, uint n) {
  if (n >= p.n || k >= k_end) return 0;
  uint image = n / in_plane, at = n - image * in_plane;
  uint iw = at % shape_of(2), rest = at / shape_of(2);
  uint ih = rest % shape_of(1), id = rest / shape_of(1);
  int d = int(id + shape_of(9)) - I32(p.table).v[4 * k + 1];
  int h = int(ih + shape_of(10)) - I32(p.table).v[4 * k + 2];
  int w = int(iw + shape_of(11)) - I32(p.table).v[4 * k + 3];
  if (d < 0 || h < 0 || w < 0) return 0;
  uint od = uint(d) / shape_of(6), oh = uint(h) / shape_of(7), ow = uint(w) / shape_of(8);
  if (od * shape_of(6) != uint(d) || oh * shape_of(7) != uint(h) || ow * shape_of(8) != uint(w)) return 0;
  if (od >= shape_of(3) || oh >= shape_of(4) || ow >= shape_of(5)) return 0;
  uint base = (image * p.groups + batch) * p.outputs * out_plane;
  return LOAD(p.b, base + U32(p.table).v[4 * k] + (od * shape_of(4) + oh) * shape_of(5) + ow);
}
uint place_c(uint m, uint n) {
  uint image = n / in_plane;
  return ((image * p.groups + batch) * p.channels + m) * in_plane + (n - image * in_plane);
}
#else
// C [outputs, channels·kernel] = gy · xᵀ gathered; k runs over n·out_plane.
uint in_plane, out_plane;
float load_a(uint m, uint k) {
  if (m >= p.m || k >= k_end) return 0;
  uint image = k / out_plane;
  return LOAD(p.a, ((image * p.groups + batch) * p.outputs + m) * out_plane + (k - image * out_plane));
}
float load_b(uint k, uint n) {
  if (n >= p.n || k >= k_end) return 0;
  uint image = k / out_plane, at = k - image * out_plane;
  uint ow = at % shape_of(5), rest = at / shape_of(5);
  uint oh = rest % shape_of(4), od = rest / shape_of(4);
  int d = int(od * shape_of(6)) - int(shape_of(9)) + I32(p.table).v[4 * n + 1];
  int h = int(oh * shape_of(7)) - int(shape_of(10)) + I32(p.table).v[4 * n + 2];
  int w = int(ow * shape_of(8)) - int(shape_of(11)) + I32(p.table).v[4 * n + 3];
  if (uint(d) >= shape_of(0) || uint(h) >= shape_of(1) || uint(w) >= shape_of(2)) return 0;
  uint base = (image * p.groups + batch) * p.channels * in_plane;
  return LOAD(p.b, base + U32(p.table).v[4 * n] + (uint(d) * shape_of(1) + uint(h)) * shape_of(2) + uint(w));
}
uint place_c(uint m, uint n) { return (batch * p.m + m) * p.n + n; }
#endif

void main() {
  uint thread = gl_LocalInvocationIndex;
  uint tx = thread % SIDE, ty = thread / SIDE;
  uint first_n = gl_WorkGroupID.x * TILE, first_m = gl_WorkGroupID.y * TILE;
  batch = gl_WorkGroupID.z / p.splits;
  uint split = gl_WorkGroupID.z - batch * p.splits;
  uint k_begin = split * p.k_part;
  k_end = min(p.k, k_begin + p.k_part);
#if MODE != 0
  in_plane = shape_of(0) * shape_of(1) * shape_of(2);
  out_plane = shape_of(3) * shape_of(4) * shape_of(5);
#endif

  vec4 sums[4 * RUNS * RUNS];
  [[unroll]] for (uint i = 0; i < 4 * RUNS * RUNS; ++i) sums[i] = vec4(0);
  float next_a[LOADS], next_b[LOADS];
  // Where the values this thread fetches lie in their tiles.
  [[unroll]] for (uint i = 0; i < LOADS; ++i) {
    uint number = i * THREADS + thread;
    uint ak = A_ALONG_K != 0 ? number % DEPTH : number / TILE, am = A_ALONG_K != 0 ? number / DEPTH : number % TILE;
    uint bk = B_ALONG_K != 0 ? number % DEPTH : number / TILE, bn = B_ALONG_K != 0 ? number / DEPTH : number % TILE;
    next_a[i] = load_a(first_m + am, k_begin + ak);
    next_b[i] = load_b(k_begin + bk, first_n + bn);
  }
  for (uint k = k_begin; k < k_end; k += DEPTH) {
    barrier();
    [[unroll]] for (uint i = 0; i < LOADS; ++i) {
      uint number = i * THREADS + thread;
      uint ak = A_ALONG_K != 0 ? number % DEPTH : number / TILE, am = A_ALONG_K != 0 ? number / DEPTH : number % TILE;
      uint bk = B_ALONG_K != 0 ? number % DEPTH : number / TILE, bn = B_ALONG_K != 0 ? number / DEPTH : number % TILE;
      tile_a[ak * PITCH + am / 4][am % 4] = next_a[i];
      tile_b[bk * PITCH + bn / 4][bn % 4] = next_b[i];
    }
    barrier();
    if (k + DEPTH < k_end) {
      [[unroll]] for (uint i = 0; i < LOADS; ++i) {
        uint number = i * THREADS + thread;
        uint ak = A_ALONG_K != 0 ? number % DEPTH : number / TILE, am = A_ALONG_K != 0 ? number / DEPTH : number % TILE;
        uint bk = B_ALONG_K != 0 ? number % DEPTH : number / TILE, bn = B_ALONG_K != 0 ? number / DEPTH : number % TILE;
        next_a[i] = load_a(first_m + am, k + DEPTH + ak);
        next_b[i] = load_b(k + DEPTH + bk, first_n + bn);
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
      [[unroll]] for (uint s = 0; s < RUNS; ++s)
        [[unroll]] for (uint j = 0; j < 4; ++j) {
          uint n = first_n + s * 4 * SIDE + tx * 4 + j;
          if (n >= p.n) continue;
          float value = sums[(r * 4 + i) * RUNS + s][j];
          if (p.splits > 1) {
            F32(p.c).v[(split * (gl_NumWorkGroups.z / p.splits) + batch) * p.m * p.n + m * p.n + n] = value;
            continue;
          }
#if MODE == 0
          if (!is_null(p.bias)) value += LOAD(p.bias, p.bias_along_m != 0 ? m : n);
#elif MODE == 1
          if (!is_null(p.bias)) value += LOAD(p.bias, batch * p.outputs + m);
#elif MODE == 2
          if (!is_null(p.bias)) value += LOAD(p.bias, batch * p.channels + m);
#endif
          STORE(p.c, place_c(m, n), value);
        }
    }
}
