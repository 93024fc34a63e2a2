// Joins the parts of a product that was cut along k: y[i] = Σ part[s][i] (+ bias[i % width]), in order.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 parts, bias, y;
  uint count, splits, width;
} p;
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
  float sum = 0;
  for (uint s = 0; s < p.splits; ++s) sum += F32(p.parts).v[s * p.count + index];
  if (!is_null(p.bias)) sum += LOAD(p.bias, index % p.width);
  STORE(p.y, index, sum);
}
