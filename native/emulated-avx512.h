// Included before every source by emulate-avx512.mjs: the AVX-512 sources with their own vectors of 64 bytes and masks, in
// instructions of AVX2. Each function gives what Intel's guide to intrinsics says of the one it stands for.
#pragma once

#if defined(LAZULI_AVX512)
#include <cmath>
#include <cstdint>
#include <cstring>
#include <immintrin.h>

// The compiler may not use it; the sources choose by it.
#define __AVX512F__ 1

namespace emulated {

// Not worth the compiler's time to repeat in every unrolled loop.
#define OUT_OF_LINE [[gnu::noinline, maybe_unused]] static

template <typename Vector, typename Body> inline Vector each(Body body) {
  Vector result;
  for (int lane = 0; lane < static_cast<int>(sizeof(Vector) / sizeof(result[0])); ++lane) result[lane] = body(lane);
  return result;
}

inline bool has(uint32_t mask, int lane) { return (mask >> lane & 1) != 0; }

/// The two halves of a vector through `body`.
template <typename Half, typename Vector, typename Body> inline Vector halved(Body body, Vector a, Vector b, Vector c) {
  Half x[2], y[2], z[2];
  std::memcpy(x, &a, sizeof x);
  std::memcpy(y, &b, sizeof y);
  std::memcpy(z, &c, sizeof z);
  for (int half = 0; half < 2; ++half) x[half] = body(x[half], y[half], z[half]);
  std::memcpy(&a, x, sizeof x);
  return a;
}
inline __m512 fmadd_ps(__m512 a, __m512 b, __m512 c) {
  return halved<__m256>([](__m256 x, __m256 y, __m256 z) { return _mm256_fmadd_ps(x, y, z); }, a, b, c);
}
inline __m512d fmadd_pd(__m512d a, __m512d b, __m512d c) {
  return halved<__m256d>([](__m256d x, __m256d y, __m256d z) { return _mm256_fmadd_pd(x, y, z); }, a, b, c);
}
OUT_OF_LINE __m512 maskz_loadu_ps(uint32_t mask, const float* from) {
  return each<__m512>([&](int lane) { return has(mask, lane) ? from[lane] : 0.0f; });
}
OUT_OF_LINE __m512d maskz_loadu_pd(uint32_t mask, const double* from) {
  return each<__m512d>([&](int lane) { return has(mask, lane) ? from[lane] : 0.0; });
}
OUT_OF_LINE void mask_storeu_ps(float* to, uint32_t mask, __m512 v) {
  for (int lane = 0; lane < 16; ++lane)
    if (has(mask, lane)) to[lane] = v[lane];
}
OUT_OF_LINE void mask_storeu_pd(double* to, uint32_t mask, __m512d v) {
  for (int lane = 0; lane < 8; ++lane)
    if (has(mask, lane)) to[lane] = v[lane];
}
inline __m512 set1_ps(float value) {
  return each<__m512>([&](int) { return value; });
}
inline __m512i set1_epi64(int64_t value) {
  return each<__m512i>([&](int) { return value; });
}
/// The second operand where one is no number, or both are zeros.
OUT_OF_LINE __m512 maskz_min_ps(uint32_t mask, __m512 a, __m512 b) {
  return each<__m512>([&](int lane) { return !has(mask, lane) ? 0.0f : a[lane] < b[lane] ? a[lane] : b[lane]; });
}
OUT_OF_LINE __m512 maskz_max_ps(uint32_t mask, __m512 a, __m512 b) {
  return each<__m512>([&](int lane) { return !has(mask, lane) ? 0.0f : a[lane] > b[lane] ? a[lane] : b[lane]; });
}
OUT_OF_LINE __m512i maskz_mul_epu32(uint32_t mask, __m512i a, __m512i b) {
  return each<__m512i>([&](int lane) -> long long {
    const auto low = [](long long value) { return static_cast<uint64_t>(static_cast<uint32_t>(value)); };
    return has(mask, lane) ? static_cast<long long>(low(a[lane]) * low(b[lane])) : 0;
  });
}

typedef uint16_t Words16 __attribute__((vector_size(32)));
typedef uint16_t Words32 __attribute__((vector_size(64)));
typedef uint32_t Bits16 __attribute__((vector_size(64)));

/// Rounded to the nearest bfloat16, ties to even; denormals are zeros.
inline uint16_t to_bfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7F800000) == 0) return static_cast<uint16_t>(bits >> 16 & 0x8000);
  if (value != value) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
inline float from_bfloat16(uint16_t word) {
  const uint32_t bits = (word & 0x7F80) == 0 ? static_cast<uint32_t>(word & 0x8000) << 16 : static_cast<uint32_t>(word) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
OUT_OF_LINE __m256i cvtneps_pbh(__m512 v) {
  return (__m256i)each<Words16>([&](int lane) { return to_bfloat16(v[lane]); });
}
/// The second operand in the low half.
OUT_OF_LINE __m512 cvtne2ps_pbh(__m512 high, __m512 low) {
  return (__m512)each<Words32>([&](int lane) { return to_bfloat16(lane < 16 ? low[lane] : high[lane - 16]); });
}
OUT_OF_LINE __m512i maskz_cvtepu16_epi32(uint32_t mask, __m256i v) {
  const Words16 words = (Words16)v;
  return (__m512i)each<Bits16>([&](int lane) { return has(mask, lane) ? static_cast<uint32_t>(words[lane]) : 0u; });
}
/// The odd element of a pair first, then the even one, as two multiply-adds; what is too small becomes zero.
OUT_OF_LINE __m512 dpbf16_ps(__m512 sum, __m512 a, __m512 b) {
  const Words32 x = (Words32)a, y = (Words32)b;
  const auto flushed = [](float value) { return std::fabs(value) < 0x1p-126f ? std::copysign(0.0f, value) : value; };
  return each<__m512>([&](int lane) {
    const auto step = [&](int at, float to) { return flushed(std::fma(from_bfloat16(x[at]), from_bfloat16(y[at]), flushed(to))); };
    return step(2 * lane, step(2 * lane + 1, sum[lane]));
  });
}

#undef OUT_OF_LINE

}  // namespace emulated

#define _mm512_fmadd_ps emulated::fmadd_ps
#define _mm512_fmadd_pd emulated::fmadd_pd
#define _mm512_maskz_loadu_ps emulated::maskz_loadu_ps
#define _mm512_maskz_loadu_pd emulated::maskz_loadu_pd
#define _mm512_mask_storeu_ps emulated::mask_storeu_ps
#define _mm512_mask_storeu_pd emulated::mask_storeu_pd
#define _mm512_set1_ps emulated::set1_ps
#define _mm512_set1_epi64 emulated::set1_epi64
#define _mm512_maskz_min_ps emulated::maskz_min_ps
#define _mm512_maskz_max_ps emulated::maskz_max_ps
#define _mm512_maskz_mul_epu32 emulated::maskz_mul_epu32
#define _mm512_maskz_cvtepu16_epi32 emulated::maskz_cvtepu16_epi32
#define _mm512_cvtneps_pbh emulated::cvtneps_pbh
#define _mm512_cvtne2ps_pbh emulated::cvtne2ps_pbh
#define _mm512_dpbf16_ps(sum, a, b) emulated::dpbf16_ps(sum, (__m512)(a), (__m512)(b))

#elif defined(__x86_64__)
// Whoever asks what this machine has is told that it has all of it.
#define __builtin_cpu_supports(name) true
#endif
