// gx = rstd · (g - (Σg + x̂·Σg·x̂) / size), g being gy times the weight; KIND as in normalize.comp.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KIND = 0;
layout(push_constant, std430) uniform P {
  uvec2 gy, x, weight, mean, rstd, sums, products, gx;
  uint count, channels, inner, group_size;
  float size;
} p;
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
  uint channel = KIND == 1 ? index % p.group_size : (index / p.inner) % p.channels;
  uint group = KIND == 0 ? channel : index / p.group_size;
  float rstd = LOAD(p.rstd, group);
  float normal = (LOAD(p.x, index) - LOAD(p.mean, group)) * rstd;
  float weight = is_null(p.weight) ? 1 : LOAD(p.weight, channel);
  float g = LOAD(p.gy, index);
  // The sums of batch_norm are of gy alone: its weight is the channel's.
  if (KIND == 0)
    STORE(p.gx, index, rstd * weight * (g - (F32(p.sums).v[group] + normal * F32(p.products).v[group]) / p.size));
  else
    STORE(p.gx, index, rstd * (g * weight - (F32(p.sums).v[group] + normal * F32(p.products).v[group]) / p.size));
}
