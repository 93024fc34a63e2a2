// The sums a normalization's gradient needs, in parts: over the elements of a group, Σ g and Σ g·x̂, where x̂ is the
// normalized x and g the gradient, times the weight with WEIGHTED. A group is laid out as in moments.comp; STAT says
// whose mean and rstd an element takes: 0 the group's own, 1 (columns of rows) the row's, 2 those of the sample's group.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint STAT = 0;
layout(constant_id = 1) const uint WEIGHTED = 0;  // 0 no, 1 weight[place in the row], 2 weight[channel]
layout(push_constant, std430) uniform P {
  uvec2 gy, x, weight, mean, rstd, parts;
  uint run, pitch, group_pitch, elements, part;
  uint channels, inner, groups, per_group;
} p;
shared float first_sum[256], second_sum[256];
void main() {
  uint lane = gl_LocalInvocationIndex, group = gl_WorkGroupID.x;
  uint first = gl_WorkGroupID.y * p.part, last = min(first + p.part, p.elements);
  float sum = 0, product = 0;
  for (uint i = first + lane; i < last; i += 256) {
    uint row = i / p.run;
    uint at = group * p.group_pitch + row * p.pitch + (i - row * p.run);
    uint stat = STAT == 0 ? group : STAT == 1 ? at / p.per_group : row * p.groups + group / p.per_group;
    float g = LOAD(p.gy, at);
    if (WEIGHTED == 1) g *= LOAD(p.weight, at % p.per_group);
    if (WEIGHTED == 2) g *= LOAD(p.weight, (at / p.inner) % p.channels);
    sum += g;
    product += g * (LOAD(p.x, at) - LOAD(p.mean, stat)) * LOAD(p.rstd, stat);
  }
  first_sum[lane] = sum;
  second_sum[lane] = product;
  for (uint half_count = 128; half_count > 0; half_count /= 2) {
    barrier();
    if (lane < half_count) {
      first_sum[lane] += first_sum[lane + half_count];
      second_sum[lane] += second_sum[lane + half_count];
    }
  }
  if (lane == 0) {
    uint at = (gl_WorkGroupID.y * gl_NumWorkGroups.x + group) * 2;
    F32(p.parts).v[at] = first_sum[0];
    F32(p.parts).v[at + 1] = second_sum[0];
  }
}
