// Self-attention by blocks: a workgroup takes ROWS steps of one head of one sample and meets the others 32 at a time. Scores stay in
// shared memory, and their softmax is corrected as larger ones come (https://arxiv.org/abs/2205.14135). MODE 0: what queries give, with
// the logarithm of each one's sum; 1: the gradient of queries, which computes the scores again, and of each query Σ gy·y;
// 2: the gradients of keys and values. Thread (r, c) has rows r, r + ROWS/4, .. and of the others c, c + 8, .. Loops around
// exponentials are left to the driver to unroll: written out, a software driver compiles them for minutes.
#include "common.glsl"
#include "convert.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 64;  // 2 · ROWS
layout(constant_id = 1) const uint ROWS = 32;
layout(constant_id = 2) const uint FOURS = 16;  // of a head's size, rounded up
layout(constant_id = 3) const uint IN_FOURS = 0;  // sizes are multiples of 4: elements are read as vectors
layout(constant_id = 4) const uint IS_CAUSAL = 0;
layout(constant_id = 5) const uint TYPE = FLOAT32;  // of qkv; HALF and BRAIN are widened as they are read
layout(constant_id = 6) const uint GY_TYPE = FLOAT32;
layout(constant_id = 7) const uint RESULT = FLOAT32;  // of y and gqkv
const uint OTHERS = 32, APART = ROWS / 4;
const uint PITCH = FOURS | 1u;  // odd: rows start in other banks
const uint RUNS = (FOURS + 7) / 8;
layout(buffer_reference, std430, buffer_reference_align = 16) buffer F32x4 { vec4 v[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) buffer U32x2 { uvec2 v[]; };
layout(push_constant, std430) uniform P {
  uvec2 qkv, y, lse, gy, gqkv, means;  // means [n, heads, steps]: Σ gy·y
  uint steps, heads, size, groups;
  float scale;
} p;
#include "functions.glsl"

shared vec4 own[ROWS * PITCH];
#if MODE > 0
shared vec4 second[ROWS * PITCH];
#endif
shared vec4 other[OTHERS * PITCH];
shared vec4 weights[ROWS * (OTHERS / 4 + 1)];
#if MODE < 2
shared float parts[ROWS * 8];
#endif

uint sample_number, head, lane, r, c;
uint place(uint step, uint which) {
  uint width = p.heads * p.size;
  return (sample_number * p.steps + step) * 3 * width + which * width + head * p.size;
}
uint line_of(uint step) { return (sample_number * p.heads + head) * p.steps + step; }
uint result(uint step) { return ((sample_number * p.steps + step) * p.heads + head) * p.size; }
#define QUERY(step) place(step, 0)
#define KEY(step) place(step, 1)
#define VALUE(step) place(step, 2)

vec4 load_four(uvec2 from, uint at, uint number) {
  if (IN_FOURS != 0) return F32x4(from).v[at / 4 + number];
  vec4 value = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; ++i)
    if (4 * number + i < p.size) value[i] = F32(from).v[at + 4 * number + i];
  return value;
}
float widened(uint bits, uint type) { return type == HALF ? from_float16(bits) : uintBitsToFloat(bits << 16); }
// Conversions stand in loops that nobody unrolls before the driver: software drivers compile each of them.
vec4 load_typed(uvec2 from, uint type, uint at, uint number) {
  if (type == FLOAT32) return load_four(from, at, number);
  vec4 value = vec4(0);
  if (IN_FOURS != 0) {
    uvec2 words = U32x2(from).v[at / 4 + number];
    for (uint i = 0; i < 4; ++i) value[i] = widened(bitfieldExtract(words[i / 2], int(i & 1u) * 16, 16), type);
  } else {
    for (uint i = 0; i < 4; ++i)
      if (4 * number + i < p.size) value[i] = widened(load_small(from, at + 4 * number + i, 2), type);
  }
  return value;
}
#define load_qkv(at, number) load_typed(p.qkv, TYPE, at, number)
#define load_gy(at, number) load_typed(p.gy, GY_TYPE, at, number)
uint narrowed(float value) { return RESULT == HALF ? to_float16(value) : to_bfloat16(value); }
void store_four(uvec2 to, uint at, uint number, vec4 value) {
  if (IN_FOURS != 0 && RESULT == FLOAT32) {
    F32x4(to).v[at / 4 + number] = value;
  } else if (IN_FOURS != 0) {
    uvec2 words = uvec2(0);
    for (uint i = 0; i < 4; ++i) words[i / 2] |= narrowed(value[i]) << (i & 1u) * 16;
    U32x2(to).v[at / 4 + number] = words;
  } else {
    for (uint i = 0; i < 4; ++i)
      if (4 * number + i < p.size) store_float(to, at + 4 * number + i, RESULT, value[i]);
  }
}
// Rows of a tensor from step `begin` on; zeros after the last.
#define FILL(tile, count, begin, load, place_of)                                                        \
  for (uint i = lane; i < count * FOURS; i += THREADS) {                                                \
    uint row = i / FOURS, number = i - row * FOURS, step = begin + row;                                 \
    tile[row * PITCH + number] = step < p.steps ? load(place_of(step), number) : vec4(0);               \
  }
// into[4·i + j] = a row of the tile times one of the others.
#define MULTIPLY(tile, into)                                                                            \
  [[unroll]] for (uint i = 0; i < 16; ++i) into[i] = 0;                                                 \
  for (uint number = 0; number < FOURS; ++number) {                                                     \
    vec4 b[4];                                                                                          \
    [[unroll]] for (uint j = 0; j < 4; ++j) b[j] = other[(c + 8 * j) * PITCH + number];                 \
    [[unroll]] for (uint i = 0; i < 4; ++i) {                                                           \
      vec4 a = tile[(r + APART * i) * PITCH + number];                                                  \
      [[unroll]] for (uint j = 0; j < 4; ++j) into[4 * i + j] += dot(a, b[j]);                          \
    }                                                                                                   \
  }
// into[row] += Σ weight · other, of fours c, c + 8, ..
#define ADD(into)                                                                                       \
  for (uint k = 0; k < OTHERS / 4; ++k) {                                                               \
    vec4 w[4];                                                                                          \
    [[unroll]] for (uint i = 0; i < 4; ++i) w[i] = weights[(r + APART * i) * (OTHERS / 4 + 1) + k];     \
    [[unroll]] for (uint e = 0; e < 4; ++e)                                                             \
      [[unroll]] for (uint q = 0; q < RUNS; ++q) {                                                      \
        vec4 value = other[(4 * k + e) * PITCH + min(c + 8 * q, FOURS - 1)];                            \
        [[unroll]] for (uint i = 0; i < 4; ++i) into[i * RUNS + q] += w[i][e] * value;                  \
      }                                                                                                 \
  }
void keep(uint i, uint j, float weight) {
  weights[(r + APART * i) * (OTHERS / 4 + 1) + c / 4 + 2 * j][c & 3u] = weight;
}
bool sees(uint query, uint key) {
  return query < p.steps && key < p.steps && (IS_CAUSAL == 0 || key <= query);
}
#if MODE < 2
// Of the eight threads that share a row.
float joined(uint i, bool is_largest) {
  uint at = (r + APART * i) * 8;
  float value = parts[at];
  [[unroll]] for (uint k = 1; k < 8; ++k) value = is_largest ? max(value, parts[at + k]) : value + parts[at + k];
  return value;
}
#endif

void main() {
  uint group = group_number();
  if (group >= p.groups) return;
  lane = gl_LocalInvocationIndex;
  r = lane / 8;
  c = lane % 8;
  uint blocks = (p.steps + ROWS - 1) / ROWS, block = group % blocks;
  head = group / blocks % p.heads;
  sample_number = group / blocks / p.heads;
#if MODE < 2
  block = blocks - 1 - block;  // those that see most begin first
#endif
  uint begin = block * ROWS;
  vec4 a[4 * RUNS];
  for (uint i = 0; i < 4 * RUNS; ++i) a[i] = vec4(0);
  float s[16];
#if MODE == 2
  uint start = IS_CAUSAL != 0 ? begin / OTHERS * OTHERS : 0, end = p.steps;
  FILL(own, ROWS, begin, load_qkv, KEY)
  FILL(second, ROWS, begin, load_qkv, VALUE)
  vec4 of_values[4 * RUNS];
  for (uint i = 0; i < 4 * RUNS; ++i) of_values[i] = vec4(0);
#else
  uint start = 0, end = IS_CAUSAL != 0 ? min(begin + ROWS, p.steps) : p.steps;
  FILL(own, ROWS, begin, load_qkv, QUERY)
#endif
#if MODE == 0
  float largest[4], sums[4];
  for (uint i = 0; i < 4; ++i) {
    largest[i] = -INFINITY;
    sums[i] = 0;
  }
#elif MODE == 1
  FILL(second, ROWS, begin, load_gy, result)
  barrier();
  float logarithms[4], means[4];
  for (uint i = 0; i < 4; ++i) {
    uint row = r + APART * i, step = begin + row;
    float sum = 0;
    if (step < p.steps)
      for (uint number = c; number < FOURS; number += 8)
        sum += dot(second[row * PITCH + number], load_four(p.y, result(step), number));
    parts[row * 8 + c] = sum;
    logarithms[i] = step < p.steps ? F32(p.lse).v[line_of(step)] : 0;
  }
  barrier();
  for (uint i = 0; i < 4; ++i) {
    uint step = begin + r + APART * i;
    means[i] = joined(i, false);
    if (c == 0 && step < p.steps) F32(p.means).v[line_of(step)] = means[i];
  }
#endif
  for (; start < end; start += OTHERS) {
    barrier();
#if MODE == 0
    FILL(other, OTHERS, start, load_qkv, KEY)
    barrier();
    MULTIPLY(own, s)
    for (uint i = 0; i < 4; ++i) {
      uint query = begin + r + APART * i;
      float most = -INFINITY;
      for (uint j = 0; j < 4; ++j) {
        uint key = start + c + 8 * j;
        // Rows after the last step see what the last one does: their results go nowhere.
        s[4 * i + j] = sees(min(query, p.steps - 1), key) ? s[4 * i + j] * p.scale : -INFINITY;
        most = max(most, s[4 * i + j]);
      }
      parts[(r + APART * i) * 8 + c] = most;
    }
    barrier();
    FILL(other, OTHERS, start, load_qkv, VALUE)
    for (uint i = 0; i < 4; ++i) {
      float most = max(largest[i], joined(i, true)), kept = f_exp(largest[i] - most);
      largest[i] = most;
      sums[i] *= kept;
      for (uint j = 0; j < 4; ++j) {
        float share = f_exp(s[4 * i + j] - most);
        sums[i] += share;
        keep(i, j, share);
      }
      for (uint q = 0; q < RUNS; ++q) a[i * RUNS + q] *= kept;
    }
    barrier();
    ADD(a)
#elif MODE == 1
    float g[16];
    FILL(other, OTHERS, start, load_qkv, VALUE)
    barrier();
    MULTIPLY(second, g)
    barrier();
    FILL(other, OTHERS, start, load_qkv, KEY)
    barrier();
    MULTIPLY(own, s)
    for (uint i = 0; i < 4; ++i)
      for (uint j = 0; j < 4; ++j) {
        float share = f_exp(s[4 * i + j] * p.scale - logarithms[i]);
        bool is_seen = sees(begin + r + APART * i, start + c + 8 * j);
        keep(i, j, is_seen ? share * (g[4 * i + j] - means[i]) * p.scale : 0);
      }
    barrier();
    ADD(a)
#else
    float g[16];
    FILL(other, OTHERS, start, load_qkv, QUERY)
    barrier();
    MULTIPLY(own, s)
    barrier();
    FILL(other, OTHERS, start, load_gy, result)
    float means[4];
    for (uint j = 0; j < 4; ++j) {
      uint query = start + c + 8 * j;
      bool is_there = query < p.steps;
      float logarithm = is_there ? F32(p.lse).v[line_of(query)] : 0;
      means[j] = is_there ? F32(p.means).v[line_of(query)] : 0;
      for (uint i = 0; i < 4; ++i) {
        float share = f_exp(s[4 * i + j] * p.scale - logarithm);
        s[4 * i + j] = sees(query, begin + r + APART * i) ? share : 0;
        keep(i, j, s[4 * i + j]);
      }
    }
    barrier();
    MULTIPLY(second, g)
    ADD(of_values)
    barrier();
    FILL(other, OTHERS, start, load_qkv, QUERY)
    for (uint i = 0; i < 4; ++i)
      for (uint j = 0; j < 4; ++j) {
        float share = s[4 * i + j];
        keep(i, j, share == 0 ? 0 : share * (g[4 * i + j] - means[j]) * p.scale);
      }
    barrier();
    ADD(a)
#endif
  }
#if MODE == 0
  barrier();
  for (uint i = 0; i < 4; ++i) parts[(r + APART * i) * 8 + c] = sums[i];
  barrier();
#endif
  for (uint i = 0; i < 4; ++i) {
    uint step = begin + r + APART * i;
    if (step >= p.steps) continue;
#if MODE == 0
    float sum = joined(i, false);
    if (c == 0) F32(p.lse).v[line_of(step)] = largest[i] + f_log(sum);
#endif
    for (uint q = 0; q < RUNS; ++q) {
      uint number = c + 8 * q;
      if (number >= FOURS) continue;
#if MODE == 0
      store_four(p.y, result(step), number, a[i * RUNS + q] / sum);
#elif MODE == 1
      store_four(p.gqkv, QUERY(step), number, a[i * RUNS + q]);
#else
      store_four(p.gqkv, KEY(step), number, a[i * RUNS + q]);
      store_four(p.gqkv, VALUE(step), number, of_values[i * RUNS + q]);
#endif
    }
  }
}
