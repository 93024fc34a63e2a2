// The vectors that the inner loops of products, convolutions and windows are written on, as wide as the flags of the source file that
// includes them allow: loads, stores and multiply-adds. Everything lands in an anonymous namespace of that file.
#pragma once

#include <cstring>
#include <type_traits>

#include "../product_kernels.h"
#include "vector_width.h"

namespace lazuli {
namespace {
namespace product_simd {

template <typename T, int bytes> struct VectorOf;
template <> struct VectorOf<float, 16> { typedef float type __attribute__((vector_size(16))); };
template <> struct VectorOf<float, 32> { typedef float type __attribute__((vector_size(32))); };
template <> struct VectorOf<float, 64> { typedef float type __attribute__((vector_size(64))); };
template <> struct VectorOf<double, 16> { typedef double type __attribute__((vector_size(16))); };
template <> struct VectorOf<double, 32> { typedef double type __attribute__((vector_size(32))); };
template <> struct VectorOf<double, 64> { typedef double type __attribute__((vector_size(64))); };
template <typename T> using Vector = typename VectorOf<T, kVectorBytes>::type;
template <typename T> using Quarter = typename VectorOf<T, 16>::type;
template <typename T> inline constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <typename T> inline Vector<T> load(const T* from) {
  Vector<T> v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <typename T> inline void store(T* to, Vector<T> v) { std::memcpy(to, &v, sizeof v); }

#if defined(__AVX2__) && !defined(__AVX512F__)
/// A mask whose first `count` elements of T are set.
template <typename T> inline __m256i first_lanes(int64_t count) {
  static constexpr int32_t kBits[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kBits + 8 - count * (sizeof(T) / 4)));
}
#endif

/// The first `count` lanes from memory, 0 in the others; touches no byte behind them.
template <typename T> inline Vector<T> load_first(const T* from, int64_t count) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
  else return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), from);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) return _mm256_maskload_ps(from, first_lanes<T>(count));
  else return _mm256_maskload_pd(from, first_lanes<T>(count));
#else
  T lanes[kLanes<T>] = {};
  std::memcpy(lanes, from, static_cast<size_t>(count) * sizeof(T));
  return load(lanes);
#endif
}

/// Writes the first `count` lanes alone.
template <typename T> inline void store_first(T* to, Vector<T> v, int64_t count) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), v);
  else _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << count) - 1), v);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) _mm256_maskstore_ps(to, first_lanes<T>(count), v);
  else _mm256_maskstore_pd(to, first_lanes<T>(count), v);
#else
  std::memcpy(to, &v, static_cast<size_t>(count) * sizeof(T));
#endif
}

template <typename T> inline Vector<T> broadcast(T value) { return value - Vector<T>{}; }

template <typename T> inline Vector<T> multiply_add(Vector<T> a, Vector<T> b, Vector<T> c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_fmadd_ps(a, b, c);
  else return _mm512_fmadd_pd(a, b, c);
#elif defined(__FMA__)
  if constexpr (sizeof(T) == 4) return _mm256_fmadd_ps(a, b, c);
  else return _mm256_fmadd_pd(a, b, c);
#elif defined(__ARM_NEON)
  if constexpr (sizeof(T) == 4) return (Vector<T>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
  else return (Vector<T>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}

template <int... number> struct Numbers {};
template <int count, int... number> struct NumbersBelow : NumbersBelow<count - 1, count - 1, number...> {};
template <int... number> struct NumbersBelow<0, number...> { typedef Numbers<number...> type; };

}  // namespace product_simd
}  // namespace
}  // namespace lazuli
