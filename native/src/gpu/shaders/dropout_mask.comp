// Philox4x32-10 (Salmon et al. 2011): element e takes word e mod 4 of the counter (e/4, 0, step, stream) under the key
// (seed low, seed high), as the CPU does.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 rng, y;
  uint count, stream, threshold;
  float scale;
} p;
void main() {
  uint block = thread_number();
  if (4 * block >= p.count) return;
  uvec2 key = W64(p.rng).v[0];
  uvec4 c = uvec4(block, 0, W64(p.rng).v[1].x, p.stream);
  for (int round = 0; round < 10; ++round) {
    uint high0, low0, high1, low1;
    umulExtended(c.x, 0xD2511F53u, high0, low0);
    umulExtended(c.z, 0xCD9E8D57u, high1, low1);
    c = uvec4(high1 ^ c.y ^ key.x, low1, high0 ^ c.w ^ key.y, low0);
    key += uvec2(0x9E3779B9u, 0xBB67AE85u);
  }
  for (uint i = 0; i < 4 && 4 * block + i < p.count; ++i)
    STORE(p.y, 4 * block + i, (c[i] >> 8) >= p.threshold ? p.scale : 0.0);
}
