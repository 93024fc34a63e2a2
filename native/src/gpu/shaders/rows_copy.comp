// Copies rows of `width` elements into rows of `pitch`: a part of a concatenation.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint count, width, pitch, offset;
} p;
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
  uint row = index / p.width;
  MOVE(p.y, row * p.pitch + p.offset + (index - row * p.width), p.x, index);
}
