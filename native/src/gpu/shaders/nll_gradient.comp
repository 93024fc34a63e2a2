// glogp of nll: one thread an element.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint REDUCTION = 1;
layout(push_constant, std430) uniform P {
  uvec2 gy, targets, weight, total, gx;
  uint count, classes, inner;
  int ignored_low, ignored_high;
} p;
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
  uint inner = index % p.inner, rest = index / p.inner, kind = rest % p.classes, sample_number = rest / p.classes;
  uint i = sample_number * p.inner + inner;
  uvec2 target = W64(p.targets).v[i];
  float value = 0;
  if (target == uvec2(kind, 0) && target != uvec2(uint(p.ignored_low), uint(p.ignored_high))) {
    float g = LOAD(p.gy, REDUCTION == 0 ? i : 0), w = is_null(p.weight) ? 1 : LOAD(p.weight, kind);
    value = REDUCTION == 1 ? -w * g / LOAD(p.total, 0) : -w * g;
  }
  STORE(p.gx, index, value);
}
