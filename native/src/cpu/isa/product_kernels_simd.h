// The product micro-kernels, written once with vector extensions and compiled by every instruction set's source file:
// dot products and the table of all. Include it from those files alone: everything lands in an anonymous namespace with
// that file's vector width.
#pragma once

#include "packing_simd.h"
#include "tiles_simd.h"

namespace lazuli {
namespace {
namespace product_simd {

#if defined(__AVX512F__)
inline constexpr int kDotRows = 6;
#elif defined(__AVX2__)
inline constexpr int kDotRows = 3;
#elif defined(__ARM_NEON)
inline constexpr int kDotRows = 5;
#else
inline constexpr int kDotRows = 2;
#endif
inline constexpr int kDotColumns = 4;
#if defined(__AVX512F__) || defined(__ARM_NEON)
inline constexpr int kLineRows = 3, kLineColumns = 9, kLonelyLineColumns = 9;  // of 32 registers
#else
inline constexpr int kLineRows = 2, kLineColumns = 5, kLonelyLineColumns = 9;  // of 16
#endif

/// Adds up the lanes until 16 bytes are left.
template <typename T> inline Quarter<T> fold(Vector<T> v) {
  if constexpr (sizeof v / sizeof(T) == 16) {
    const auto half = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                      __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
  } else if constexpr (sizeof v / sizeof(T) == 8 && sizeof(T) == 8) {
    const auto half = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
    return __builtin_shufflevector(half, half, 0, 1) + __builtin_shufflevector(half, half, 2, 3);
  } else if constexpr (sizeof v / sizeof(T) == 8) {
    return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
  } else if constexpr (sizeof v / sizeof(T) == 4 && sizeof(T) == 8) {
    return __builtin_shufflevector(v, v, 0, 1) + __builtin_shufflevector(v, v, 2, 3);
  } else {
    return v;
  }
}

/// The lane sums of four vectors, in one fixed order.
template <typename T> inline typename VectorOf<T, 4 * sizeof(T)>::type sum_lanes(const Vector<T> (&v)[kDotColumns]) {
  const Quarter<T> q0 = fold<T>(v[0]), q1 = fold<T>(v[1]), q2 = fold<T>(v[2]), q3 = fold<T>(v[3]);
  if constexpr (sizeof(T) == 4) {
    const Quarter<T> s01 = __builtin_shufflevector(q0, q1, 0, 4, 1, 5) + __builtin_shufflevector(q0, q1, 2, 6, 3, 7);
    const Quarter<T> s23 = __builtin_shufflevector(q2, q3, 0, 4, 1, 5) + __builtin_shufflevector(q2, q3, 2, 6, 3, 7);
    return __builtin_shufflevector(s01, s23, 0, 1, 4, 5) + __builtin_shufflevector(s01, s23, 2, 3, 6, 7);
  } else {
    const Quarter<T> s01 = __builtin_shufflevector(q0, q1, 0, 2) + __builtin_shufflevector(q0, q1, 1, 3);
    const Quarter<T> s23 = __builtin_shufflevector(q2, q3, 0, 2) + __builtin_shufflevector(q2, q3, 1, 3);
    return __builtin_shufflevector(s01, s23, 0, 1, 2, 3);
  }
}

template <typename T, int rows> void dot_of(const DotArguments<T>& d) {
  constexpr int lanes = kLanes<T>;
  Vector<T> sum[rows][kDotColumns];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r)
    for (int j = 0; j < kDotColumns; ++j) sum[r][j] = Vector<T>{};
  // A tile with fewer columns computes its last one several times and stores it once.
  const int last = d.columns - 1;
  const T* const b0 = d.b + d.b_offsets[0];
  const T* const b1 = d.b + d.b_offsets[last < 1 ? last : 1];
  const T* const b2 = d.b + d.b_offsets[last < 2 ? last : 2];
  const T* const b3 = d.b + d.b_offsets[last < 3 ? last : 3];
  const T* const a = d.a;
  const int64_t a_stride = d.a_stride, whole = d.depth - d.depth % lanes;
  const auto step = [&](int64_t k, auto&& get) __attribute__((always_inline)) {
    Vector<T> value[rows];
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) value[r] = get(a + r * a_stride + k);
    const T* const columns[kDotColumns] = {b0, b1, b2, b3};
#pragma GCC unroll 4
    for (int j = 0; j < kDotColumns; ++j) {
      const Vector<T> b = get(columns[j] + k);
#pragma GCC unroll 16
      for (int r = 0; r < rows; ++r) sum[r][j] = multiply_add<T>(value[r], b, sum[r][j]);
    }
  };
  for (int64_t k = 0; k < whole; k += lanes) step(k, [](const T* from) { return load(from); });
  if (const int64_t rest = d.depth - whole; rest > 0)
    step(whole, [rest](const T* from) { return load_first(from, rest); });
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    typedef typename VectorOf<T, kDotColumns * sizeof(T)>::type Sums;
    Sums sums = sum_lanes<T>(sum[r]);
    if (d.row_bias) sums += d.row_bias[r];
    T* c = d.c + r * d.c_stride;
    const auto add = [&](const T* from, size_t bytes) __attribute__((always_inline)) {
      Sums more = {};
      std::memcpy(&more, from, bytes);
      sums += more;
    };
    const auto finish = [&](size_t bytes) __attribute__((always_inline)) {
      if (d.column_bias) add(d.column_bias, bytes);
      if (d.accumulate) add(c, bytes);
      std::memcpy(c, &sums, bytes);
    };
    if (d.columns == kDotColumns) finish(sizeof sums);
    else finish(static_cast<size_t>(d.columns) * sizeof(T));
  }
}

template <typename T, int most> void dot(const DotArguments<T>& d) {
  if constexpr (most > 1) {
    if (d.rows < most) return dot<T, most - 1>(d);
  }
  dot_of<T, most>(d);
}

template <typename T, int rows> void lines_of(const LineArguments<T>& t) {
  constexpr int columns = rows == 1 ? kLonelyLineColumns : kLineColumns;
  constexpr int lanes = kLanes<T>;
  Vector<T> sum[rows][columns] = {};
  // Columns that are not there compute the last one again.
  const T* b[columns];
#pragma GCC unroll 16
  for (int j = 0; j < columns; ++j) b[j] = t.b + t.b_offsets[j < t.columns ? j : t.columns - 1];
  const int64_t whole = t.length - t.length % lanes, rest = t.length - whole;
  for (int64_t line = 0; line < t.lines; ++line) {
    const T* a = t.a + line * t.a_line;
    const int64_t at = line * t.b_line;
    const auto step = [&](int64_t k, auto&& get) __attribute__((always_inline)) {
      Vector<T> value[rows];
#pragma GCC unroll 4
      for (int r = 0; r < rows; ++r) value[r] = get(a + r * t.a_stride + k);
#pragma GCC unroll 16
      for (int j = 0; j < columns; ++j) {
        const Vector<T> x = get(b[j] + at + k);
#pragma GCC unroll 4
        for (int r = 0; r < rows; ++r) sum[r][j] = multiply_add<T>(value[r], x, sum[r][j]);
      }
    };
    for (int64_t k = 0; k < whole; k += lanes) step(k, [](const T* from) { return load(from); });
    if (rest > 0) step(whole, [rest](const T* from) { return load_first(from, rest); });
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 16
    for (int j = 0; j < columns; ++j)
      if (j < t.columns) {
        T* to = t.sums + (r * t.sums_stride + j) * lanes;
        store(to, load(to) + sum[r][j]);
      }
}

template <typename T, int most = kLineRows> void lines(const LineArguments<T>& t) {
  if constexpr (most > 1) {
    if (t.rows < most) return lines<T, most - 1>(t);
  }
  lines_of<T, most>(t);
}

/// The bits of a float rounded to bfloat16, ties to even; a NaN stays one.
inline uint32_t rounded_bits(uint32_t bits) {
  const uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) & 0xFFFF0000u;
  return (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits & 0xFFFF0000u) | 0x00400000u : rounded;
}

inline void round(float* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    bits = rounded_bits(bits);
    std::memcpy(values + i, &bits, sizeof bits);
  }
}
inline void round(double*, int64_t) {}

inline constexpr int kPeakSums = kVectorBytes == 64 ? 24 : kVectorBytes == 32 ? 12 : 8;

template <typename T> T peak(int64_t rounds) {
  // Read from memory, so that nothing is known about them; the sums stay near 1.
  static const volatile T kFactor = static_cast<T>(0.5), kTerm = static_cast<T>(0.5);
  const Vector<T> factor = broadcast<T>(kFactor), term = broadcast<T>(kTerm);
  Vector<T> sums[kPeakSums];
#pragma GCC unroll 32
  for (int i = 0; i < kPeakSums; ++i) sums[i] = term + static_cast<T>(i);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int i = 0; i < kPeakSums; ++i) sums[i] = multiply_add<T>(sums[i], factor, term);
  }
  Vector<T> sum = sums[0];
#pragma GCC unroll 32
  for (int i = 1; i < kPeakSums; ++i) sum += sums[i];
  return sum[0];
}

template <typename T> constexpr ProductKernels<T> kernels() {
  return {kTileRows, 2 * kLanes<T>, tile<T>, kDotRows, kDotColumns, dot<T, kDotRows>, pack<T>, pack_lines<T>, transposed<T>, kLanes<T>,
          kLineRows, kLineColumns, kLonelyLineColumns, lines<T>, round, peak<T>, 2.0 * kPeakSums * kLanes<T>};
}

}  // namespace product_simd
}  // namespace
}  // namespace lazuli
