// Σ g and Σ g·x̂ over the rows of a matrix, for each of its columns (layer_norm's gweight and gbias), in parts along y.
// 32 columns and 8 rows at once.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 gy, x, mean, rstd, parts;
  uint rows, columns, part;
} p;
shared float first_sum[256], second_sum[256];
void main() {
  uint lane = gl_LocalInvocationIndex, column = gl_WorkGroupID.x * 32 + lane % 32;
  uint last = min((gl_WorkGroupID.y + 1) * p.part, p.rows);
  float sum = 0, product = 0;
  if (column < p.columns)
    for (uint row = gl_WorkGroupID.y * p.part + lane / 32; row < last; row += 8) {
      float g = LOAD(p.gy, row * p.columns + column);
      sum += g;
      product += g * (LOAD(p.x, row * p.columns + column) - LOAD(p.mean, row)) * LOAD(p.rstd, row);
    }
  first_sum[lane] = sum;
  second_sum[lane] = product;
  for (uint half_count = 128; half_count >= 32; half_count /= 2) {
    barrier();
    if (lane < half_count) {
      first_sum[lane] += first_sum[lane + half_count];
      second_sum[lane] += second_sum[lane + half_count];
    }
  }
  if (lane < 32 && column < p.columns) {
    uint at = (gl_WorkGroupID.y * p.columns + column) * 2;
    F32(p.parts).v[at] = first_sum[lane];
    F32(p.parts).v[at + 1] = second_sum[lane];
  }
}
