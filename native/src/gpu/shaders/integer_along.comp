// Whole numbers along the middle axis of [outer, size, inner]: their sum, product, extreme, its place, or the sums or products up to each.
// A workgroup takes LINES lines side by side, 256 / LINES threads each; a thread has neighbours along the axis.
#include "common.glsl"
#include "integers.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KIND = 0;  // in the order of kKinds of ops/integers.cc
layout(constant_id = 1) const uint LINES = 1;
const uint SUM = 0, PRODUCT = 1, MOST = 2, LEAST = 3, PLACE_OF_MOST = 4, PLACE_OF_LEAST = 5, SUMS = 6, PRODUCTS = 7;
layout(push_constant, std430) uniform P {
  uvec2 x, y;
  uint size, inner, lines;
} p;
shared uvec2 values[256];
shared uint places[256];

struct Found {
  uvec2 value;
  uint place;
};
const bool IS_PLACED = KIND >= MOST && KIND <= PLACE_OF_LEAST, MULTIPLIES = KIND == PRODUCT || KIND == PRODUCTS;
// Of two neighbours; the earlier of equal extremes.
Found joined(Found a, Found b) {
  if (IS_PLACED) {
    if (b.place == 0xFFFFFFFFu) return a;
    if (a.place == 0xFFFFFFFFu) return b;
    bool is_better = KIND == MOST || KIND == PLACE_OF_MOST ? is_less(a.value, b.value) : is_less(b.value, a.value);
    if (is_better) return b;
    return a;
  }
  a.value = MULTIPLIES ? multiplied(a.value, b.value) : added(a.value, b.value);
  return a;
}

void main() {
  const uint lanes = 256 / LINES;
  uint thread = gl_LocalInvocationIndex, lane = thread / LINES, line = group_number() * LINES + thread % LINES;
  bool is_there = line < p.lines;
  uint base = is_there ? line / p.inner * p.size * p.inner + line % p.inner : 0;
  uint share = (p.size + lanes - 1) / lanes;
  uint begin = min(lane * share, p.size), end = is_there ? min(begin + share, p.size) : begin;
  Found nothing = Found(MULTIPLIES ? uvec2(1, 0) : uvec2(0), 0xFFFFFFFFu), found = nothing;
  for (uint i = begin; i < end; ++i) found = joined(found, Found(W64(p.x).v[base + i * p.inner], i));
  // After each round a thread has what up to 2, 4, .. threads before it and it have found.
  for (uint reach = 1; reach < lanes; reach *= 2) {
    values[thread] = found.value;
    places[thread] = found.place;
    barrier();
    if (lane >= reach) found = joined(Found(values[thread - reach * LINES], places[thread - reach * LINES]), found);
    barrier();
  }
  if (KIND == SUMS || KIND == PRODUCTS) {
    values[thread] = found.value;
    barrier();
    Found made = Found(lane > 0 ? values[thread - LINES] : nothing.value, 0);
    for (uint i = begin; i < end; ++i) {
      made = joined(made, Found(W64(p.x).v[base + i * p.inner], 0));
      W64(p.y).v[base + i * p.inner] = made.value;
    }
  } else if (lane == lanes - 1 && is_there) {
    W64(p.y).v[line] = KIND == PLACE_OF_MOST || KIND == PLACE_OF_LEAST ? uvec2(found.place, 0) : found.value;
  }
}
