// Joins the parts of normalize_sums and column_sums: a[i] = Σ first, b[i] = Σ second, in order.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(push_constant, std430) uniform P {
  uvec2 parts, a, b;
  uint count, splits;
} p;
void main() {
  uint index = gl_GlobalInvocationID.x;
  if (index >= p.count) return;
  float sum = 0, product = 0;
  for (uint s = 0; s < p.splits; ++s) {
    sum += F32(p.parts).v[(s * p.count + index) * 2];
    product += F32(p.parts).v[(s * p.count + index) * 2 + 1];
  }
  STORE(p.a, index, sum);
  STORE(p.b, index, product);
}
