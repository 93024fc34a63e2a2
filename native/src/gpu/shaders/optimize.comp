// One step of an optimizer over many parameters at once. RULE: 0 SGD, 1 Adam and AdamW, 2 RMSprop; torch.optim's
// formulas. A workgroup takes one chunk of one tensor: `chunks` says which.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint RULE = 1;
// Of one tensor: parameter, gradient, three states (0: absent), step, rate; then count.
struct Row {
  uvec2 parameter, gradient, state0, state1, state2, step, rate;
  uint count, unused;
};
layout(buffer_reference, std430, buffer_reference_align = 8) buffer Rows { Row v[]; };
layout(push_constant, std430) uniform P {
  uvec2 rows, chunks;  // chunks: row, first element
  uint count, size, maximize, nesterov, decoupled;
  float beta1, beta2, eps, decay, momentum, dampening;
  float rest1, rest2, log1, log2;  // 1 - beta and log beta, rounded from float64
} p;
#include "functions.glsl"
void main() {
  uint chunk = group_number();
  if (chunk >= p.count) return;
  Row row = Rows(p.rows).v[U32(p.chunks).v[2 * chunk]];
  uint first = U32(p.chunks).v[2 * chunk + 1], last = min(first + p.size, row.count);
  // The counter is moved on by count_steps, which runs before (Adam, RMSprop) or after (SGD).
  float step = F32(row.step).v[0], rate = float64_to_float(W64(row.rate).v[0]);
  float step_size = 0, root = 0;
  if (RULE == 1) {
    // 1 - beta^step without cancellation.
    step_size = rate / -f_expm1(step * p.log1);
    root = sqrt(-f_expm1(step * p.log2));
  }
  for (uint i = first + gl_LocalInvocationIndex; i < last; i += 256) {
    float x = LOAD(row.parameter, i), g = LOAD(row.gradient, i);
    if (RULE == 1 && p.decoupled != 0 && p.decay != 0) x *= 1 - rate * p.decay;
    if (p.maximize != 0) g = -g;
    if (p.decay != 0 && p.decoupled == 0) g += p.decay * x;
    if (RULE == 0) {
      if (p.momentum != 0) {
        float buffered = step == 0 ? g : p.momentum * F32(row.state0).v[i] + (1 - p.dampening) * g;
        F32(row.state0).v[i] = buffered;
        g = p.nesterov != 0 ? g + p.momentum * buffered : buffered;
      }
      x -= rate * g;
    } else if (RULE == 1) {
      float m = F32(row.state0).v[i], v = F32(row.state1).v[i];
      m += p.rest1 * (g - m);
      v = p.beta2 * v + p.rest2 * g * g;
      F32(row.state0).v[i] = m;
      F32(row.state1).v[i] = v;
      if (!is_null(row.state2)) {
        v = f_maximum(F32(row.state2).v[i], v);
        F32(row.state2).v[i] = v;
      }
      x -= step_size * m / (sqrt(v) / root + p.eps);
    } else {
      float square = p.beta1 * F32(row.state0).v[i] + p.rest1 * g * g;
      F32(row.state0).v[i] = square;
      float average = square;
      if (!is_null(row.state1)) {
        float mean = F32(row.state1).v[i];
        mean += p.rest1 * (g - mean);
        F32(row.state1).v[i] = mean;
        average -= mean * mean;
      }
      average = sqrt(average) + p.eps;
      if (p.momentum > 0) {
        float buffered = p.momentum * F32(row.state2).v[i] + g / average;
        F32(row.state2).v[i] = buffered;
        x -= rate * buffered;
      } else {
        x -= rate * g / average;
      }
    }
    STORE(row.parameter, i, x);
  }
}
