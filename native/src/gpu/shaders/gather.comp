// y[i] = table[index[i]]: rows of `width` elements of 1, 2, 4 or 8 bytes.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 table, rows, y, status;
  uint count, width, table_rows, instruction;
} p;
void main() {
  uint number = thread_number();
  if (number >= p.count) return;
  uint row = number / p.width;
  uvec2 chosen = W64(p.rows).v[row];
  if (chosen.y != 0 || chosen.x >= p.table_rows) {
    fail(p.status, 1, p.instruction, chosen, row);
    return;
  }
  MOVE(p.y, number, p.table, chosen.x * p.width + (number - row * p.width));
}
