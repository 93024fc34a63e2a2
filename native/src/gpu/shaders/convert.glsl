// One element of any dtype as another's: FROM and TO number the dtypes of ops/kernel.h.
const uint FLOAT32 = 0, FLOAT64 = 1, HALF = 2, BRAIN = 3, INT64 = 4, INT32 = 5, INT16 = 6, INT8 = 7, UINT8 = 8, BOOL = 9;

// Conversions choose between numbers instead of branching: drivers compile each of them anew for every element.
float from_float16(uint bits) {
  uint size = bits & 0x7FFFu;
  float subnormal = float(size) * 5.9604645e-8;
  float normal = uintBitsToFloat((size << 13) + (size >= 0x7C00u ? 0x70000000u : 0x38000000u));
  return uintBitsToFloat((bits & 0x8000u) << 16 | floatBitsToUint(size < 0x400u ? subnormal : normal));
}
// To nearest even.
uint to_float16(float value) {
  uint bits = floatBitsToUint(value), size = bits & 0x7FFFFFFFu;
  // Subnormal: whole multiples of 2^-24, the distance between floats from 0.5 on.
  uint subnormal = floatBitsToUint(uintBitsToFloat(size) + 0.5) - 0x3F000000u;
  uint normal = (size - 0x38000000u + 0xFFFu + (size >> 13 & 1u)) >> 13;
  uint finite = size < 0x38800000u ? subnormal : normal;
  uint large = size > 0x7F800000u ? 0x7E00u : 0x7C00u;
  return (bits >> 16 & 0x8000u) | (size >= 0x477FF000u ? large : finite);
}
bool is_float(uint dtype) { return dtype <= BRAIN; }

float load_float(uvec2 address, uint index, uint dtype) {
  if (dtype == FLOAT32) return F32(address).v[index];
  if (dtype == FLOAT64) return float64_to_float(W64(address).v[index]);
  uint bits = load_small(address, index, 2);
  return dtype == HALF ? from_float16(bits) : uintBitsToFloat(bits << 16);
}

uvec2 load_integer(uvec2 address, uint index, uint dtype) {
  if (dtype == INT64) return W64(address).v[index];
  int value;
  if (dtype == INT32) value = I32(address).v[index];
  else if (dtype == INT16) value = int(load_small(address, index, 2) << 16) >> 16;
  else if (dtype == INT8) value = int(load_small(address, index, 1) << 24) >> 24;
  else value = int(load_small(address, index, 1));
  return uvec2(uint(value), value < 0 ? 0xFFFFFFFFu : 0u);
}

uint to_bfloat16(float value) {
  uint bits = floatBitsToUint(value), rounded = bits + 0x7FFFu + (bits >> 16 & 1u);
  return ((bits & 0x7FFFFFFFu) > 0x7F800000u ? bits | 0x400000u : rounded) >> 16;
}

void store_integer(uvec2 address, uint index, uint dtype, uvec2 word) {
  if (dtype == INT64) W64(address).v[index] = word;
  else if (dtype == INT32) U32(address).v[index] = word.x;
  else if (dtype == INT16) store_small(address, index, 2, word.x);
  else store_small(address, index, 1, word.x);
}

void store_float(uvec2 address, uint index, uint dtype, float value) {
  if (dtype == FLOAT32) F32(address).v[index] = value;
  else if (dtype == FLOAT64) W64(address).v[index] = float_to_float64(value);
  else store_small(address, index, 2, dtype == HALF ? to_float16(value) : to_bfloat16(value));
}

void convert(uvec2 from, uint at, uint from_dtype, uvec2 to, uint index, uint to_dtype) {
  if (from_dtype == FLOAT64 && to_dtype == FLOAT64) {
    W64(to).v[index] = W64(from).v[at];
  } else if (is_float(from_dtype)) {
    float value = load_float(from, at, from_dtype);
    if (to_dtype == BOOL) store_small(to, index, 1, value != 0 ? 1u : 0u);
    else if (is_float(to_dtype)) store_float(to, index, to_dtype, value);
    else store_integer(to, index, to_dtype, float_to_int64(value));
  } else {
    uvec2 word = load_integer(from, at, from_dtype);
    if (to_dtype == BOOL) store_small(to, index, 1, (word.x | word.y) != 0 ? 1u : 0u);
    else if (to_dtype == FLOAT64) W64(to).v[index] = int64_to_float64(word);
    else if (is_float(to_dtype)) store_float(to, index, to_dtype, int64_to_float(word));
    else store_integer(to, index, to_dtype, word);
  }
}
