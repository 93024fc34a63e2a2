// Sums (or PRODUCTS) of the elements up to each place of a line, from its end where `reverse`. One workgroup per line: each
// thread combines neighbours, then starts from what the threads before it made.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint PRODUCTS = 0;
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint size, inner, lines, reverse;
} p;
shared float made[256];
float combined(float a, float b) { return PRODUCTS != 0 ? a * b : a + b; }
void main() {
  const float nothing = PRODUCTS != 0 ? 1.0 : 0.0;
  uint line = group_number(), lane = gl_LocalInvocationIndex;
  if (line >= p.lines) return;
  uint base = (line / p.inner) * p.size * p.inner + line % p.inner;
  uint share = (p.size + 255) / 256, begin = min(lane * share, p.size), end = min(begin + share, p.size);
  float own = nothing;
  for (uint i = begin; i < end; ++i)
    own = combined(own, LOAD(p.x, base + (p.reverse != 0 ? p.size - 1 - i : i) * p.inner));
  made[lane] = own;
  for (uint distance = 1; distance < 256; distance *= 2) {
    barrier();
    float value = made[lane];
    if (lane >= distance) value = combined(made[lane - distance], value);
    barrier();
    made[lane] = value;
  }
  barrier();
  float value = lane == 0 ? nothing : made[lane - 1];
  for (uint i = begin; i < end; ++i) {
    uint at = base + (p.reverse != 0 ? p.size - 1 - i : i) * p.inner;
    value = combined(value, LOAD(p.x, at));
    STORE(p.y, at, value);
  }
}
