// See update_math.h. Included only by isa_kernels.inc.h.
#pragma once

#include "update_math.h"

namespace lazuli {
namespace {
namespace update_math {

inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
inline float root(float x) { return __builtin_sqrtf(x); }
inline double root(double x) { return __builtin_sqrt(x); }

template <typename T> void mul(T alpha, const T* a, T* y, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = alpha * a[i];
}
template <typename T> void add(const T* a, T alpha, const T* b, T* y, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = fused(b[i], alpha, a[i]);
}
template <typename T> void lerp(const T* a, const T* b, T weight, T* y, int64_t count) {
  const bool is_near_a = weight > T(-0.5) && weight < T(0.5);
  const T* base = is_near_a ? a : b;
  const T coefficient = is_near_a ? weight : weight - T(1);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = fused(coefficient, b[i] - a[i], base[i]);
}
template <typename T> void addcmul(const T* a, T value, const T* b, const T* c, T* y, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = fused(value * b[i], c[i], a[i]);
}
template <typename T> void addcdiv(const T* a, T value, const T* b, const T* c, T* y, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = a[i] + value * b[i] / c[i];
}
template <typename T> void sqrt_div_add(const T* a, T divisor, T addend, T* y, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = root(a[i]) / divisor + addend;
}

template <typename T> constexpr UpdateMath<T> table() {
  return {mul<T>, add<T>, lerp<T>, addcmul<T>, addcdiv<T>, sqrt_div_add<T>};
}

}  // namespace update_math
}  // namespace
}  // namespace lazuli
