// The ColumnKernels table of one instruction set. Included only by isa_kernels.inc.h.
#pragma once

#include "../column_kernels.h"
#include "vector_math_simd.h"

namespace lazuli {
namespace {
namespace column_kernels {

/// What is held of kColumnStep columns at once.
inline constexpr int kVectors = kColumnStep / simd::kFloats;
inline constexpr int kSums = kColumnStep / simd::kLanes;

/// Adds kColumnStep floats to their sums.
inline void accumulate(const float* from, simd::V (&sums)[kSums]) {
#pragma GCC unroll 8
  for (int v = 0; v < kSums; ++v) sums[v] += simd::load(from + v * simd::kLanes);
}

/// The largest of each of `steps` times kColumnStep columns; NaN if any is. Several at once, as each comparison waits for the last.
template <int steps> inline void largest_of(const float* x, int64_t stride, int64_t rows, float* largest) {
  simd::W most[steps * kVectors];
#pragma GCC unroll 16
  for (int v = 0; v < steps * kVectors; ++v) most[v] = simd::splat_floats(static_cast<float>(-simd::kInfinity));
  for (int64_t i = 0; i < rows; ++i)
#pragma GCC unroll 16
    for (int v = 0; v < steps * kVectors; ++v) {
      const simd::W value = simd::load_floats(x + i * stride + v * simd::kFloats);
      most[v] = ((simd::J)(value > most[v]) | (simd::J)(value != value)) ? value : most[v];
    }
#pragma GCC unroll 16
  for (int v = 0; v < steps * kVectors; ++v) simd::store_floats(largest + v * simd::kFloats, most[v]);
}

inline void exponentials(float* x, int64_t stride, int64_t rows, int64_t columns, float* largest, double* sums) {
  int64_t first = 0;
  for (; first + 4 * kColumnStep <= columns; first += 4 * kColumnStep) largest_of<4>(x + first, stride, rows, largest + first);
  for (; first < columns; first += kColumnStep) largest_of<1>(x + first, stride, rows, largest + first);
  for (int64_t j = 0; j < columns; j += kColumnStep) {
    simd::W most[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) most[v] = simd::load_floats(largest + j + v * simd::kFloats);
    simd::V total[kSums] = {};
    for (int64_t i = 0; i < rows; ++i) {
      float* at = x + i * stride + j;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v)
        simd::store_floats(at + v * simd::kFloats, simd::quick_exp(simd::load_floats(at + v * simd::kFloats) - most[v]));
      accumulate(at, total);
    }
    for (int v = 0; v < kSums; ++v) simd::store(sums + j + v * simd::kLanes, total[v]);
  }
}

inline void slopes(float* share, float* slope, int64_t stride, int64_t rows, int64_t columns, const float* lse, float scale) {
  for (int64_t j = 0; j < columns; j += kColumnStep) {
    simd::W shift[kVectors], middle[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) shift[v] = simd::load_floats(lse + j + v * simd::kFloats);
    simd::V total[kSums] = {};
    for (int64_t i = 0; i < rows; ++i) {
      float* at = share + i * stride + j;
      const float* from = slope + i * stride + j;
      float products[kColumnStep];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const simd::W value = simd::quick_exp(simd::load_floats(at + v * simd::kFloats) - shift[v]);
        simd::store_floats(at + v * simd::kFloats, value);
        simd::store_floats(products + v * simd::kFloats, value * simd::load_floats(from + v * simd::kFloats));
      }
      accumulate(products, total);
    }
    float sums[kColumnStep];
    for (int v = 0; v < kSums; ++v) simd::store(sums + v * simd::kLanes, total[v]);
    for (int v = 0; v < kVectors; ++v) middle[v] = simd::load_floats(sums + v * simd::kFloats);
    for (int64_t i = 0; i < rows; ++i) {
      const float* from = share + i * stride + j;
      float* at = slope + i * stride + j;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const simd::W value = simd::load_floats(at + v * simd::kFloats) - middle[v];
        simd::store_floats(at + v * simd::kFloats, simd::load_floats(from + v * simd::kFloats) * value * scale);
      }
    }
  }
}

inline void exponentials(double* x, int64_t stride, int64_t rows, int64_t columns, double* largest, double* sums) {
  for (int64_t j = 0; j < columns; ++j) {
    double most = -simd::kInfinity, sum = 0;
    for (int64_t i = 0; i < rows; ++i) {
      const double value = x[i * stride + j];
      if (value > most || value != value) most = value;
    }
    for (int64_t i = 0; i < rows; ++i) sum += x[i * stride + j] = __builtin_exp(x[i * stride + j] - most);
    largest[j] = most;
    sums[j] = sum;
  }
}

inline void slopes(double* share, double* slope, int64_t stride, int64_t rows, int64_t columns, const double* lse,
                   double scale) {
  for (int64_t j = 0; j < columns; ++j) {
    double sum = 0;
    for (int64_t i = j; i < j + rows * stride; i += stride) {
      share[i] = __builtin_exp(share[i] - lse[j]);
      sum += share[i] * slope[i];
    }
    for (int64_t i = j; i < j + rows * stride; i += stride) slope[i] = share[i] * (slope[i] - sum) * scale;
  }
}

template <typename T> constexpr ColumnKernels<T> table() { return {exponentials, slopes}; }

}  // namespace column_kernels
}  // namespace
}  // namespace lazuli
