// float32 transcendental functions on SIMD vectors, computed in double without fused multiply-add: within
// 0.51 ulp and the same bits on every instruction set. Included only by isa_kernels.inc.h; everything lands
// in its anonymous namespace.
#pragma once

#include <cstdint>
#include <cstring>

#include "vector_width.h"

namespace lazuli {
namespace {
namespace simd {

/// Doubles per vector.
inline constexpr int kLanes = kVectorBytes / 8;
/// Partial sums of a reduction, whatever the vector width: what keeps sums equal on every instruction set.
inline constexpr int kSums = 16;

typedef double V __attribute__((vector_size(kVectorBytes)));
typedef int64_t I __attribute__((vector_size(kVectorBytes)));
typedef uint64_t U __attribute__((vector_size(kVectorBytes)));
typedef float F __attribute__((vector_size(kVectorBytes / 2)));

inline V load(const double* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline V load(const float* from) {
  F f;
  std::memcpy(&f, from, sizeof f);
  return __builtin_convertvector(f, V);
}
inline void store(double* to, V v) { std::memcpy(to, &v, sizeof v); }
inline void store(float* to, V v) {
  const F f = __builtin_convertvector(v, F);
  std::memcpy(to, &f, sizeof f);
}
inline V splat(double value) { return V{} + value; }

template <int count> inline V polynomial(V x, const double (&coefficients)[count]) {
  V sum = splat(coefficients[count - 1]);
#pragma GCC unroll 16
  for (int i = count - 2; i >= 0; --i) sum = sum * x + coefficients[i];
  return sum;
}

inline constexpr double kLn2 = 0x1.62e42fefa39efp-1, kLog2E = 0x1.71547652b82fep+0;
/// Adding 1.5·2^52 rounds to an integer, which then stands in the low bits.
inline constexpr double kRounder = 0x1.8p52;
inline constexpr double kInfinity = __builtin_inf();

/// e^x, relative error 2e-10, for |x| <= 110 (beyond it float is 0 or infinite anyway; NaN stays NaN).
inline V exp(V x) {
  static constexpr double c[] = {1.0,       1.0,       1.0 / 2,    1.0 / 6,    1.0 / 24,
                                 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320};
  x = x > 110.0 ? splat(110.0) : x;
  x = x < -110.0 ? splat(-110.0) : x;
  const V shifted = x * kLog2E + kRounder;
  const V r = x - (shifted - kRounder) * kLn2;
  return (V)((U)polynomial(r, c) + ((U)shifted << 52));
}

/// ln x, relative error 2e-12, for doubles that were floats.
inline V log(V x) {
  static constexpr double c[] = {2.0, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13};
  const U bits = (U)x;
  V m = (V)((bits & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
  V e = (V)((bits >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
  const I large = m > 0x1.6a09e667f3bcdp+0;
  m = large ? m * 0.5 : m;
  e = large ? e + 1.0 : e;
  const V s = (m - 1.0) / (m + 1.0);
  V y = e * kLn2 + s * polynomial(s * s, c);
  y = x == kInfinity ? x : y;
  y = x > 0.0 ? y : splat(__builtin_nan(""));
  return x == 0.0 ? splat(-kInfinity) : y;
}

inline V absolute(V x) { return (V)((U)x & 0x7FFFFFFFFFFFFFFFull); }
inline V copy_sign(V magnitude, V sign) { return (V)((U)magnitude | ((U)sign & 0x8000000000000000ull)); }

inline V expm1(V x) {
  static constexpr double c[] = {1.0,       1.0 / 2,   1.0 / 6,    1.0 / 24,
                                 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320};
  return absolute(x) < 0.1 ? x * polynomial(x, c) : exp(x) - 1.0;
}

inline V log1p(V x) { return absolute(x) < 1e-4 ? x * (1.0 - x * (0.5 - x * (1.0 / 3))) : log(1.0 + x); }

inline V tanh(V x) {
  static constexpr double c[] = {1.0, -1.0 / 3, 2.0 / 15, -17.0 / 315, 62.0 / 2835};
  V bounded = x > 20.0 ? splat(20.0) : x;
  bounded = bounded < -20.0 ? splat(-20.0) : bounded;
  const V e = exp(bounded + bounded);
  return absolute(x) < 0.1 ? x * polynomial(x * x, c) : (e - 1.0) / (e + 1.0);
}

inline V sigmoid(V x) { return 1.0 / (1.0 + exp(-x)); }

/// Near 0 the Taylor series; from 1 on 1 - t·exp(-x² + p(t)), t = 1 / (1 + x/2), with p a Chebyshev fit on
/// [1, 4].
inline V erf(V x) {
  static constexpr double s[] = {1.1283791670955126,     -0.37612638903183754,  0.11283791670955126,
                                 -0.026866170645131252,  0.0052239776254421877, -0.00085483270234508535,
                                 0.00012055332981789664, -1.492565035840625e-5, 1.6462114365889248e-6,
                                 -1.6365844691234924e-7, 1.4807192815879218e-8, -1.2290555301717928e-9,
                                 9.422759064650411e-11};
  static constexpr double p[] = {-0.67179408405912845,   0.22421440798261312,     0.0052603675499417245,
                                 -0.0017368742537208005, -0.00012188605361232701, 3.6315499348015933e-05,
                                 2.4156742944451189e-06, -1.0700399563538061e-06, -2.5739160614511591e-08,
                                 3.1617515523687384e-08};
  const V a = absolute(x);
  const V bounded = a > 4.0 ? splat(4.0) : a;
  const V t = 1.0 / (1.0 + 0.5 * bounded);
  const V tail = 1.0 - t * exp(polynomial((t - 0.5) * 6.0, p) - bounded * bounded);
  const V far = copy_sign(a > 4.0 ? splat(1.0) : tail, x);
  return a < 1.0 ? x * polynomial(x * x, s) : (x == x ? far : x);
}

/// sin(x + quarter·π/2) for |x| <= kTrigonometricLimit.
inline constexpr double kTrigonometricLimit = 1e5;
inline V sine(V x, int64_t quarter) {
  static constexpr double s[] = {1.0,          -1.0 / 6,        1.0 / 120,         -1.0 / 5040,
                                 1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800.0};
  static constexpr double c[] = {1.0,         -1.0 / 2,       1.0 / 24,       -1.0 / 720,
                                 1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600};
  const V shifted = x * 0x1.45f306dc9c883p-1 + kRounder;
  const V n = shifted - kRounder;
  // π/2 in two parts, the first of 33 bits: n times it is exact.
  const V r = (x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34;
  const U q = (U)shifted + static_cast<uint64_t>(quarter);
  const V y = (I)(q & 1) == 0 ? r * polynomial(r * r, s) : polynomial(r * r, c);
  return (V)((U)y ^ ((q & 2) << 62));
}
inline V sin(V x) { return sine(x, 0); }
inline V cos(V x) { return sine(x, 1); }

// ---- in float, with fused multiply-add on every instruction set: a few units of the last place, and quicker

typedef float W __attribute__((vector_size(kVectorBytes)));
typedef int32_t J __attribute__((vector_size(kVectorBytes)));
/// Floats per vector.
inline constexpr int kFloats = kVectorBytes / 4;

inline W load_floats(const float* from) {
  W w;
  std::memcpy(&w, from, sizeof w);
  return w;
}
inline void store_floats(float* to, W w) { std::memcpy(to, &w, sizeof w); }
inline W splat_floats(float value) { return W{} + value; }

inline W fused(W a, W b, W c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#elif defined(__ARM_NEON)
  return (W)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  for (int i = 0; i < kFloats; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
#endif
}

/// The smaller and the larger of x and a limit; NaN stays.
inline W at_most(W x, float limit) {
#if defined(__AVX512F__)
  return _mm512_maskz_min_ps(0xFFFF, _mm512_set1_ps(limit), x);
#elif defined(__AVX2__)
  return _mm256_min_ps(_mm256_set1_ps(limit), x);
#else
  return x > limit ? splat_floats(limit) : x;
#endif
}
inline W at_least(W x, float limit) {
#if defined(__AVX512F__)
  return _mm512_maskz_max_ps(0xFFFF, _mm512_set1_ps(limit), x);
#elif defined(__AVX2__)
  return _mm256_max_ps(_mm256_set1_ps(limit), x);
#else
  return x < limit ? splat_floats(limit) : x;
#endif
}

/// Adds the floats to two vectors of doubles.
inline void add_widened(W w, V& low, V& high) {
#if defined(__AVX2__) && !defined(__AVX512F__)
  low += (V)_mm256_cvtps_pd(_mm256_castps256_ps128(w));
  high += (V)_mm256_cvtps_pd(_mm256_extractf128_ps(w, 1));
#else
  F halves[2];
  std::memcpy(halves, &w, sizeof w);
  low += __builtin_convertvector(halves[0], V);
  high += __builtin_convertvector(halves[1], V);
#endif
}

/// Several vectors that each go through the same steps side by side: one alone would mostly wait for its last step.
template <int n> struct Group {
  W of[n];

  /// value(v) of each vector v.
  template <typename Value> [[gnu::always_inline]] static inline Group each(Value&& value) {
    Group group;
#pragma GCC unroll 8
    for (int v = 0; v < n; ++v) group.of[v] = value(v);
    return group;
  }
  [[gnu::always_inline]] static inline Group load(const float* from) {
    return each([&](int v) { return load_floats(from + v * kFloats); });
  }
  [[gnu::always_inline]] inline void store(float* to) const {
#pragma GCC unroll 8
    for (int v = 0; v < n; ++v) store_floats(to + v * kFloats, of[v]);
  }
  /// Adds each float to its double.
  [[gnu::always_inline]] inline void add_to(V (&sums)[2 * n]) const {
#pragma GCC unroll 8
    for (int v = 0; v < n; ++v) add_widened(of[v], sums[2 * v], sums[2 * v + 1]);
  }
};

template <int n, int count>
[[gnu::always_inline]] inline Group<n> fused_polynomial(const Group<n>& x, const float (&coefficients)[count]) {
  auto sums = Group<n>::each([&](int) { return splat_floats(coefficients[count - 1]); });
#pragma GCC unroll 16
  for (int i = count - 2; i >= 0; --i)
    sums = Group<n>::each([&](int v) { return fused(sums.of[v], x.of[v], splat_floats(coefficients[i])); });
  return sums;
}

/// scaled · kUnit = e^(x + a correction) for x in [-115, 61] or NaN. The unit is apart so that `scaled` is a normal number also where
/// e^x is none.
template <int n> struct Exponential {
  static constexpr float kUnit = 0x1p-40f;
  // 1.5·2^23, where a float has no fraction, and the exponent of 2^40 as a float stores it.
  static constexpr float kRounder = 0x1.8p23f + 127 + 40;
  Group<n> scaled;

  /// correct(r, v) adds the correction to r, what is left of x, in vector v.
  template <typename Correct> [[gnu::always_inline]] inline Exponential(const Group<n>& x, Correct&& correct) {
    static constexpr float c[] = {1.0f,
                                  1.0f,
                                  0.4999999403953552f,
                                  0.1666652113199234f,
                                  0.04166838526725769f,
                                  0.008368700742721558f,
                                  0.0013814932899549603f};
    const auto shifted =
        Group<n>::each([&](int v) { return fused(x.of[v], splat_floats(0x1.715476p+0f), splat_floats(kRounder)); });
    const auto power = Group<n>::each([&](int v) { return shifted.of[v] - kRounder; });
    // ln 2 in two parts, the first of 9 bits: n times it is exact.
    const auto rest = Group<n>::each([&](int v) { return fused(power.of[v], splat_floats(-0x1.63p-1f), x.of[v]); });
    const auto significand = fused_polynomial(
        Group<n>::each([&](int v) { return correct(fused(power.of[v], splat_floats(0x1.bd0106p-13f), rest.of[v]), v); }), c);
    scaled = Group<n>::each([&](int v) { return significand.of[v] * (W)((J)shifted.of[v] << 23); });
  }
};

/// e^x to about a unit of the last place, for what softmax asks: infinity already from x = 61 on.
template <int n> [[gnu::always_inline]] inline Group<n> quick_exp(const Group<n>& exponent) {
  const auto x = Group<n>::each([&](int v) { return at_least(at_most(exponent.of[v], 61.0f), -104.0f); });
  const Exponential<n> e(x, [](W r, int) { return r; });
  return Group<n>::each([&](int v) { return e.scaled.of[v] * Exponential<n>::kUnit; });
}

/// The normal distribution: Φ(x), and φ(x) = e^(-x²/2)/√2π. Φ(-t)·e^(t²/2) for t in [0, 15] is a fit in
/// (t - 3)/(t + 3).
template <int n> struct Normal {
  Group<n> x, cumulative, density;

  [[gnu::always_inline]] inline explicit Normal(const Group<n>& at) : x(at) {
    static constexpr float c[] = {0.12151394784450531f,   -0.20640261471271515f,  0.12322505563497543f,
                                  -0.04621323570609093f,  0.006131811998784542f,  0.0029042232781648636f,
                                  -0.0009828275069594383f, -0.00033856360823847353f, 0.00011451111640781164f,
                                  5.26887051819358e-05f};
    constexpr float unit = Exponential<n>::kUnit;
    const auto t = Group<n>::each([&](int v) {
      return at_most((W)((J)x.of[v] & 0x7FFFFFFF), 15.0f);
    });
    const auto ratio = Group<n>::each([&](int v) { return (t.of[v] - 3.0f) / (t.of[v] + 3.0f); });
    const auto square = Group<n>::each([&](int v) { return t.of[v] * t.of[v]; });
    const auto lost = Group<n>::each([&](int v) { return fused(t.of[v], t.of[v], -square.of[v]) * -0.5f; });
    const Exponential<n> e(Group<n>::each([&](int v) { return square.of[v] * -0.5f; }),
                           [&](W r, int v) { return r + lost.of[v]; });
    const auto fit = fused_polynomial(ratio, c);
    cumulative = Group<n>::each([&](int v) {
      const W tail = e.scaled.of[v] * fit.of[v] * unit;
      return (J)x.of[v] < 0 ? tail : 1.0f - tail;
    });
    density = Group<n>::each([&](int v) { return e.scaled.of[v] * (unit * 0.3989422804014327f); });
  }
  [[gnu::always_inline]] inline Group<n> gelu() const {
    return Group<n>::each([&](int v) { return x.of[v] * cumulative.of[v]; });
  }
  [[gnu::always_inline]] inline Group<n> slope() const {
    return Group<n>::each([&](int v) { return fused(x.of[v], density.of[v], cumulative.of[v]); });
  }
};
template <int n> [[gnu::always_inline]] inline Group<n> gelu(const Group<n>& x) { return Normal<n>(x).gelu(); }
template <int n> [[gnu::always_inline]] inline Group<n> gelu_slope(const Group<n>& x) { return Normal<n>(x).slope(); }

/// The vectors of a group in loops over an array.
inline constexpr int kGroup = 4;

/// body(Group, from) for an array's groups, then its single vectors; returns how many elements that were.
template <typename Body> [[gnu::always_inline]] inline int64_t each_group(int64_t count, Body&& body) {
  int64_t i = 0;
  for (; i + kGroup * kFloats <= count; i += kGroup * kFloats) body(Group<kGroup>{}, i);
  for (; i + kFloats <= count; i += kFloats) body(Group<1>{}, i);
  return i;
}

template <typename Function> inline void map_floats(const float* a, float* y, int64_t count, Function&& function) {
  const int64_t i = each_group(count, [&](auto group, int64_t at) __attribute__((always_inline)) {
    function(decltype(group)::load(a + at)).store(y + at);
  });
  if (i == count) return;
  float rest[kFloats] = {};
  std::memcpy(rest, a + i, static_cast<size_t>(count - i) * sizeof(float));
  function(Group<1>::load(rest)).store(rest);
  std::memcpy(y + i, rest, static_cast<size_t>(count - i) * sizeof(float));
}

/// Calls body(load, store, begin, lanes) for whole vectors and once more, through a padded copy, for the
/// rest.
template <typename Function> inline void map(const float* a, float* y, int64_t count, Function&& function) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(y + i, function(load(a + i)));
  if (i == count) return;
  float rest[kLanes] = {};
  std::memcpy(rest, a + i, static_cast<size_t>(count - i) * sizeof(float));
  store(rest, function(load(rest)));
  std::memcpy(y + i, rest, static_cast<size_t>(count - i) * sizeof(float));
}

}  // namespace simd
}  // namespace
}  // namespace lazuli
