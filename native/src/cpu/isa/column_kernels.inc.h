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
using Columns = simd::Group<kVectors>;

/// The largest of each of `steps` times kColumnStep columns, where one of them is NaN anything. Several at once, as each comparison
/// waits for the last.
template <int steps> inline void largest_of(const float* x, int64_t stride, int64_t rows, float* largest) {
  simd::W most[steps * kVectors];
#pragma GCC unroll 16
  for (int v = 0; v < steps * kVectors; ++v) most[v] = simd::splat_floats(static_cast<float>(-simd::kInfinity));
  for (int64_t i = 0; i < rows; ++i)
#pragma GCC unroll 16
    for (int v = 0; v < steps * kVectors; ++v) {
      const simd::W value = simd::load_floats(x + i * stride + v * simd::kFloats);
      most[v] = most[v] > value ? most[v] : value;
    }
#pragma GCC unroll 16
  for (int v = 0; v < steps * kVectors; ++v) simd::store_floats(largest + v * simd::kFloats, most[v]);
}

inline void exponentials(float* x, int64_t stride, int64_t rows, int64_t columns, float* largest, double* sums) {
  int64_t first = 0;
  for (; first + 4 * kColumnStep <= columns; first += 4 * kColumnStep) largest_of<4>(x + first, stride, rows, largest + first);
  for (; first < columns; first += kColumnStep) largest_of<1>(x + first, stride, rows, largest + first);
  for (int64_t j = 0; j < columns; j += kColumnStep) {
    const auto most = Columns::load(largest + j);
    simd::V total[kSums] = {};
    for (int64_t i = 0; i < rows; ++i) {
      float* at = x + i * stride + j;
      const auto powers =
          simd::quick_exp(Columns::each([&](int v) { return simd::load_floats(at + v * simd::kFloats) - most.of[v]; }));
      powers.store(at);
      powers.add_to(total);
    }
    for (int v = 0; v < kSums; ++v) simd::store(sums + j + v * simd::kLanes, total[v]);
  }
}

inline void slopes(float* share, float* slope, int64_t stride, int64_t rows, int64_t columns, const float* lse, float scale) {
  for (int64_t j = 0; j < columns; j += kColumnStep) {
    const auto shift = Columns::load(lse + j);
    simd::V total[kSums] = {};
    for (int64_t i = 0; i < rows; ++i) {
      float* at = share + i * stride + j;
      const float* from = slope + i * stride + j;
      const auto shares =
          simd::quick_exp(Columns::each([&](int v) { return simd::load_floats(at + v * simd::kFloats) - shift.of[v]; }));
      shares.store(at);
      Columns::each([&](int v) { return shares.of[v] * simd::load_floats(from + v * simd::kFloats); }).add_to(total);
    }
    float sums[kColumnStep];
    for (int v = 0; v < kSums; ++v) simd::store(sums + v * simd::kLanes, total[v]);
    const auto middle = Columns::load(sums);
    for (int64_t i = 0; i < rows; ++i) {
      const float* from = share + i * stride + j;
      float* at = slope + i * stride + j;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const simd::W value = simd::load_floats(at + v * simd::kFloats) - middle.of[v];
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
