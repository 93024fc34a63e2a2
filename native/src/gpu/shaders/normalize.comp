// y = (x - mean[group]) · rstd[group] · weight[channel] + bias[channel]. KIND 0: channels [n, c, inner] with a group each
// (batch_norm); 1: rows, weight along the row (layer_norm); 2: groups of channels (group_norm).
#include "common.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KIND = 0;
layout(push_constant, std430) uniform P {
  uvec2 x, weight, bias, mean, rstd, y;
  uint count, channels, inner, group_size;
} p;
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
  uint channel = KIND == 1 ? index % p.group_size : (index / p.inner) % p.channels;
  uint group = KIND == 0 ? channel : index / p.group_size;
  float value = (LOAD(p.x, index) - LOAD(p.mean, group)) * LOAD(p.rstd, group);
  if (!is_null(p.weight)) value *= LOAD(p.weight, channel);
  if (!is_null(p.bias)) value += LOAD(p.bias, channel);
  STORE(p.y, index, value);
}
