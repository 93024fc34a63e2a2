// y = x as another dtype. 16-bit floats from float32 are made in pairs, a whole word each.
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint FROM = 0;
layout(constant_id = 1) const uint TO = 0;
layout(constant_id = 2) const uint IN_PAIRS = 0;
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint count;
} p;
uint narrowed(float value) { return TO == HALF ? to_float16(value) : to_bfloat16(value); }
void main() {
  uint index = thread_number();
  if (IN_PAIRS == 0) {
    if (index < p.count) convert(p.x, index, FROM, p.y, index, TO);
    return;
  }
  uint first = 2 * index;
  if (first + 1 < p.count) {
    U32(p.y).v[index] = narrowed(F32(p.x).v[first]) | narrowed(F32(p.x).v[first + 1]) << 16;
  } else if (first < p.count) {
    store_small(p.y, first, 2, narrowed(F32(p.x).v[first]));
  }
}
