// Pads one axis of [outer, size, inner]; several axes are padded one after the other. With GRADIENT, what it adds up:
// gx from gy, every place of gy that came from an element of x, in order.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint MODE = 0;  // constant, reflect, replicate, circular
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint count, size, padded, inner;
  int before;
  float value;
} p;
// Where in x a place of the padded axis comes from; -1 outside.
int source(int place) {
  int at = place - p.before, size = int(p.size);
  if (at >= 0 && at < size) return at;
  if (MODE == 0) return -1;
  if (MODE == 1) return at < 0 ? -at : 2 * size - 2 - at;
  if (MODE == 2) return at < 0 ? 0 : size - 1;
  return at < 0 ? at + size : at - size;
}
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
  uint inner = index % p.inner, rest = index / p.inner;
#ifdef GRADIENT
  uint place = rest % p.size, outer = rest / p.size;
  int at = int(place), size = int(p.size), last = int(p.padded) - 1;
  uint base = outer * p.padded * p.inner + inner;
  float sum = 0;
  if (MODE == 0) {
    int to = at + p.before;
    if (to >= 0 && to <= last) sum = LOAD(p.y, base + uint(to) * p.inner);
  } else if (MODE == 2) {
    int first = at == 0 ? 0 : at + p.before, end = at == size - 1 ? last : at + p.before;
    for (int to = max(first, 0); to <= min(end, last); ++to) sum += LOAD(p.y, base + uint(to) * p.inner);
  } else {
    int candidates[3];
    candidates[1] = p.before + at;
    candidates[0] = MODE == 1 ? p.before - at : p.before + at - size;
    candidates[2] = MODE == 1 ? p.before + 2 * size - 2 - at : p.before + at + size;
    for (int i = 0; i < 3; ++i) {
      int to = candidates[i];
      if (i != 1 && to == candidates[1]) continue;
      if (to >= 0 && to <= last && source(to) == at) sum += LOAD(p.y, base + uint(to) * p.inner);
    }
  }
  STORE(p.x, index, sum);
#else
  uint place = rest % p.padded, outer = rest / p.padded;
  int from = source(int(place));
  STORE(p.y, index, from < 0 ? p.value : LOAD(p.x, (outer * p.size + uint(from)) * p.inner + inner));
#endif
}
