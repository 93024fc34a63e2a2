// Joins the parts of a product that was cut along k: y[i] = Σ part[s][i] (+ bias[i % width]), in order. A thread makes two
// neighbours, so that results of 16 bits are written as whole words.
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint TYPE = FLOAT32;  // of the bias: FLOAT32, HALF or BRAIN
layout(constant_id = 1) const uint Y_TYPE = FLOAT32;
layout(push_constant, std430) uniform P {
  uvec2 parts, bias, y;
  uint count, splits, width;
} p;
float total(uint index) {
  float sum = 0;
  for (uint s = 0; s < p.splits; ++s) sum += F32(p.parts).v[s * p.count + index];
  if (!is_null(p.bias)) sum += load_float(p.bias, index % p.width, TYPE);
  return sum;
}
void main() {
  uint index = 2 * thread_number();
  if (index >= p.count) return;
  bool is_pair = index + 1 < p.count;
  float first = total(index), second = is_pair ? total(index + 1) : 0.0;
  if (Y_TYPE == FLOAT32) {
    F32(p.y).v[index] = first;
    if (is_pair) F32(p.y).v[index + 1] = second;
    return;
  }
  uint low = Y_TYPE == HALF ? to_float16(first) : to_bfloat16(first);
  uint high = Y_TYPE == HALF ? to_float16(second) : to_bfloat16(second);
  if (is_pair && (p.y.x & 3u) == 0) {
    U32(p.y).v[index / 2] = low | high << 16;
    return;
  }
  store_small(p.y, index, 2, low);
  if (is_pair) store_small(p.y, index + 1, 2, high);
}
