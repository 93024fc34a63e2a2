// y = x as another dtype.
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint FROM = 0;
layout(constant_id = 1) const uint TO = 0;
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint count;
} p;
void main() {
  uint index = thread_number();
  if (index < p.count) convert(p.x, index, FROM, p.y, index, TO);
}
