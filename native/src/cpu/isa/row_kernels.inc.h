// The RowKernels table of one instruction set: plain loops that the compiler vectorizes. Included only by
// isa_kernels.inc.h.
#pragma once

#include "../row_kernels.h"

namespace lazuli {
namespace {
namespace row_kernels {

template <typename T>
void normalize(const T* x, T center, T scale, T shift, const T* weight, const T* bias, T* y, int64_t count) {
  if (weight != nullptr && bias != nullptr) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) y[i] = ((x[i] - center) * scale + shift) * weight[i] + bias[i];
  } else if (weight != nullptr) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) y[i] = ((x[i] - center) * scale + shift) * weight[i];
  } else if (bias != nullptr) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) y[i] = (x[i] - center) * scale + shift + bias[i];
  } else {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) y[i] = (x[i] - center) * scale + shift;
  }
}

/// Adds up parts[0..16) and parts[16..32) as two binary trees.
inline void add_parts(double* parts, double* sums) {
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) parts[i] += parts[i + half], parts[16 + i] += parts[16 + i + half];
  sums[0] += parts[0];
  sums[1] += parts[16];
}

template <typename T>
void moments(const T* gy, const T* x, const T* weight, double center, double* sums, int64_t count) {
  double parts[32] = {};
  int64_t start = 0;
  for (; start + 16 <= count; start += 16) {
    for (int i = 0; i < 16; ++i) {
      const T g = weight != nullptr ? gy[start + i] * weight[start + i] : gy[start + i];
      parts[i] += static_cast<double>(g);
      parts[16 + i] += static_cast<double>(g) * (static_cast<double>(x[start + i]) - center);
    }
  }
  for (int i = 0; start + i < count; ++i) {
    const T g = weight != nullptr ? gy[start + i] * weight[start + i] : gy[start + i];
    parts[i] += static_cast<double>(g);
    parts[16 + i] += static_cast<double>(g) * (static_cast<double>(x[start + i]) - center);
  }
  add_parts(parts, sums);
}

template <typename T>
void gradient(const T* gy, const T* x, const T* weight, T center, T a, T b, T c, T* gx, int64_t count) {
  if (weight != nullptr) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) gx[i] = (gy[i] * weight[i] * a - c) - (x[i] - center) * b;
  } else {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) gx[i] = (gy[i] * a - c) - (x[i] - center) * b;
  }
}

template <typename T>
void weight_gradient(const T* gy, const T* x, double center, double scale, double* gweight, double* gbias,
                     int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    const auto g = static_cast<double>(gy[i]);
    gweight[i] += g * ((static_cast<double>(x[i]) - center) * scale);
    gbias[i] += g;
  }
}

template <typename T> void divide(T* y, T divisor, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] /= divisor;
}

template <typename T> void subtract(const T* x, T first, T second, T* y, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = (x[i] - first) - second;
}

template <typename T> void softmax_gradient(const T* gy, const T* y, T sum, T* gx, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) gx[i] = y[i] * (gy[i] - sum);
}

template <typename T> void log_softmax_gradient(const T* gy, T sum, T* gx, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) gx[i] = gy[i] - gx[i] * sum;
}

template <typename T> constexpr RowKernels<T> table() {
  return {normalize<T>, moments<T>, gradient<T>,         weight_gradient<T>,
          divide<T>,    subtract<T>, softmax_gradient<T>, log_softmax_gradient<T>};
}

}  // namespace row_kernels
}  // namespace
}  // namespace lazuli
