// See convert.h. The half-width floats go through float32, everything else directly.
#include "convert.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace lazuli {
namespace {

/// What bool's bytes are read and written through.
struct Bool {
  uint8_t byte;
};

float from_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16, magnitude = half & 0x7FFFu;
  if (magnitude >= 0x7C00u) return std::bit_cast<float>(sign | 0x7F800000u | (magnitude & 0x3FFu) << 13);
  // Shifted into float32's fields the exponent is 112 too small; multiplying also makes subnormals right.
  const float value = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
}

uint16_t to_half(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value), magnitude = bits & 0x7FFFFFFFu;
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
  if (magnitude > 0x7F800000u) return static_cast<uint16_t>(sign | 0x7E00u);
  if (magnitude >= 0x47800000u) return static_cast<uint16_t>(sign | 0x7C00u);  // 65536 and more
  uint32_t rounded = 0;
  if (magnitude < 0x38800000u) {
    // Below 2^-14 the unit is 2^-24: adding 0.5 leaves exactly that many bits, rounded by the hardware.
    rounded = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000u;
  } else {
    rounded = (magnitude - 0x38000000u + 0xFFFu + (magnitude >> 13 & 1u)) >> 13;
  }
  return static_cast<uint16_t>(sign | rounded);
}

float from_bfloat(uint16_t value) { return std::bit_cast<float>(static_cast<uint32_t>(value) << 16); }

uint16_t to_bfloat(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<uint16_t>(bits >> 16 | 0x40u);
  return static_cast<uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

template <typename To, typename From> To convert(From value) {
  if constexpr (std::is_same_v<From, Bool>) {
    return convert<To>(static_cast<uint8_t>(value.byte != 0 ? 1 : 0));
  } else if constexpr (std::is_same_v<To, Bool>) {
    return {static_cast<uint8_t>(value != From(0) ? 1 : 0)};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // The cast alone would be undefined out of range.
    const bool fits = value >= From(-0x1p63) && value < From(0x1p63);
    return static_cast<To>(fits ? static_cast<int64_t>(value) : INT64_MIN);
  } else {
    return static_cast<To>(value);
  }
}

template <typename From, typename To> void loop(const void* from, void* to, int64_t count) {
  const From* source = static_cast<const From*>(from);
  To* target = static_cast<To*>(to);
  for (int64_t i = 0; i < count; ++i) target[i] = convert<To>(source[i]);
}

/// Calls body with a value of the dtype's C++ type; the half-width floats have none and give false.
template <typename Body> bool with_plain_type(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::float32: body(float{}); return true;
    case DType::float64: body(double{}); return true;
    case DType::int64: body(int64_t{}); return true;
    case DType::int32: body(int32_t{}); return true;
    case DType::int16: body(int16_t{}); return true;
    case DType::int8: body(int8_t{}); return true;
    case DType::uint8: body(uint8_t{}); return true;
    case DType::boolean: body(Bool{}); return true;
    default: return false;
  }
}

void convert_plain(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t count) {
  with_plain_type(from_dtype, [&](auto source) {
    with_plain_type(to_dtype,
                    [&](auto target) { loop<decltype(source), decltype(target)>(from, to, count); });
  });
}

bool is_half_width(DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16; }

void widen(const void* from, DType dtype, float* to, int64_t count) {
  const auto* source = static_cast<const uint16_t*>(from);
  if (dtype == DType::float16)
    for (int64_t i = 0; i < count; ++i) to[i] = from_half(source[i]);
  else
    for (int64_t i = 0; i < count; ++i) to[i] = from_bfloat(source[i]);
}

void narrow(const float* from, void* to, DType dtype, int64_t count) {
  auto* target = static_cast<uint16_t*>(to);
  if (dtype == DType::float16)
    for (int64_t i = 0; i < count; ++i) target[i] = to_half(from[i]);
  else
    for (int64_t i = 0; i < count; ++i) target[i] = to_bfloat(from[i]);
}

}  // namespace

void convert_elements(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t count) {
  if (from_dtype == to_dtype) {
    if (count > 0) std::memcpy(to, from, static_cast<size_t>(count) * element_size(to_dtype));
    return;
  }
  if (!is_half_width(from_dtype) && !is_half_width(to_dtype))
    return convert_plain(from, from_dtype, to, to_dtype, count);
  constexpr int64_t block = 512;
  float wide[block];
  const auto* source = static_cast<const std::byte*>(from);
  auto* target = static_cast<std::byte*>(to);
  const auto from_size = static_cast<int64_t>(element_size(from_dtype)),
             to_size = static_cast<int64_t>(element_size(to_dtype));
  for (int64_t i = 0; i < count; i += block) {
    const int64_t size = std::min(block, count - i);
    if (is_half_width(from_dtype))
      widen(source + i * from_size, from_dtype, wide, size);
    else
      convert_plain(source + i * from_size, from_dtype, wide, DType::float32, size);
    if (is_half_width(to_dtype))
      narrow(wide, target + i * to_size, to_dtype, size);
    else
      convert_plain(wide, DType::float32, target + i * to_size, to_dtype, size);
  }
}

void fill_elements(void* to, DType dtype, double value, int64_t count) {
  if (count == 0) return;
  std::byte element[8] = {};
  convert_elements(&value, DType::float64, element, dtype, 1);
  const auto fill = [&](auto zero) {
    std::memcpy(&zero, element, sizeof zero);
    std::fill_n(static_cast<decltype(zero)*>(to), count, zero);
  };
  switch (element_size(dtype)) {
    case 1: return fill(uint8_t{});
    case 2: return fill(uint16_t{});
    case 4: return fill(uint32_t{});
    default: return fill(uint64_t{});
  }
}

}  // namespace lazuli
