// Sliding windows over [planes, d, h, w]. POOL 0: maximum with its place; 1: mean; 2: gradient of the mean (one thread a
// place of gx); 3 and 4: adaptive mean and its gradient.
#include "common.glsl"
layout(local_size_x = 256) in;
layout(push_constant, std430) uniform P {
  uvec2 x, y, places, shape;  // shape: input [3], output [3], kernel [3], stride [3], padding before [3], after [3], dilation [3]
  uint count;
  uint counts_padding;
  int divisor;  // 0: none given
} p;
int g(uint i) { return I32(p.shape).v[i]; }
#if POOL == 1 || POOL == 2
// The window of an output place on one axis, cut to the padded input, and what is inside it.
void window(uint axis, int out_place, out int begin, out int end, out int padded) {
  begin = out_place * g(9 + axis) - g(12 + axis);
  end = min(begin + g(6 + axis), g(axis) + g(15 + axis));
  padded = end - begin;
  begin = max(begin, 0);
  end = min(end, g(axis));
}
float divisor_of(ivec3 begin, ivec3 end, ivec3 padded) {
  if (p.divisor != 0) return float(p.divisor);
  ivec3 size = p.counts_padding != 0 ? padded : end - begin;
  return float(size.x * size.y * size.z);
}
#endif
void main() {
  uint index = thread_number();
  if (index >= p.count) return;
#if POOL == 2 || POOL == 4
  uint first = 0;
#else
  uint first = 3;
#endif
  uint left = index;
  ivec3 at;
  at.z = int(left % uint(g(first + 2)));
  left /= uint(g(first + 2));
  at.y = int(left % uint(g(first + 1)));
  left /= uint(g(first + 1));
  at.x = int(left % uint(g(first)));
  uint plane = left / uint(g(first));
  uint in_base = plane * uint(g(0) * g(1) * g(2)), out_base = plane * uint(g(3) * g(4) * g(5));
#if POOL == 0
  float best = -INFINITY;
  int place = -1;
  for (int kd = 0; kd < g(6); ++kd) {
    int d = at.x * g(9) - g(12) + kd * g(18);
    if (d < 0 || d >= g(0)) continue;
    for (int kh = 0; kh < g(7); ++kh) {
      int h = at.y * g(10) - g(13) + kh * g(19);
      if (h < 0 || h >= g(1)) continue;
      for (int kw = 0; kw < g(8); ++kw) {
        int w = at.z * g(11) - g(14) + kw * g(20);
        if (w < 0 || w >= g(2)) continue;
        int here = (d * g(1) + h) * g(2) + w;
        float value = LOAD(p.x, in_base + uint(here));
        if (place < 0 || value > best || is_nan(value)) best = value, place = here;
      }
    }
  }
  STORE(p.y, index, best);
  W64(p.places).v[index] = uvec2(uint(place), place < 0 ? 0xFFFFFFFFu : 0u);
#elif POOL == 1
  ivec3 begin, end, padded;
  window(0, at.x, begin.x, end.x, padded.x);
  window(1, at.y, begin.y, end.y, padded.y);
  window(2, at.z, begin.z, end.z, padded.z);
  float sum = 0;
  for (int d = begin.x; d < end.x; ++d)
    for (int h = begin.y; h < end.y; ++h)
      for (int w = begin.z; w < end.z; ++w) sum += LOAD(p.x, in_base + uint((d * g(1) + h) * g(2) + w));
  STORE(p.y, index, sum / divisor_of(begin, end, padded));
#elif POOL == 2
  // The output places whose window holds this one.
  ivec3 low, high;
  for (uint axis = 0; axis < 3; ++axis) {
    int reach = at[axis] + g(12 + axis);
    low[axis] = reach < g(6 + axis) ? 0 : (reach - g(6 + axis)) / g(9 + axis) + 1;
    high[axis] = min(reach / g(9 + axis), g(3 + axis) - 1);
  }
  float sum = 0;
  for (int d = low.x; d <= high.x; ++d)
    for (int h = low.y; h <= high.y; ++h)
      for (int w = low.z; w <= high.z; ++w) {
        ivec3 begin, end, padded;
        window(0, d, begin.x, end.x, padded.x);
        window(1, h, begin.y, end.y, padded.y);
        window(2, w, begin.z, end.z, padded.z);
        sum += LOAD(p.y, out_base + uint((d * g(4) + h) * g(5) + w)) / divisor_of(begin, end, padded);
      }
  STORE(p.x, index, sum);
#elif POOL == 3
  ivec3 begin, end;
  for (uint axis = 0; axis < 3; ++axis) {
    begin[axis] = at[axis] * g(axis) / g(3 + axis);
    end[axis] = ((at[axis] + 1) * g(axis) + g(3 + axis) - 1) / g(3 + axis);
  }
  float sum = 0;
  for (int d = begin.x; d < end.x; ++d)
    for (int h = begin.y; h < end.y; ++h)
      for (int w = begin.z; w < end.z; ++w) sum += LOAD(p.x, in_base + uint((d * g(1) + h) * g(2) + w));
  ivec3 size = end - begin;
  STORE(p.y, index, sum / float(size.x * size.y * size.z));
#else
  ivec3 low, high;
  for (uint axis = 0; axis < 3; ++axis) {
    low[axis] = at[axis] * g(3 + axis) / g(axis);
    high[axis] = ((at[axis] + 1) * g(3 + axis) + g(axis) - 1) / g(axis);
    // Cells that begin after this place or end before it are left out below.
    low[axis] = max(low[axis] - 1, 0);
    high[axis] = min(high[axis] + 1, g(3 + axis));
  }
  float sum = 0;
  for (int d = low.x; d < high.x; ++d)
    for (int h = low.y; h < high.y; ++h)
      for (int w = low.z; w < high.z; ++w) {
        ivec3 cell = ivec3(d, h, w);
        float count = 1;
        bool holds = true;
        for (uint axis = 0; axis < 3; ++axis) {
          int begin = cell[axis] * g(axis) / g(3 + axis);
          int end = ((cell[axis] + 1) * g(axis) + g(3 + axis) - 1) / g(3 + axis);
          holds = holds && begin <= at[axis] && at[axis] < end;
          count *= float(end - begin);
        }
        if (holds) sum += LOAD(p.y, out_base + uint((d * g(4) + h) * g(5) + w)) / count;
      }
  STORE(p.x, index, sum);
#endif
}
