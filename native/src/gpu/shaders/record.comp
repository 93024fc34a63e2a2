// log[position] = value as float64.
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x = 1) in;
layout(constant_id = 0) const uint FROM = 0;
layout(push_constant, std430) uniform P {
  uvec2 value, log, position, status;
  uint count, instruction;
} p;
void main() {
  uvec2 at = W64(p.position).v[0];
  if (at.y != 0 || at.x >= p.count) fail(p.status, 3, p.instruction, at, 0);
  else convert(p.value, 0, FROM, p.log, at.x, FLOAT64);
}
