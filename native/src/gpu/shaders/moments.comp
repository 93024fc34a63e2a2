// Mean and sum of squared deviations of groups of elements, in parts: a group is `rows` runs of `length` neighbours,
// `pitch` apart (one channel of a batch, or a row). Part results (count, mean, deviation) are joined by join_moments or,
// when there is one part, here. Two passes over what the cache holds: no cancellation.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 x, parts;
  uint run, rows, pitch, group_pitch, elements, part;
} p;
shared float partial[256];
float total(float value) {
  uint lane = gl_LocalInvocationIndex;
  barrier();
  partial[lane] = value;
  for (uint half_count = 128; half_count > 0; half_count /= 2) {
    barrier();
    if (lane < half_count) partial[lane] += partial[lane + half_count];
  }
  barrier();
  return partial[0];
}
uint place(uint i) {
  uint row = i / p.run;
  return gl_WorkGroupID.x * p.group_pitch + row * p.pitch + (i - row * p.run);
}
void main() {
  uint lane = gl_LocalInvocationIndex;
  uint first = gl_WorkGroupID.y * p.part, last = min(first + p.part, p.elements);
  float sum = 0;
  for (uint i = first + lane; i < last; i += 256) sum += LOAD(p.x, place(i));
  float count = float(last - first);
  float mean = total(sum) / count;
  float squares = 0;
  for (uint i = first + lane; i < last; i += 256) {
    float away = LOAD(p.x, place(i)) - mean;
    squares += away * away;
  }
  squares = total(squares);
  if (lane == 0) {
    uint at = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * 3;
    F32(p.parts).v[at] = count;
    F32(p.parts).v[at + 1] = mean;
    F32(p.parts).v[at + 2] = squares;
  }
}
