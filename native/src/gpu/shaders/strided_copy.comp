// y[index] = x[offset + Σ index·strides]: elements of 1, 2, 4 or 8 bytes.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint RANK = 1;
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint count;
  int offset;
  uint sizes[8];
  int strides[8];
} p;
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
  uint left = index;
  int from = p.offset;
  [[unroll]] for (int axis = int(RANK) - 1; axis > 0; --axis) {
    uint next = left / p.sizes[axis];
    from += int(left - next * p.sizes[axis]) * p.strides[axis];
    left = next;
  }
  from += int(left) * p.strides[0];
  MOVE(p.y, index, p.x, from);
}
