// Positions that put lines in order, as int64: one thread per element counts what comes before it, and writes its place there.
// Equal elements stay as they stand; a NaN is larger than everything.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint size, inner, count, descending;
} p;
void main() {
  uint number = thread_number();
  if (number >= p.count) return;
  uint place = number / p.inner % p.size, base = number - place * p.inner;
  float own = LOAD(p.x, number);
  bool is_own_nan = is_nan(own);
  uint rank = 0;
  for (uint i = 0; i < p.size; ++i) {
    float other = LOAD(p.x, base + i * p.inner);
    bool is_other_nan = is_nan(other);
    bool is_equal = is_own_nan ? is_other_nan : other == own;
    bool is_less = is_own_nan ? !is_other_nan : !is_other_nan && other < own;
    bool is_before = is_equal ? i < place : is_less != (p.descending != 0);
    rank += is_before ? 1 : 0;
  }
  W64(p.y).v[base + rank * p.inner] = uvec2(place, 0);
}
