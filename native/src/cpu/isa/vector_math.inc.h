// The VectorMath tables of one instruction set: plain loops that the compiler vectorizes, the functions of
// vector_math_simd.h for float32 and libm for float64. Included only by isa_kernels.inc.h.
#pragma once

#include <type_traits>

#include "vector_math.h"
#include "vector_math_simd.h"

namespace lazuli {
namespace {
namespace vector_math {

// The builtins, not std:: overloads: an inline function of the library compiled here could replace the
// portable one.
#define LAZULI_SCALAR(name, builtin)                               \
  inline float name(float x) { return __builtin_##builtin##f(x); } \
  inline double name(double x) { return __builtin_##builtin(x); }
LAZULI_SCALAR(absolute, fabs)
LAZULI_SCALAR(root, sqrt)
LAZULI_SCALAR(round_down, floor)
LAZULI_SCALAR(round_up, ceil)
LAZULI_SCALAR(round_even, rint)
#undef LAZULI_SCALAR

template <typename T, T (*function)(T)> void loop(const T* a, T* y, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = function(a[i]);
}
template <typename T, T (*function)(T, T)> void loop2(const T* a, const T* b, T* y, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = function(a[i], b[i]);
}

template <typename T> inline T neg(T x) { return -x; }
template <typename T> inline T sign(T x) {
  return static_cast<T>((x > 0 ? T(1) : T(0)) - (x < 0 ? T(1) : T(0)));
}
template <typename T> inline T rsqrt(T x) { return T(1) / root(x); }
template <typename T> inline T reciprocal(T x) { return T(1) / x; }
template <typename T> inline T square(T x) { return x * x; }
template <typename T> inline T relu(T x) { return x < 0 ? T(0) : x; }
template <typename T> inline T is_nan(T x) { return x != x ? T(1) : T(0); }
template <typename T> inline T add(T a, T b) { return a + b; }
template <typename T> inline T sub(T a, T b) { return a - b; }
template <typename T> inline T mul(T a, T b) { return a * b; }
template <typename T> inline T div(T a, T b) { return a / b; }
template <typename T> inline T maximum(T a, T b) { return a > b || a != a ? a : b; }
template <typename T> inline T minimum(T a, T b) { return a < b || a != a ? a : b; }
inline float modulo(float a, float b) { return __builtin_fmodf(a, b); }
inline double modulo(double a, double b) { return __builtin_fmod(a, b); }
template <typename T> inline T eq(T a, T b) { return a == b ? T(1) : T(0); }
template <typename T> inline T ne(T a, T b) { return a != b ? T(1) : T(0); }
template <typename T> inline T lt(T a, T b) { return a < b ? T(1) : T(0); }
template <typename T> inline T le(T a, T b) { return a <= b ? T(1) : T(0); }
template <typename T> inline T gt(T a, T b) { return a > b ? T(1) : T(0); }
template <typename T> inline T ge(T a, T b) { return a >= b ? T(1) : T(0); }

template <typename T> void where(const T* condition, const T* a, const T* b, T* y, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = condition[i] != 0 ? a[i] : b[i];
}

// ---- the transcendental functions

inline double sigmoid(double x) { return 1.0 / (1.0 + __builtin_exp(-x)); }

#define LAZULI_FUNCTION(name, vector, scalar)                                             \
  inline void name(const float* a, float* y, int64_t count) {                             \
    simd::map(                                                                            \
        a, y, count, [](simd::V x) __attribute__((always_inline)) { return vector(x); }); \
  }                                                                                       \
  inline void name(const double* a, double* y, int64_t count) {                           \
    for (int64_t i = 0; i < count; ++i) y[i] = scalar(a[i]);                              \
  }
LAZULI_FUNCTION(exp, simd::exp, __builtin_exp)
LAZULI_FUNCTION(expm1, simd::expm1, __builtin_expm1)
LAZULI_FUNCTION(log, simd::log, __builtin_log)
LAZULI_FUNCTION(log1p, simd::log1p, __builtin_log1p)
LAZULI_FUNCTION(tanh, simd::tanh, __builtin_tanh)
LAZULI_FUNCTION(sigmoid, simd::sigmoid, sigmoid)
LAZULI_FUNCTION(erf, simd::erf, __builtin_erf)
#undef LAZULI_FUNCTION

/// x·Φ(x) and its derivative, for float64 in the order of torch's own formulas.
inline double gelu_of(double x) { return 0.5 * x * (1.0 + __builtin_erf(x * 0.70710678118654752440)); }
inline double gelu_slope_of(double x) {
  return 0.5 * (1.0 + __builtin_erf(x * 0.70710678118654752440)) +
         x * (__builtin_exp(-0.5 * x * x) * 0.39894228040143267794);
}
#define LAZULI_QUICK(name, vector, scalar)                                                \
  inline void name(const float* a, float* y, int64_t count) {                             \
    simd::map_floats(                                                                     \
        a, y, count, [](const auto& x) __attribute__((always_inline)) { return vector(x); }); \
  }                                                                                       \
  inline void name(const double* a, double* y, int64_t count) {                           \
    for (int64_t i = 0; i < count; ++i) y[i] = scalar(a[i]);                              \
  }
LAZULI_QUICK(gelu, simd::gelu, gelu_of)
LAZULI_QUICK(gelu_slope, simd::gelu_slope, gelu_slope_of)
#undef LAZULI_QUICK

inline void gelu_and_slope(const float* a, float* y, float* slope, int64_t count) {
  const auto both = [](auto group, const float* from, float* to, float* more) __attribute__((always_inline)) {
    using Group = decltype(group);
    const simd::Normal normal(Group::load(from));
    normal.gelu().store(to);
    normal.slope().store(more);
  };
  const int64_t i = simd::each_group(count, [&](auto group, int64_t at) __attribute__((always_inline)) {
    both(group, a + at, y + at, slope + at);
  });
  if (i == count) return;
  float rest[simd::kFloats] = {}, slopes[simd::kFloats];
  const auto bytes = static_cast<size_t>(count - i) * sizeof(float);
  std::memcpy(rest, a + i, bytes);
  both(simd::Group<1>{}, rest, rest, slopes);
  std::memcpy(y + i, rest, bytes);
  std::memcpy(slope + i, slopes, bytes);
}
inline void gelu_and_slope(const double* a, double* y, double* slope, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    slope[i] = gelu_slope_of(a[i]);
    y[i] = gelu_of(a[i]);
  }
}

/// Large arguments, infinities and NaN go to libm, one by one and before `y` may overwrite them.
template <simd::V (*vector)(simd::V), double (*scalar)(double)>
inline void trigonometric(const float* a, float* y, int64_t count) {
  constexpr int64_t block = 64;
  for (int64_t begin = 0; begin < count; begin += block) {
    const int64_t size = count - begin < block ? count - begin : block;
    float x[block];
    std::memcpy(x, a + begin, static_cast<size_t>(size) * sizeof(float));
    simd::map(x, y + begin, size, vector);
    for (int64_t i = 0; i < size; ++i)
      if (!(absolute(x[i]) <= static_cast<float>(simd::kTrigonometricLimit)))
        y[begin + i] = static_cast<float>(scalar(static_cast<double>(x[i])));
  }
}
inline double sin_of(double x) { return __builtin_sin(x); }
inline double cos_of(double x) { return __builtin_cos(x); }
inline void sin(const float* a, float* y, int64_t count) { trigonometric<simd::sin, sin_of>(a, y, count); }
inline void cos(const float* a, float* y, int64_t count) { trigonometric<simd::cos, cos_of>(a, y, count); }
inline void sin(const double* a, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = sin_of(a[i]);
}
inline void cos(const double* a, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = cos_of(a[i]);
}

/// a^b = exp(b · ln a) for positive finite a and finite b; the other cases follow C's pow.
inline void pow(const float* a, const float* b, float* y, int64_t count) {
  constexpr int64_t block = 64;
  for (int64_t begin = 0; begin < count; begin += block) {
    const int64_t size = count - begin < block ? count - begin : block;
    float base[block] = {}, exponent[block] = {}, power[block];
    std::memcpy(base, a + begin, static_cast<size_t>(size) * sizeof(float));
    std::memcpy(exponent, b + begin, static_cast<size_t>(size) * sizeof(float));
    for (int64_t i = 0; i < size; i += simd::kLanes)
      simd::store(power + i, simd::exp(simd::load(exponent + i) * simd::log(simd::load(base + i))));
    for (int64_t i = 0; i < size; ++i)
      if (!(base[i] > 0 && base[i] < __builtin_inff() && absolute(exponent[i]) < __builtin_inff()))
        power[i] =
            static_cast<float>(__builtin_pow(static_cast<double>(base[i]), static_cast<double>(exponent[i])));
    std::memcpy(y + begin, power, static_cast<size_t>(size) * sizeof(float));
  }
}
inline void pow(const double* a, const double* b, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = __builtin_pow(a[i], b[i]);
}

// ---- reductions

/// Sixteen partial sums folded in a fixed tree.
struct Sums {
  double lanes[simd::kSums] = {};

  double fold() {
    for (int width = simd::kSums / 2; width > 0; width /= 2)
      for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
    return lanes[0];
  }
};
inline constexpr int kVectors = simd::kSums / simd::kLanes;

/// The same from vectors, in the same tree.
[[gnu::always_inline]] inline double fold(simd::V (&partial)[kVectors]) {
#pragma GCC unroll 4
  for (int half = kVectors / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (int v = 0; v < half; ++v) partial[v] += partial[v + half];
  double lanes[simd::kLanes];
#pragma GCC unroll 8
  for (int i = 0; i < simd::kLanes; ++i) lanes[i] = partial[0][i];
#pragma GCC unroll 4
  for (int half = simd::kLanes / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  return lanes[0];
}

/// Adds term(a) over all elements: whole groups of 16 in vectors, the rest lane by lane.
template <typename T, typename Vector, typename Scalar>
inline double sum_of(const T* a, int64_t count, Vector&& vector, Scalar&& scalar) {
  simd::V partial[kVectors] = {};
  int64_t i = 0;
  for (; i + simd::kSums <= count; i += simd::kSums)
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) partial[v] += vector(simd::load(a + i + v * simd::kLanes));
  if (i == count) return fold(partial);
  Sums sums;
  for (int v = 0; v < kVectors; ++v) simd::store(sums.lanes + v * simd::kLanes, partial[v]);
  for (int lane = 0; i < count; ++i, ++lane) sums.lanes[lane] += scalar(static_cast<double>(a[i]));
  return sums.fold();
}

template <typename T> double sum(const T* a, int64_t count) {
  return sum_of(
      a, count, [](simd::V x) { return x; }, [](double x) { return x; });
}
template <typename T> double square_sum(const T* a, double shift, int64_t count) {
  return sum_of(
      a, count, [shift](simd::V x) { return (x - shift) * (x - shift); },
      [shift](double x) { return (x - shift) * (x - shift); });
}

inline double exp_minus(const float* a, float shift, float* y, int64_t count) {
  using Group = simd::Group<simd::kSums / simd::kFloats>;
  simd::V partial[kVectors] = {};
  const auto group = [&](const float* from, float* to) __attribute__((always_inline)) {
    const auto powers = simd::quick_exp(Group::each([&](int v) { return simd::load_floats(from + v * simd::kFloats) - shift; }));
    powers.store(to);
    powers.add_to(partial);
  };
  int64_t i = 0;
  for (; i + simd::kSums <= count; i += simd::kSums) group(a + i, y + i);
  if (i < count) {
    // Lanes beyond the end add e^-infinity.
    float rest[simd::kSums];
    for (float& lane : rest) lane = static_cast<float>(-simd::kInfinity);
    const auto bytes = static_cast<size_t>(count - i) * sizeof(float);
    std::memcpy(rest, a + i, bytes);
    group(rest, rest);
    std::memcpy(y + i, rest, bytes);
  }
  return fold(partial);
}
inline double exp_minus(const double* a, double shift, double* y, int64_t count) {
  Sums sums;
  for (int64_t i = 0; i < count; ++i) sums.lanes[i % simd::kSums] += y[i] = __builtin_exp(a[i] - shift);
  return sums.fold();
}

template <typename T, T (*better)(T, T)> T extreme(const T* a, int64_t count, T worst) {
  constexpr int lanes = 32;
  T best[lanes];  // folded in halves, so that no element waits for 31 others
  for (int lane = 0; lane < lanes; ++lane) best[lane] = worst;
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int lane = 0; lane < lanes; ++lane) best[lane] = better(best[lane], a[i + lane]);
  for (int lane = 0; i < count; ++i, ++lane) best[lane] = better(best[lane], a[i]);
  for (int width = lanes / 2; width > 0; width /= 2)
    for (int lane = 0; lane < width; ++lane) best[lane] = better(best[lane], best[lane + width]);
  return best[0];
}
template <typename T> T max(const T* a, int64_t count) {
  return extreme<T, maximum<T>>(a, count, static_cast<T>(-simd::kInfinity));
}
template <typename T> T min(const T* a, int64_t count) {
  return extreme<T, minimum<T>>(a, count, static_cast<T>(simd::kInfinity));
}

template <typename T> void accumulate(const T* a, double* sums, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) sums[i] += static_cast<double>(a[i]);
}

template <typename T> constexpr VectorMath<T> table() {
  return {
      .unary = {loop<T, neg<T>>,
                loop<T, absolute>,
                loop<T, sign<T>>,
                exp,
                expm1,
                log,
                log1p,
                loop<T, root>,
                loop<T, rsqrt<T>>,
                loop<T, reciprocal<T>>,
                loop<T, square<T>>,
                tanh,
                sigmoid,
                erf,
                sin,
                cos,
                loop<T, round_down>,
                loop<T, round_up>,
                loop<T, round_even>,
                loop<T, relu<T>>,
                loop<T, is_nan<T>>,
                gelu,
                gelu_slope},
      .binary = {loop2<T, add<T>>, loop2<T, sub<T>>, loop2<T, mul<T>>, loop2<T, div<T>>, loop2<T, maximum<T>>,
                 loop2<T, minimum<T>>, pow, loop2<T, modulo>, loop2<T, eq<T>>, loop2<T, ne<T>>,
                 loop2<T, lt<T>>, loop2<T, le<T>>, loop2<T, gt<T>>, loop2<T, ge<T>>},
      .where = where<T>,
      .gelu_and_slope = gelu_and_slope,
      .exp_minus = exp_minus,
      .sum = sum<T>,
      .square_sum = square_sum<T>,
      .max = max<T>,
      .min = min<T>,
      .accumulate = accumulate<T>,
  };
}

}  // namespace vector_math
}  // namespace
}  // namespace lazuli
