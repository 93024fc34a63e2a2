// What every kernel shares: memory by address, element types, the number of this thread. Kernels assume no subgroup size.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#if defined(FLOAT16) || defined(BFLOAT16)
#extension GL_EXT_shader_16bit_storage : require
#endif
#extension GL_EXT_control_flow_attributes : require

layout(buffer_reference, std430, buffer_reference_align = 4) buffer F32 { float v[]; };
#if defined(FLOAT16) || defined(BFLOAT16)
layout(buffer_reference, std430, buffer_reference_align = 2) buffer F16 { float16_t v[]; };
layout(buffer_reference, std430, buffer_reference_align = 2) buffer U16 { uint16_t v[]; };
#endif
layout(buffer_reference, std430, buffer_reference_align = 4) buffer U32 { uint v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer I32 { int v[]; };
// 64-bit integers and floats as two words, low first: no driver needs to know them.
layout(buffer_reference, std430, buffer_reference_align = 8) buffer W64 { uvec2 v[]; };

// Elements of 1 and 2 bytes as parts of words, so that no driver needs to know small types; a store changes no neighbour.
uvec2 moved(uvec2 address, uint bytes) {
  uint carry;
  uint low = uaddCarry(address.x, bytes, carry);
  return uvec2(low, address.y + carry);
}
uint load_small(uvec2 address, uint index, uint bytes) {
  uvec2 place = moved(address, index * bytes);
  uint word = U32(uvec2(place.x & ~3u, place.y)).v[0];
  return bitfieldExtract(word, int(place.x & 3u) * 8, int(bytes) * 8);
}
void store_small(uvec2 address, uint index, uint bytes, uint value) {
  uvec2 place = moved(address, index * bytes);
  uvec2 word = uvec2(place.x & ~3u, place.y);
  uint shift = (place.x & 3u) * 8, mask = (1u << (bytes * 8)) - 1;
  atomicAnd(U32(word).v[0], ~(mask << shift));
  atomicOr(U32(word).v[0], (value & mask) << shift);
}
#if defined(SIZE) && SIZE <= 2
#define MOVE(to, place, from, index) store_small(to, place, SIZE, load_small(from, index, SIZE))
#elif defined(SIZE) && SIZE == 4
#define MOVE(to, place, from, index) U32(to).v[place] = U32(from).v[index]
#elif defined(SIZE)
#define MOVE(to, place, from, index) W64(to).v[place] = W64(from).v[index]
#endif

// The element type of a kernel's float tensors; arithmetic is always float32.
#if defined(FLOAT16)
#define LOAD(address, index) float(F16(address).v[index])
#define STORE(address, index, value) F16(address).v[index] = float16_t(value)
#elif defined(BFLOAT16)
uint bfloat16_bits(float value) {
  uint bits = floatBitsToUint(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (bits >> 16) | 0x40u;
  return (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
}
#define LOAD(address, index) uintBitsToFloat(uint(U16(address).v[index]) << 16)
#define STORE(address, index, value) U16(address).v[index] = uint16_t(bfloat16_bits(value))
#else
#define LOAD(address, index) F32(address).v[index]
#define STORE(address, index, value) F32(address).v[index] = value
#endif

bool is_null(uvec2 address) { return (address.x | address.y) == 0; }
bool is_nan(float x) { return (floatBitsToUint(x) & 0x7FFFFFFFu) > 0x7F800000u; }
#define INFINITY uintBitsToFloat(0x7F800000u)
#define NOT_A_NUMBER uintBitsToFloat(0x7FC00000u)

// The number of this workgroup, of threads spread over two axes.
uint group_number() { return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x; }
#define thread_number() (group_number() * gl_WorkGroupSize.x + gl_LocalInvocationIndex)

// A 64-bit integer as a float, rounded once or nearly so.
float int64_to_float(uvec2 word) {
  bool is_negative = (word.y & 0x80000000u) != 0;
  if (is_negative) {
    word = ~word;
    word.x += 1;
    if (word.x == 0) word.y += 1;
  }
  float value = float(word.y) * 4294967296.0 + float(word.x);
  return is_negative ? -value : value;
}

// A float64 as a float, to nearest even; subnormal results become 0.
float float64_to_float(uvec2 word) {
  uint sign = word.y & 0x80000000u;
  int exponent = int((word.y >> 20) & 0x7FFu);
  uint high = word.y & 0xFFFFFu;
  if (exponent == 0x7FF) return uintBitsToFloat(sign | 0x7F800000u | ((high | word.x) != 0 ? 0x400000u : 0u));
  exponent += 127 - 1023;
  if (exponent <= 0) return uintBitsToFloat(sign);
  if (exponent >= 255) return uintBitsToFloat(sign | 0x7F800000u);
  uint bits = (uint(exponent) << 23) | (high << 3) | (word.x >> 29);
  uint rest = word.x & 0x1FFFFFFFu;
  if (rest > 0x10000000u || (rest == 0x10000000u && (bits & 1u) != 0)) bits += 1;
  return uintBitsToFloat(sign | bits);
}

uvec2 float_to_float64(float value) {
  uint bits = floatBitsToUint(value);
  uint sign = bits & 0x80000000u;
  uint exponent = (bits >> 23) & 0xFFu;
  uint fraction = bits & 0x7FFFFFu;
  if (exponent == 0xFFu) return uvec2(fraction << 29, sign | 0x7FF00000u | (fraction >> 3));
  if (exponent == 0) {
    if (fraction == 0) return uvec2(0, sign);
    int shift = 23 - findMSB(fraction);
    fraction = (fraction << shift) & 0x7FFFFFu;
    exponent = uint(1 - shift + 1023 - 127);
  } else {
    exponent += 1023 - 127;
  }
  return uvec2(fraction << 29, sign | (exponent << 20) | (fraction >> 3));
}

uvec2 int64_to_float64(uvec2 word) {
  if ((word.x | word.y) == 0) return uvec2(0);
  uint sign = word.y & 0x80000000u;
  if (sign != 0) {
    word = ~word;
    word.x += 1;
    if (word.x == 0) word.y += 1;
  }
  int top = word.y != 0 ? 32 + findMSB(word.y) : findMSB(word.x);
  // The leading one at bit 52; below 2^53 nothing is lost, above it the rest is cut.
  int shift = 52 - top;
  uvec2 moved;
  if (shift >= 32) moved = uvec2(0, word.x << (shift - 32));
  else if (shift > 0) moved = uvec2(word.x << shift, (word.y << shift) | (word.x >> (32 - shift)));
  else if (shift == 0) moved = word;
  else moved = uvec2((word.x >> -shift) | (word.y << (32 + shift)), word.y >> -shift);
  return uvec2(moved.x, sign | (uint(top + 1023) << 20) | (moved.y & 0xFFFFFu));
}

// Truncated towards zero; what does not fit saturates.
uvec2 float_to_int64(float value) {
  if (is_nan(value)) return uvec2(0, 0x80000000u);
  float size = abs(value);
  if (size >= 9223372036854775808.0) return value < 0 ? uvec2(0, 0x80000000u) : uvec2(0xFFFFFFFFu, 0x7FFFFFFFu);
  uint high = uint(size / 4294967296.0);
  uint low = uint(size - float(high) * 4294967296.0);
  uvec2 word = uvec2(low, high);
  if (value < 0) {
    word = ~word;
    word.x += 1;
    if (word.x == 0) word.y += 1;
  }
  return word;
}

// The first failed check of a program; see Status in recorder.h.
void fail(uvec2 status, uint code, uint instruction, uvec2 value, uint position) {
  if (atomicCompSwap(U32(status).v[0], 0u, code) != 0u) return;
  U32(status).v[1] = instruction;
  U32(status).v[2] = value.x;
  U32(status).v[3] = value.y;
  U32(status).v[4] = position;
}
