// The frame of the fused elementwise op: memory and scalar functions. expression.cc replaces the body of `compute` with the
// op's steps; compiled without optimization so that every function keeps its name.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 inputs[8];
  uvec2 y;
  uint count;
} p;
#include "functions.glsl"
float load_0(uint index) { return LOAD(p.inputs[0], index); }
float load_1(uint index) { return LOAD(p.inputs[1], index); }
float load_2(uint index) { return LOAD(p.inputs[2], index); }
float load_3(uint index) { return LOAD(p.inputs[3], index); }
float load_4(uint index) { return LOAD(p.inputs[4], index); }
float load_5(uint index) { return LOAD(p.inputs[5], index); }
float load_6(uint index) { return LOAD(p.inputs[6], index); }
float load_7(uint index) { return LOAD(p.inputs[7], index); }
float compute(uint index) {
  float sum = load_0(index) + load_1(index) + load_2(index) + load_3(index) + load_4(index) + load_5(index) + load_6(index) + load_7(index);
  sum += f_exp(sum) + f_expm1(sum) + f_log(sum) + f_log1p(sum) + f_tanh(sum) + f_sigmoid(sum) + f_erf(sum) + f_sin(sum) + f_cos(sum);
  sum += f_floor(sum) + f_ceil(sum) + f_round(sum) + f_neg(sum) + f_abs(sum) + f_sign(sum) + f_sqrt(sum) + f_rsqrt(sum);
  sum += f_reciprocal(sum) + f_square(sum) + f_relu(sum) + f_is_nan(sum) + f_add(sum, sum) + f_sub(sum, sum) + f_mul(sum, sum);
  sum += f_div(sum, sum) + f_maximum(sum, sum) + f_minimum(sum, sum) + f_pow(sum, sum) + f_fmod(sum, sum) + f_eq(sum, sum) + f_ne(sum, sum);
  sum += f_gelu(sum) + f_gelu_slope(sum);
  return sum + f_lt(sum, sum) + f_le(sum, sum) + f_gt(sum, sum) + f_ge(sum, sum) + f_where(sum, sum, sum);
}
void main() {
  uint first = group_number() * 1024 + gl_LocalInvocationIndex;
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    uint index = first + i * 256;
    if (index < p.count) STORE(p.y, index, compute(index));
  }
}
