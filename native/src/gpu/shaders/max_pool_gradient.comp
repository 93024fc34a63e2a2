// gx[place] += gy over one plane a workgroup; gx was filled with 0. Of equal places among 256 neighbours the first adds up
// all, so the order of the sum is fixed.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 gy, places, gx;
  uint in_plane, out_plane, planes;
} p;
shared uint target[256];
shared float value[256];
void main() {
  uint plane = group_number(), lane = gl_LocalInvocationIndex;
  if (plane >= p.planes) return;
  for (uint first = 0; first < p.out_plane; first += 256) {
    uint index = first + lane, at = 0xFFFFFFFFu;
    float g = 0;
    if (index < p.out_plane) {
      at = W64(p.places).v[plane * p.out_plane + index].x;
      g = LOAD(p.gy, plane * p.out_plane + index);
    }
    target[lane] = at;
    value[lane] = g;
    barrier();
    bool is_first = at < p.in_plane;
    for (uint i = 0; is_first && i < lane; ++i) is_first = target[i] != at;
    if (is_first) {
      float sum = LOAD(p.gx, plane * p.in_plane + at);
      for (uint i = lane; i < 256; ++i)
        if (target[i] == at) sum += value[i];
      STORE(p.gx, plane * p.in_plane + at, sum);
    }
    memoryBarrierBuffer();
    barrier();
  }
}
