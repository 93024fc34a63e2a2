// Sum, maximum or minimum over some axes. A workgroup is 256 threads: OUTPUTS results side by side, 256 / OUTPUTS threads
// for each. Large reductions are cut along y into parts that a second call joins; the order never changes.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KIND = 0;  // sum, max, min
layout(constant_id = 1) const uint OUTPUTS = 1;
layout(constant_id = 2) const uint KEPT = 1;  // kept axes
layout(constant_id = 3) const uint REDUCED = 1;
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint outputs, elements, part;  // elements reduced per output; of which each part takes so many
  uint sizes[8], strides[8];     // kept axes, then reduced ones
} p;
shared float partial[256];
float join(float a, float b) {
  if (KIND == 0) return a + b;
  if (is_nan(a)) return a;
  if (is_nan(b)) return b;
  return KIND == 1 ? max(a, b) : min(a, b);
}
void main() {
  const uint lanes = 256 / OUTPUTS;
  uint column = gl_LocalInvocationIndex % OUTPUTS, lane = gl_LocalInvocationIndex / OUTPUTS;
  uint number = gl_WorkGroupID.x * OUTPUTS + column;
  float value = KIND == 0 ? 0 : KIND == 1 ? -INFINITY : INFINITY;
  if (number < p.outputs) {
    uint left = number, base = 0;
    for (int axis = int(KEPT) - 1; axis >= 0; --axis) {
      uint next = left / p.sizes[axis];
      base += (left - next * p.sizes[axis]) * p.strides[axis];
      left = next;
    }
    uint first = gl_WorkGroupID.y * p.part, last = min(first + p.part, p.elements);
    for (uint i = first + lane; i < last; i += lanes) {
      uint at = base, rest = i;
      for (int axis = int(KEPT + REDUCED) - 1; axis > int(KEPT); --axis) {
        uint next = rest / p.sizes[axis];
        at += (rest - next * p.sizes[axis]) * p.strides[axis];
        rest = next;
      }
      at += rest * p.strides[KEPT];
      value = join(value, LOAD(p.x, at));
    }
  }
  partial[gl_LocalInvocationIndex] = value;
  for (uint half_count = lanes / 2; half_count > 0; half_count /= 2) {
    barrier();
    if (lane < half_count)
      partial[gl_LocalInvocationIndex] =
          join(partial[gl_LocalInvocationIndex], partial[gl_LocalInvocationIndex + half_count * OUTPUTS]);
  }
  barrier();
  if (lane == 0 && number < p.outputs) STORE(p.y, gl_WorkGroupID.y * p.outputs + number, partial[column]);
}
