// See crc32.h.
#include "crc32.h"

#include <array>
#include <cstring>

#if defined(LAZULI_X86) && (defined(__GNUC__) || defined(__clang__))
#define LAZULI_CLMUL 1
#include <immintrin.h>
#endif

namespace lazuli {
namespace {

constexpr int kSlices = 16;
constexpr uint32_t kPolynomial = 0xedb88320;
using Table = std::array<std::array<uint32_t, 256>, kSlices>;

/// Entry i of slice s is the CRC of byte i followed by s zero bytes.
constexpr Table make_table() {
  Table table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? (value >> 1) ^ kPolynomial : value >> 1;
    table[0][i] = value;
  }
  for (size_t slice = 1; slice < kSlices; ++slice)
    for (size_t i = 0; i < 256; ++i)
      table[slice][i] = (table[slice - 1][i] >> 8) ^ table[0][table[slice - 1][i] & 0xff];
  return table;
}

constexpr Table kTable = make_table();

/// Slicing by 16 on an inverted CRC. Source: Kounavis and Berry, "Novel Table Lookup-Based Algorithms for
/// High-Performance CRC Generation".
uint32_t by_tables(uint32_t state, const std::byte* data, size_t length) {
  for (; length >= kSlices; length -= kSlices, data += kSlices) {
    uint8_t block[kSlices];
    std::memcpy(block, data, kSlices);
    for (int i = 0; i < 4; ++i) block[i] = static_cast<uint8_t>(block[i] ^ (state >> (8 * i)));
    state = 0;
    for (size_t i = 0; i < kSlices; ++i) state ^= kTable[kSlices - 1 - i][block[i]];
  }
  for (; length > 0; --length, ++data)
    state = (state >> 8) ^ kTable[0][(state ^ static_cast<uint32_t>(*data)) & 0xff];
  return state;
}

#if defined(LAZULI_CLMUL)

#define LAZULI_CLMUL_TARGET __attribute__((target("pclmul,sse4.1")))

/// Multiplies both halves of `value` by a pair of constants and adds the results to `next`.
LAZULI_CLMUL_TARGET inline __m128i fold(__m128i value, __m128i constants, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(value, constants, 0x00);
  const __m128i high = _mm_clmulepi64_si128(value, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

LAZULI_CLMUL_TARGET inline __m128i load(const std::byte* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// One more multiplication takes 16 bytes into the sum.
LAZULI_CLMUL_TARGET inline __m128i next_block() {
  return _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
}

/// What 128 bits of sum and the blocks after them, a multiple of 16 bytes, leave as an inverted CRC.
LAZULI_CLMUL_TARGET uint32_t reduce(__m128i sum, const std::byte* data, size_t length) {
  const __m128i by_one = next_block();
  for (; length >= 16; length -= 16, data += 16) sum = fold(sum, by_one, load(data));
  // 128 bits to 64, then Barrett's reduction to 32.
  const __m128i low_words = _mm_setr_epi32(~0, 0, ~0, 0);
  sum = _mm_xor_si128(_mm_srli_si128(sum, 8), _mm_clmulepi64_si128(sum, by_one, 0x10));
  const __m128i last = _mm_set_epi64x(0, 0x0163cd6124);
  sum = _mm_xor_si128(_mm_srli_si128(sum, 4),
                      _mm_clmulepi64_si128(_mm_and_si128(sum, low_words), last, 0x00));
  const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(sum, low_words), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), barrett, 0x00);
  return static_cast<uint32_t>(_mm_extract_epi32(_mm_xor_si128(sum, quotient), 1));
}

/// Carry-less multiplication on an inverted CRC; `length` is a multiple of 16 and at least 64. The constants are the
/// bit-reflected powers of x for this polynomial. Source: Gopal and others, "Fast CRC Computation for Generic
/// Polynomials Using PCLMULQDQ Instruction" (Intel), sections 3 and 4.
LAZULI_CLMUL_TARGET uint32_t by_clmul(uint32_t state, const std::byte* data, size_t length) {
  const __m128i by_four = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  __m128i sums[4] = {load(data), load(data + 16), load(data + 32), load(data + 48)};
  sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128(static_cast<int>(state)));
  data += 64;
  length -= 64;
  for (; length >= 64; length -= 64, data += 64)
    for (int i = 0; i < 4; ++i) sums[i] = fold(sums[i], by_four, load(data + 16 * i));
  for (int i = 1; i < 4; ++i) sums[i] = fold(sums[i - 1], next_block(), sums[i]);
  return reduce(sums[3], data, length);
}

#define LAZULI_WIDE_CLMUL_TARGET __attribute__((target("vpclmulqdq,avx2,pclmul,sse4.1")))

constexpr size_t kWide = 128;

LAZULI_WIDE_CLMUL_TARGET inline __m256i load_two(const std::byte* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

/// The same two blocks at a time; `length` is a multiple of 16 and at least `kWide`.
LAZULI_WIDE_CLMUL_TARGET uint32_t by_wide_clmul(uint32_t state, const std::byte* data, size_t length) {
  // Powers 1024 + 32 and 1024 - 32 of x.
  const __m256i by_eight = _mm256_set_epi64x(0x014a7fe880, 0x01e88ef372, 0x014a7fe880, 0x01e88ef372);
  __m256i sums[4] = {load_two(data), load_two(data + 32), load_two(data + 64), load_two(data + 96)};
  sums[0] = _mm256_xor_si256(
      sums[0], _mm256_zextsi128_si256(_mm_cvtsi32_si128(static_cast<int>(state))));
  data += kWide;
  length -= kWide;
  for (; length >= kWide; length -= kWide, data += kWide)
    for (int i = 0; i < 4; ++i) {
      const __m256i low = _mm256_clmulepi64_epi128(sums[i], by_eight, 0x00);
      const __m256i high = _mm256_clmulepi64_epi128(sums[i], by_eight, 0x11);
      sums[i] = _mm256_xor_si256(_mm256_xor_si256(low, high), load_two(data + 32 * i));
    }
  __m128i sum = _mm256_castsi256_si128(sums[0]);
  sum = fold(sum, next_block(), _mm256_extracti128_si256(sums[0], 1));
  for (int i = 1; i < 4; ++i) {
    sum = fold(sum, next_block(), _mm256_castsi256_si128(sums[i]));
    sum = fold(sum, next_block(), _mm256_extracti128_si256(sums[i], 1));
  }
  return reduce(sum, data, length);
}

#endif

}  // namespace

uint32_t portable_crc32(uint32_t previous, std::span<const std::byte> bytes) {
  return ~by_tables(~previous, bytes.data(), bytes.size());
}

uint32_t crc32(uint32_t previous, std::span<const std::byte> bytes) {
  uint32_t state = ~previous;
  const std::byte* data = bytes.data();
  size_t length = bytes.size();
#if defined(LAZULI_CLMUL)
  static const bool has_clmul = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  static const bool has_wide_clmul =
      has_clmul && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq");
  if (has_clmul && length >= 64) {
    const size_t blocks = length & ~size_t{15};
    state = (has_wide_clmul && length >= kWide ? by_wide_clmul : by_clmul)(state, data, blocks);
    data += blocks;
    length -= blocks;
  }
#endif
  return ~by_tables(state, data, length);
}

}  // namespace lazuli
