// The first index of the maximum along an axis, as int64; a NaN wins. One workgroup per result.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint size, inner, count;
} p;
shared float values[256];
shared uint places[256];
bool is_better(float a, uint at, float b, uint bt) {
  bool an = is_nan(a), bn = is_nan(b);
  if (an || bn) return an && (!bn || at < bt);
  return a > b || (a == b && at < bt);
}
void main() {
  uint number = group_number(), lane = gl_LocalInvocationIndex;
  if (number >= p.count) return;
  uint base = (number / p.inner) * p.size * p.inner + number % p.inner;
  float best = -INFINITY;
  uint place = 0xFFFFFFFFu;
  for (uint i = lane; i < p.size; i += 256) {
    float value = LOAD(p.x, base + i * p.inner);
    if (is_better(value, i, best, place)) best = value, place = i;
  }
  values[lane] = best;
  places[lane] = place;
  for (uint half_count = 128; half_count > 0; half_count /= 2) {
    barrier();
    if (lane < half_count &&
        is_better(values[lane + half_count], places[lane + half_count], values[lane], places[lane])) {
      values[lane] = values[lane + half_count];
      places[lane] = places[lane + half_count];
    }
  }
  barrier();
  if (lane == 0) W64(p.y).v[number] = uvec2(places[0], 0);
}
