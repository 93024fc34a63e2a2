// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) on as many counters at
// once as a vector has 64-bit lanes. Included only by isa_kernels.inc.h.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "vector_math_simd.h"

namespace lazuli {
namespace {
namespace random_words {

using simd::U;

/// The 64-bit products of 32-bit values in 64-bit lanes.
inline U product(U a, uint64_t b) {
#if defined(__AVX512F__)
  // The masked form: GCC 12 wrongly finds an uninitialized value in the plain one.
  return (U)_mm512_maskz_mul_epu32(0xFF, (__m512i)a, _mm512_set1_epi64(static_cast<int64_t>(b)));
#elif defined(__AVX2__)
  return (U)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(static_cast<int64_t>(b)));
#elif defined(__x86_64__)
  return (U)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(static_cast<int64_t>(b)));
#else
  return a * b;
#endif
}

/// Writes the four words of each of `blocks` counters (block low, block high, step, stream), from `first` on.
inline void philox(uint64_t seed, uint64_t first, uint32_t step, uint32_t stream, uint32_t* words,
                   int64_t blocks) {
  constexpr uint64_t low = 0xFFFFFFFF;
  U lane;
  for (int i = 0; i < simd::kLanes; ++i) lane[i] = static_cast<uint64_t>(i);
  for (int64_t block = 0; block < blocks; block += simd::kLanes) {
    const U number = lane + (first + static_cast<uint64_t>(block));
    U c0 = number & low, c1 = number >> 32, c2 = U{} + step, c3 = U{} + stream;
    uint64_t k0 = seed & low, k1 = seed >> 32;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
      const U p0 = product(c0, 0xD2511F53), p1 = product(c2, 0xCD9E8D57);
      c0 = (p1 >> 32) ^ c1 ^ k0;
      c2 = (p0 >> 32) ^ c3 ^ k1;
      c1 = p1 & low;
      c3 = p0 & low;
      k0 = (k0 + 0x9E3779B9) & low;
      k1 = (k1 + 0xBB67AE85) & low;
    }
    const int64_t count = blocks - block < simd::kLanes ? blocks - block : simd::kLanes;
    uint64_t pairs[2][simd::kLanes];
    const U first_pair = c0 | c1 << 32, second_pair = c2 | c3 << 32;
    std::memcpy(pairs[0], &first_pair, sizeof first_pair);
    std::memcpy(pairs[1], &second_pair, sizeof second_pair);
    for (int64_t i = 0; i < count; ++i) {
      std::memcpy(words + (block + i) * 4, &pairs[0][i], 8);
      std::memcpy(words + (block + i) * 4 + 2, &pairs[1][i], 8);
    }
  }
}

}  // namespace random_words
}  // namespace
}  // namespace lazuli
