// Adds 1 to the step counter of every row of optimize.comp.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(push_constant, std430) uniform P {
  uvec2 steps;  // addresses
  uint count;
} p;
void main() {
  uint index = gl_GlobalInvocationID.x;
  if (index >= p.count) return;
  uvec2 address = W64(p.steps).v[index];
  F32(address).v[0] += 1;
}
