// y[row] = data[index[cursor + row]] as another dtype.
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint FROM = 0;
layout(constant_id = 1) const uint TO = 0;
layout(push_constant, std430) uniform P {
  uvec2 data, rows, cursor, y, status;
  uint count, width, table, index_length, batch, instruction;
} p;
void main() {
  uint number = thread_number();
  if (number >= p.count) return;
  uvec2 cursor = W64(p.cursor).v[0];
  if (cursor.y != 0 || cursor.x + p.batch > p.index_length) {
    fail(p.status, 2, p.instruction, cursor, 0);
    return;
  }
  uint row = number / p.width;
  uvec2 chosen = W64(p.rows).v[cursor.x + row];
  if (chosen.y != 0 || chosen.x >= p.table) {
    fail(p.status, 1, p.instruction, chosen, cursor.x + row);
    return;
  }
  convert(p.data, chosen.x * p.width + (number - row * p.width), FROM, p.y, number, TO);
}
