// Every element of 1, 2, 4 or 8 bytes is the low bytes of `value`.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint BYTES = 4;
layout(push_constant, std430) uniform P {
  uvec2 y, value;
  uint count;
} p;
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
  if (BYTES <= 2) store_small(p.y, index, BYTES, p.value.x);
  else if (BYTES == 4) U32(p.y).v[index] = p.value.x;
  else W64(p.y).v[index] = p.value;
}
