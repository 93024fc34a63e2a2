// y = one function of whole numbers, inputs broadcast: `axes` holds for each axis, the last one first, its size and the three inputs' strides.
#include "common.glsl"
#include "integers.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint FUNCTION = 0;  // in the order of kFunctions of ops/integers.cc
layout(constant_id = 1) const uint RANK = 1;
layout(push_constant, std430) uniform P {
  uvec2 a, b, c, y, axes, status;
  uint count, instruction;
} p;
void main() {
  uint number = thread_number();
  if (number >= p.count) return;
  uint left = number;
  uvec3 at = uvec3(0);
  for (uint axis = 0; axis < RANK; ++axis) {
    uint size = U32(p.axes).v[4 * axis], place = left % size;
    left /= size;
    at += place * uvec3(U32(p.axes).v[4 * axis + 1], U32(p.axes).v[4 * axis + 2], U32(p.axes).v[4 * axis + 3]);
  }
  uvec2 a = W64(p.a).v[at.x], b = W64(p.b).v[at.y], y = uvec2(0), rest;
  if (FUNCTION == 0) y = added(a, b);
  else if (FUNCTION == 1) y = subtracted(a, b);
  else if (FUNCTION == 2) y = multiplied(a, b);
  else if (FUNCTION == 3 || FUNCTION == 4) {
    if (is_zero(b)) {
      fail(p.status, 6, p.instruction, b, at.y);
      return;
    }
    y = floor_divided(a, b, rest);
    if (FUNCTION == 4) y = rest;
  }
  else if (FUNCTION == 5) y = powered(a, b);
  else if (FUNCTION == 6) y = is_less(a, b) ? b : a;
  else if (FUNCTION == 7) y = is_less(b, a) ? b : a;
  else if (FUNCTION == 8) y = a & b;
  else if (FUNCTION == 9) y = a | b;
  else if (FUNCTION == 10) y = a ^ b;
  else if (FUNCTION == 11) y = truth(a == b);
  else if (FUNCTION == 12) y = truth(a != b);
  else if (FUNCTION == 13) y = truth(is_less(a, b));
  else if (FUNCTION == 14) y = truth(!is_less(b, a));
  else y = is_zero(a) ? W64(p.c).v[at.z] : b;
  W64(p.y).v[number] = y;
}
