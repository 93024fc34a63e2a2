// See update_math.h. Included only by isa_kernels.inc.h.
#pragma once

#include "update_math.h"
#include "vectors_simd.h"

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

/// a / divisor, correctly rounded as division is (Markstein): one division for all elements instead of one each.
template <typename T> struct Divider {
  T divisor, reciprocal = T(1) / divisor;
  T operator()(T a) const {
    const T q = a * reciprocal;
    const T exact = fused(fused(-q, divisor, a), reciprocal, q);
    return exact == exact ? exact : q;  // an infinite quotient has no remainder
  }
};

/// One pass; the same arithmetic, operation by operation, as lerp, mul, addcmul, sqrt_div_add and addcdiv in turn. All of an
/// element is loaded before any is stored: tensors often lie a multiple of 4096 bytes apart, and a load after a store at such
/// a distance waits for it.
template <typename T, bool is_near, bool is_plain>
void adam_of(const AdamUpdate<T>& u, T* __restrict p, const T* __restrict g, T* __restrict m, T* __restrict v,
             T* __restrict largest, int64_t count) {
  const AdamUpdate<T> update = u;
  const T sign = update.maximize ? T(-1) : T(1);
  const T weight = is_near ? update.one_minus_beta1 : update.one_minus_beta1 - T(1);
  const Divider<T> divide{update.bias_correction2_sqrt};
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    const T value = p[i] * update.kept, mean = m[i], mean_square = v[i];
    T gradient = sign * g[i];
    if constexpr (!is_plain) gradient = fused(value, update.coupled_decay, gradient);
    const T next = fused(weight, gradient - mean, is_near ? mean : gradient);
    const T square = fused(update.one_minus_beta2 * gradient, gradient, update.beta2 * mean_square);
    T bound = square;
    if constexpr (!is_plain)
      if (largest != nullptr) bound = largest[i] > square || largest[i] != largest[i] ? largest[i] : square;
    const T moved = value + update.negative_step_size * next / (divide(root(bound)) + update.eps);
    m[i] = next;
    v[i] = square;
    p[i] = moved;
    if constexpr (!is_plain)
      if (largest != nullptr) largest[i] = bound;
  }
}
template <typename T>
void adam(const AdamUpdate<T>& u, T* p, const T* g, T* m, T* v, T* largest, int64_t count) {
  const bool is_near = u.one_minus_beta1 < T(0.5), is_plain = largest == nullptr && u.coupled_decay == 0;
  const auto run = is_near ? (is_plain ? adam_of<T, true, true> : adam_of<T, true, false>)
                           : (is_plain ? adam_of<T, false, true> : adam_of<T, false, false>);
  run(u, p, g, m, v, largest, count);
}

/// `vectors` whole vectors of a gradient, from element `first` on.
template <typename T, int vectors> inline void sum_vectors(const GradientSum<T>& g, int64_t first, T* y) {
  using namespace product_simd;
  Vector<T> sums[vectors] = {};
  const T *a = g.a, *b = g.b + first;
  for (int64_t k = 0; k < g.depth; ++k, a += g.a_stride, b += g.b_stride) {
    const Vector<T> value = broadcast(*a);
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sums[v] = multiply_add<T>(value, load(b + v * kLanes<T>), sums[v]);
  }
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) store(y + v * kLanes<T>, sums[v]);
}

template <typename T> void sum(const GradientSum<T>& g, T* y, int64_t count) {
  using namespace product_simd;
  constexpr int64_t lanes = kLanes<T>, most = 8;  // as many sums at once hide what one multiply-add takes
  int64_t i = 0;
  for (; i + most * lanes <= count; i += most * lanes) sum_vectors<T, most>(g, i, y + i);
  for (; i + lanes <= count; i += lanes) sum_vectors<T, 1>(g, i, y + i);
  if (i == count) return;
  Vector<T> sum = {};
  for (int64_t k = 0; k < g.depth; ++k)
    sum = multiply_add<T>(broadcast(g.a[k * g.a_stride]), load_first(g.b + k * g.b_stride + i, count - i), sum);
  store_first(y + i, sum, count - i);
}

template <typename T> constexpr UpdateMath<T> table() {
  return {mul<T>, add<T>, lerp<T>, addcmul<T>, addcdiv<T>, sqrt_div_add<T>, adam<T>, sum<T>};
}

}  // namespace update_math
}  // namespace
}  // namespace lazuli
