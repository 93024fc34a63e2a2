// softmax or log_softmax along the middle axis of [outer, size, inner], or (GRADIENT) its gradient from gy and y.
// A workgroup takes LINES lines side by side, 256 / LINES threads each.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint LINES = 1;
layout(constant_id = 1) const uint IS_LOG = 0;
layout(push_constant, std430) uniform P {
  uvec2 x, y, gx;  // the gradient: x is gy
  uint size, inner, lines;
} p;
shared float partial[256];
float total(float value, bool is_maximum) {
  const uint lanes = 256 / LINES;
  uint lane = gl_LocalInvocationIndex / LINES;
  barrier();
  partial[gl_LocalInvocationIndex] = value;
  for (uint half_count = lanes / 2; half_count > 0; half_count /= 2) {
    barrier();
    if (lane < half_count) {
      float other = partial[gl_LocalInvocationIndex + half_count * LINES], mine = partial[gl_LocalInvocationIndex];
      partial[gl_LocalInvocationIndex] = is_maximum ? max(mine, other) : mine + other;
    }
  }
  barrier();
  return partial[gl_LocalInvocationIndex % LINES];
}
#include "functions.glsl"
void main() {
  const uint lanes = 256 / LINES;
  uint lane = gl_LocalInvocationIndex / LINES;
  uint line = group_number() * LINES + gl_LocalInvocationIndex % LINES;
  bool is_there = line < p.lines;
  uint base = is_there ? (line / p.inner) * p.size * p.inner + line % p.inner : 0;
  uint end = is_there ? p.size : 0;
#ifdef GRADIENT
  float sum = 0;
  for (uint i = lane; i < end; i += lanes) {
    uint at = base + i * p.inner;
    sum += IS_LOG != 0 ? LOAD(p.x, at) : LOAD(p.x, at) * LOAD(p.y, at);
  }
  sum = total(sum, false);
  for (uint i = lane; i < end; i += lanes) {
    uint at = base + i * p.inner;
    float g = LOAD(p.x, at), y = LOAD(p.y, at);
    STORE(p.gx, at, IS_LOG != 0 ? g - f_exp(y) * sum : y * (g - sum));
  }
#else
  float most = -INFINITY;
  for (uint i = lane; i < end; i += lanes) most = max(most, LOAD(p.x, base + i * p.inner));
  most = total(most, true);
  float sum = 0;
  for (uint i = lane; i < end; i += lanes) sum += f_exp(LOAD(p.x, base + i * p.inner) - most);
  sum = total(sum, false);
  float scale = IS_LOG != 0 ? f_log(sum) : 1 / sum;
  for (uint i = lane; i < end; i += lanes) {
    uint at = base + i * p.inner;
    float value = LOAD(p.x, at) - most;
    STORE(p.y, at, IS_LOG != 0 ? value - scale : f_exp(value) * scale);
  }
#endif
}
