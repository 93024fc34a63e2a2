// Self-attention of queries, keys and values side by side in qkv [n, steps, 3·width]. A workgroup takes one step of one head
// of one sample: MODE 0 what a query gives, MODE 1 a query's gradient, MODE 2 a key's and its value's gradients. Scores are
// computed again in each, 128 at a time, and never stored.
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x = 128) in;
layout(constant_id = 0) const uint IS_CAUSAL = 0;
layout(constant_id = 1) const uint TYPE = FLOAT32;  // of qkv
layout(constant_id = 2) const uint GY_TYPE = FLOAT32;
layout(constant_id = 3) const uint RESULT = FLOAT32;  // of y and gqkv
layout(push_constant, std430) uniform P {
  uvec2 qkv, y, lse, gy, gqkv;
  uint steps, heads, size, groups;
  float scale;
} p;
#include "functions.glsl"
shared float first[128], second[128];

uint sample_number, head;
uint part(uint step, uint which) {
  uint width = p.heads * p.size;
  return (sample_number * p.steps + step) * 3 * width + which * width + head * p.size;
}
float qkv(uint at) { return load_float(p.qkv, at, TYPE); }
uint own(uint step) { return ((sample_number * p.steps + step) * p.heads + head) * p.size; }
uint line(uint step) { return (sample_number * p.heads + head) * p.steps + step; }

float score(uint query, uint key) {
  float sum = 0;
  for (uint c = 0; c < p.size; ++c) sum += qkv(part(query, 0) + c) * qkv(part(key, 1) + c);
  return sum * p.scale;
}
#if MODE > 0
/// The gradient of a score.
float slope(uint query, uint key, float share) {
  float sum = 0, mean = 0;
  for (uint c = 0; c < p.size; ++c) {
    float g = load_float(p.gy, own(query) + c, GY_TYPE);
    sum += g * qkv(part(key, 2) + c);
    mean += g * LOAD(p.y, own(query) + c);
  }
  return share * (sum - mean) * p.scale;
}
#else
float total(float value, bool is_maximum) {
  uint lane = gl_LocalInvocationIndex;
  barrier();
  first[lane] = value;
  for (uint half_count = 64; half_count > 0; half_count /= 2) {
    barrier();
    if (lane < half_count)
      first[lane] = is_maximum ? max(first[lane], first[lane + half_count]) : first[lane] + first[lane + half_count];
  }
  barrier();
  return first[0];
}
#endif

void main() {
  uint lane = gl_LocalInvocationIndex, group = group_number();
  if (group >= p.groups) return;
  uint step = group % p.steps;
  head = group / p.steps % p.heads;
  sample_number = group / p.steps / p.heads;
#if MODE == 2
  uint begin = IS_CAUSAL != 0 ? step : 0, end = p.steps;
#else
  uint begin = 0, end = IS_CAUSAL != 0 ? step + 1 : p.steps;
#endif
#if MODE == 0
  float most = -INFINITY;
  for (uint j = lane; j < end; j += 128) most = max(most, score(step, j));
  most = total(most, true);
  float sum = 0;
  for (uint j = lane; j < end; j += 128) sum += f_exp(score(step, j) - most);
  float logarithm = most + f_log(total(sum, false));
  if (lane == 0) STORE(p.lse, line(step), logarithm);
#elif MODE == 1
  float logarithm = LOAD(p.lse, line(step));
#endif
  for (uint column = 0; column < p.size; column += 128) {
    uint c = column + lane;
    float a = 0, b = 0;
    for (uint start = begin; start < end; start += 128) {
      uint other = start + lane;
      barrier();
      if (other < end) {
#if MODE == 2
        float share = f_exp(score(other, step) - LOAD(p.lse, line(other)));
        first[lane] = slope(other, step, share);
        second[lane] = share;
#else
        float share = f_exp(score(step, other) - logarithm);
#if MODE == 0
        first[lane] = share;
#else
        first[lane] = slope(step, other, share);
#endif
#endif
      }
      barrier();
      if (c < p.size)
        for (uint k = 0; k < min(128, end - start); ++k) {
#if MODE == 0
          a += first[k] * qkv(part(start + k, 2) + c);
#elif MODE == 1
          a += first[k] * qkv(part(start + k, 1) + c);
#else
          a += first[k] * qkv(part(start + k, 0) + c);
          b += second[k] * load_float(p.gy, own(start + k) + c, GY_TYPE);
#endif
        }
    }
    if (c < p.size) {
#if MODE == 0
      store_float(p.y, own(step) + c, RESULT, a);
#elif MODE == 1
      store_float(p.gqkv, part(step, 0) + c, RESULT, a);
#else
      store_float(p.gqkv, part(step, 1) + c, RESULT, a);
      store_float(p.gqkv, part(step, 2) + c, RESULT, b);
#endif
    }
  }
}
