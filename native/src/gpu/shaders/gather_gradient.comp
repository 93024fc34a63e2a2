// gtable[row] += gy[i] for every i with index[i] = row, in order; gtable was filled with 0. A workgroup takes one index and
// does nothing unless it is the first of its row; then it adds all that follow.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 gy, rows, gx, status;
  uint count, width, table_rows, instruction;
  int padding;  // -1: none
} p;
shared uint is_later;
shared uint found[256];
shared uint found_count;
void main() {
  uint mine = group_number(), lane = gl_LocalInvocationIndex;
  if (mine >= p.count) return;
  uvec2 row = W64(p.rows).v[mine];
  if (row.y != 0 || row.x >= p.table_rows) {
    if (lane == 0) fail(p.status, 1, p.instruction, row, mine);
    return;
  }
  if (int(row.x) == p.padding) return;
  if (lane == 0) is_later = 0;
  barrier();
  for (uint i = lane; i < mine; i += 256)
    if (W64(p.rows).v[i].x == row.x) is_later = 1;
  barrier();
  if (is_later != 0) return;
  for (uint first = mine; first < p.count; first += 256) {
    uint i = first + lane;
    found[lane] = i < p.count && W64(p.rows).v[i].x == row.x ? 1u : 0u;
    barrier();
    for (uint column = lane; column < p.width; column += 256) {
      float sum = 0;
      bool has_any = false;
      for (uint at = 0; at < 256; ++at)
        if (found[at] != 0) {
          if (!has_any) sum = LOAD(p.gx, row.x * p.width + column);
          has_any = true;
          sum += LOAD(p.gy, (first + at) * p.width + column);
        }
      if (has_any) STORE(p.gx, row.x * p.width + column, sum);
    }
    barrier();
  }
}
