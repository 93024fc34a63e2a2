// log[position, :count] = value as float64, in a log of rows of `width` numbers.
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint FROM = 0;
layout(push_constant, std430) uniform P {
  uvec2 value, log, position, status;
  uint count, rows, width, instruction;
} p;
void main() {
  uint number = thread_number();
  if (number >= p.count) return;
  uvec2 at = W64(p.position).v[0];
  if (at.y != 0 || at.x >= p.rows) fail(p.status, 3, p.instruction, at, 0);
  else convert(p.value, number, FROM, p.log, at.x * p.width + number, FLOAT64);
}
