// The negative log-likelihood of targets [batch, inner] under logp [batch, classes, inner]. One workgroup; its threads add
// up in a fixed order. REDUCTION: none, mean, sum.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint REDUCTION = 1;
layout(push_constant, std430) uniform P {
  uvec2 logp, targets, weight, loss, total, status;
  uint count, classes, inner, instruction;
  int ignored_low, ignored_high;
} p;
shared float losses[256], weights[256];
void main() {
  uint lane = gl_LocalInvocationIndex;
  float loss = 0, total = 0;
  for (uint i = lane; i < p.count; i += 256) {
    uvec2 target = W64(p.targets).v[i];
    float value = 0;
    if (target != uvec2(uint(p.ignored_low), uint(p.ignored_high))) {
      if (target.y != 0 || target.x >= p.classes) {
        fail(p.status, 4, p.instruction, target, i);
      } else {
        float w = is_null(p.weight) ? 1 : LOAD(p.weight, target.x);
        value = -LOAD(p.logp, ((i / p.inner) * p.classes + target.x) * p.inner + i % p.inner) * w;
        total += w;
      }
    }
    if (REDUCTION == 0) STORE(p.loss, i, value);
    loss += value;
  }
  losses[lane] = loss;
  weights[lane] = total;
  for (uint half_count = 128; half_count > 0; half_count /= 2) {
    barrier();
    if (lane < half_count) {
      losses[lane] += losses[lane + half_count];
      weights[lane] += weights[lane + half_count];
    }
  }
  if (lane == 0) {
    STORE(p.total, 0, weights[0]);
    if (REDUCTION == 1) STORE(p.loss, 0, weights[0] == 0 ? NOT_A_NUMBER : losses[0] / weights[0]);
    if (REDUCTION == 2) STORE(p.loss, 0, losses[0]);
  }
}
