// counter[i] += amounts[i], 64-bit and wrapping.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(push_constant, std430) uniform P {
  uvec2 counter, amounts;
  uint count;
} p;
void main() {
  uint index = gl_GlobalInvocationID.x;
  if (index >= p.count) return;
  uvec2 value = W64(p.counter).v[index], more = W64(p.amounts).v[index];
  uint low = value.x + more.x;
  W64(p.counter).v[index] = uvec2(low, value.y + more.y + (low < value.x ? 1u : 0u));
}
