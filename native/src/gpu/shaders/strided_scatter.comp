// y[offset + Σ index·strides] += Σ x over the axes that move nothing in y. Runs over axes that never meet in y; for the
// others it is called again with another offset.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint RANK = 1;
layout(push_constant, std430) uniform P {
  uvec2 x, y, axes;  // axes: size, stride in x, stride in y of each kept axis; then size and stride in x of each summed one
  uint count;
  int x_offset, y_offset;
  uint summed, summed_count;
} p;
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
  uint left = index;
  int from = p.x_offset, to = p.y_offset;
  for (int axis = int(RANK) - 1; axis >= 0; --axis) {
    uint size = U32(p.axes).v[3 * axis];
    uint next = left / size;
    int place = int(left - next * size);
    from += place * I32(p.axes).v[3 * axis + 1];
    to += place * I32(p.axes).v[3 * axis + 2];
    left = next;
  }
  float sum = 0;
  for (uint each = 0; each < p.summed_count; ++each) {
    uint rest = each;
    int at = from;
    for (int axis = int(p.summed) - 1; axis >= 0; --axis) {
      uint size = U32(p.axes).v[3 * RANK + 2 * axis];
      uint next = rest / size;
      at += int(rest - next * size) * I32(p.axes).v[3 * RANK + 2 * axis + 1];
      rest = next;
    }
    sum += LOAD(p.x, at);
  }
  STORE(p.y, to, LOAD(p.y, to) + sum);
}
