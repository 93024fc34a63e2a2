// A convolution as an implicit product: MODE 1 it, 2 its input gradient, 3 its weight gradient. Geometry: sizes of the input
// and output planes, padded to three axes.
layout(buffer_reference, std430, buffer_reference_align = 16) buffer I32x4 { ivec4 v[]; };
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
void read_geometry() {
  in_size = triple(0);
  out_size = triple(1);
  stride = triple(2);
  before = triple(3);
  in_plane = uint(in_size.x * in_size.y * in_size.z);
  out_plane = uint(out_size.x * out_size.y * out_size.z);
}
ivec3 place_in(uint at, ivec3 size) {
  uint w = at % uint(size.z), rest = at / uint(size.z);
  return ivec3(rest / uint(size.y), rest % uint(size.y), w);
}
bool is_inside(ivec3 at, ivec3 size) { return all(greaterThanEqual(at, ivec3(0))) && all(lessThan(at, size)); }
uint flat_in(ivec3 at, ivec3 size) { return uint((at.x * size.y + at.y) * size.z + at.z); }

#if MODE == 1 || MODE == 2
// C [outputs, n·plane] = weight · x gathered, and C [channels, n·in_plane] = weightᵀ · gy gathered: the places of B's
// columns, COLUMNS of them COLUMNS_APART, are the same for every k and kept.
uint column_base[COLUMNS];
ivec3 column_place[COLUMNS];
void keep_columns(uint n) {
  ivec3 size = MODE == 1 ? out_size : in_size;
  uint plane = MODE == 1 ? out_plane : in_plane;
  uint images = MODE == 1 ? p.channels * in_plane : p.outputs * out_plane;
  [[unroll]] for (uint i = 0; i < COLUMNS; ++i) {
    uint column = n + i * COLUMNS_APART, image = column / plane;
    ivec3 at = place_in(column - image * plane, size);
    column_base[i] = (image * p.groups + batch) * images;
    column_place[i] = MODE == 1 ? at * stride - before : at + before;
    if (column >= p.n) column_place[i] = ivec3(MODE == 1 ? -(1 << 28) : -1);
  }
}
// Where the element of a kept column and a row of the table lies in B; false where nothing does.
bool find(uint i, ivec4 row, out uint index) {
#if MODE == 1
  ivec3 at = column_place[i] + row.yzw;
  index = column_base[i] + uint(row.x) + flat_in(at, in_size);
  return is_inside(at, in_size);
#else
  ivec3 at = column_place[i] - row.yzw;
  if (UNIT_STRIDE == 0) {
    ivec3 whole = at / stride;
    if (any(lessThan(at, ivec3(0))) || any(notEqual(whole * stride, at))) return false;
    at = whole;
  }
  index = column_base[i] + uint(row.x) + flat_in(at, out_size);
  return is_inside(at, out_size);
#endif
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
uint place_c(uint m, uint n) { return (batch * p.m + m) * p.n + n; }
#endif
