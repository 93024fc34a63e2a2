// Vector functions over contiguous arrays, one table per dtype and instruction set: the scalar functions of
// the elementwise op and the sums and maxima of reductions. Results are the same bits with every instruction
// set.
#pragma once

#include <cstdint>

namespace lazuli {

/// The scalar functions of SCALAR_FUNCTIONS in core/ops/signatures.ts, in its order.
enum class ScalarFunction : uint8_t {
  neg,
  abs,
  sign,
  exp,
  expm1,
  log,
  log1p,
  sqrt,
  rsqrt,
  reciprocal,
  square,
  tanh,
  sigmoid,
  erf,
  sin,
  cos,
  floor,
  ceil,
  round,
  relu,
  is_nan,
  gelu,
  gelu_slope,
  add,
  sub,
  mul,
  div,
  maximum,
  minimum,
  pow,
  fmod,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  where,
};
inline constexpr int kScalarFunctions = 38;
inline constexpr int kFirstBinary = static_cast<int>(ScalarFunction::add);
inline constexpr int kFirstTernary = static_cast<int>(ScalarFunction::where);

/// `y` may be one of the operands (the same pointer), not overlap them otherwise. No alignment is demanded.
template <typename T> struct VectorMath {
  using Unary = void (*)(const T* a, T* y, int64_t count);
  using Binary = void (*)(const T* a, const T* b, T* y, int64_t count);
  Unary unary[kFirstBinary];
  Binary binary[kFirstTernary - kFirstBinary];
  void (*where)(const T* condition, const T* a, const T* b, T* y, int64_t count);

  /// y = gelu(a) and slope = gelu_slope(a), the same bits as one by one; y may be a.
  void (*gelu_and_slope)(const T* a, T* y, T* slope, int64_t count);
  /// y[i] = exp(a[i] - shift); returns the sum of y, in double and in a fixed order. For softmax.
  double (*exp_minus)(const T* a, T shift, T* y, int64_t count);
  /// Sum of the elements, in double, over 16 interleaved partial sums.
  double (*sum)(const T* a, int64_t count);
  /// Sum of (a[i] - shift)², in double. For variances.
  double (*square_sum)(const T* a, double shift, int64_t count);
  /// Largest and smallest element; NaN if any is NaN; -inf and +inf for count 0.
  T (*max)(const T* a, int64_t count);
  T (*min)(const T* a, int64_t count);
  /// sums[i] += a[i].
  void (*accumulate)(const T* a, double* sums, int64_t count);

  Unary function(ScalarFunction f) const { return unary[static_cast<int>(f)]; }
};

}  // namespace lazuli
