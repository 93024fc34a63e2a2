// Joins the parts of moments.comp (Chan, Golub and LeVeque 1979) into mean and 1/sqrt(variance + eps), and moves the
// running statistics of batch_norm where they are given.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(push_constant, std430) uniform P {
  uvec2 parts, mean, invstd, running_mean, running_var, tracked;
  uint groups, count;
  float eps, momentum;  // momentum below 0: the cumulative average
} p;
void main() {
  uint group = gl_GlobalInvocationID.x;
  if (group >= p.groups) return;
  float n = 0, mean = 0, squares = 0;
  for (uint part = 0; part < p.count; ++part) {
    uint at = (part * p.groups + group) * 3;
    float m = F32(p.parts).v[at], away = F32(p.parts).v[at + 1] - mean;
    float both = n + m;
    mean += away * (m / both);
    squares += F32(p.parts).v[at + 2] + away * away * (n * m / both);
    n = both;
  }
  float variance = squares / n;
  STORE(p.mean, group, mean);
  STORE(p.invstd, group, 1 / sqrt(variance + p.eps));
  float momentum = p.momentum;
  if (momentum < 0 && !is_null(p.tracked)) momentum = 1 / (float(W64(p.tracked).v[0].x) + 1);
  if (!is_null(p.running_mean)) {
    float old = LOAD(p.running_mean, group);
    STORE(p.running_mean, group, old * (1 - momentum) + mean * momentum);
  }
  if (!is_null(p.running_var)) {
    float old = LOAD(p.running_var, group);
    STORE(p.running_var, group, old * (1 - momentum) + squares / (n - 1) * momentum);
  }
}
