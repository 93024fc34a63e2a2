// The scalar functions of the elementwise op in float32, accurate to a few last units: drivers promise as little as
// 2^-11 for sin. Special values follow IEEE 754 as the CPU's do.

// 2^n by adding to the exponent, in two steps so that subnormal and largest results are reached.
float scale_by_power(float x, int n) {
  int half_n = n / 2;
  return x * uintBitsToFloat(uint(127 + half_n) << 23) * uintBitsToFloat(uint(127 + n - half_n) << 23);
}
// Cody and Waite's reduction by ln 2, and the Taylor polynomial of degree 7 on [-ln2/2, ln2/2].
float f_exp(float x) {
  if (is_nan(x)) return x;
  if (x > 88.8) return INFINITY;
  if (x < -104.0) return 0;
  float n = floor(x * 1.44269504 + 0.5);
  float r = fma(n, -0.693359375, x);
  r = fma(n, 2.12194440e-4, r);
  float q = fma(fma(fma(fma(fma(fma(1.9841270e-4, r, 1.3888889e-3), r, 8.3333333e-3), r, 4.1666667e-2), r, 1.6666667e-1), r, 0.5), r, 1.0);
  return scale_by_power(fma(q, r, 1.0), int(n));
}
float f_expm1(float x) {
  if (abs(x) < 0.35) {
    float q = fma(fma(fma(fma(fma(fma(fma(2.4801587e-5, x, 1.9841270e-4), x, 1.3888889e-3), x, 8.3333333e-3), x, 4.1666667e-2), x, 1.6666667e-1), x, 0.5) * x, x, x);
    return x == 0 ? x : q;
  }
  return f_exp(x) - 1;
}
// log(m·2^e) = e·ln2 + log(m), m in [sqrt(1/2), sqrt(2)); log(m) by the series of artanh.
float f_log(float x) {
  if (is_nan(x) || x < 0) return NOT_A_NUMBER;
  if (x == 0) return -INFINITY;
  if (x == INFINITY) return x;
  int shift = 0;
  if (x < 1.17549435e-38) {
    x *= 8388608.0;
    shift = -23;
  }
  uint bits = floatBitsToUint(x);
  int exponent = int(bits >> 23) - 127;
  float m = uintBitsToFloat((bits & 0x7FFFFFu) | 0x3F800000u);
  if (m > 1.41421356) {
    m *= 0.5;
    exponent += 1;
  }
  float f = m - 1, s = f / (2 + f), z = s * s;
  float series = z * fma(fma(fma(fma(0.18181818, z, 0.22222222), z, 0.28571429), z, 0.4), z, 0.66666667);
  float n = float(exponent + shift);
  float half_square = 0.5 * f * f;
  return fma(n, 0.693359375, fma(n, -2.12194440e-4, f - (half_square - s * (half_square + series))));
}
float f_log1p(float x) {
  float u = 1 + x;
  if (is_nan(x) || u <= 0) return f_log(u);
  if (u == 1) return x;
  if (u == INFINITY) return u;
  return f_log(u) - ((u - 1) - x) / u;
}
float f_tanh(float x) {
  if (is_nan(x)) return x;
  float size = abs(x), value;
  if (size < 0.35) {
    float z = x * x;
    return x + x * z * fma(fma(fma(fma(-0.0088632, z, 0.021869489), z, -0.053968254), z, 0.13333333), z, -0.33333333);
  }
  value = size > 10 ? 1.0 : 1 - 2 / (f_exp(2 * size) + 1);
  return x < 0 ? -value : value;
}
float f_sigmoid(float x) {
  if (is_nan(x)) return x;
  float e = f_exp(-abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}
// Below 1 its Taylor series; above, 1 - exp(-x²)·P(1/x)-like rational of Numerical Recipes' erfc (relative error 1.2e-7).
float f_erf(float x) {
  if (is_nan(x)) return x;
  float size = abs(x);
  if (size < 1.0) {
    float z = x * x;
    float q = fma(fma(fma(fma(fma(fma(fma(fma(-1.6365844e-7, z, 1.6462114e-6), z, -1.4925651e-5), z, 1.2055333e-4), z, -8.5483270e-4), z, 5.2239776e-3), z, -2.6866171e-2), z, 1.1283792e-1), z, -3.7612639e-1);
    return fma(x * z, q, x * 1.1283792);
  }
  float t = 1 / fma(0.5, size, 1.0);
  float q = fma(fma(fma(fma(fma(fma(fma(fma(fma(0.17087277, t, -0.82215223), t, 1.48851587), t, -1.13520398), t, 0.27886807), t, -0.18628806), t, 0.09678418), t, 0.37409196), t, 1.00002368), t, -1.26551223);
  float value = size > 4.0 ? 1.0 : 1 - t * f_exp(fma(-size, size, q));
  return x < 0 ? -value : value;
}
// x·Φ(x) and its derivative Φ(x) + x·φ(x); 1 + erf loses nothing that matters above -1, erfc carries it below.
float f_normal(float x) {
  float size = abs(x) * 0.707106781;
  if (size < 1.0) return 0.5 + 0.5 * f_erf(x * 0.707106781);
  float t = 1 / fma(0.5, size, 1.0);
  float q = fma(fma(fma(fma(fma(fma(fma(fma(fma(0.17087277, t, -0.82215223), t, 1.48851587), t, -1.13520398), t, 0.27886807), t, -0.18628806), t, 0.09678418), t, 0.37409196), t, 1.00002368), t, -1.26551223);
  float tail = 0.5 * t * f_exp(fma(-0.5 * x, x, q));
  return x < 0 ? tail : 1 - tail;
}
float f_gelu(float x) { return is_nan(x) ? x : x == -INFINITY ? 0.0 : x * f_normal(x); }
float f_gelu_slope(float x) {
  if (is_nan(x)) return x;
  if (abs(x) > 30.0) return x < 0 ? 0.0 : 1.0;
  return fma(x * 0.398942280, f_exp(-0.5 * x * x), f_normal(x));
}
// x - n·π/2 in three parts (exact for |n| < 2^15 or so), then the two polynomials of Cephes.
float sine_of(float x, int quarter) {
  if (is_nan(x) || abs(x) == INFINITY) return NOT_A_NUMBER;
  float n = floor(x * 0.636619772 + 0.5);
  float r = fma(n, -1.5703125, x);
  r = fma(n, -4.83751297e-4, r);
  r = fma(n, -7.54953362e-8, r);
  r = fma(n, -2.56334407e-12, r);
  quarter += int(n - 4 * floor(n * 0.25));
  float z = r * r, value;
  if ((quarter & 1) == 0)
    value = fma(fma(fma(fma(2.7557319e-6, z, -1.9841270e-4), z, 8.3333333e-3), z, -1.6666667e-1) * z, r, r);
  else
    value = fma(fma(fma(fma(2.4801587e-5, z, -1.3888889e-3), z, 4.1666667e-2), z, -0.5), z, 1.0);
  return (quarter & 2) != 0 ? -value : value;
}
float f_sin(float x) { return x == 0 ? x : sine_of(x, 0); }
float f_cos(float x) { return sine_of(x, 1); }
float f_floor(float x) { return floor(x); }
float f_ceil(float x) { return ceil(x); }
float f_round(float x) {
  float down = floor(x), rest = x - down;
  if (rest < 0.5) return down;
  if (rest > 0.5) return down + 1;
  return 2 * floor(down * 0.5) == down ? down : down + 1;
}
float f_neg(float x) { return -x; }
float f_abs(float x) { return uintBitsToFloat(floatBitsToUint(x) & 0x7FFFFFFFu); }
float f_sign(float x) { return is_nan(x) ? x : x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; }
float f_sqrt(float x) { return sqrt(x); }
float f_rsqrt(float x) { return 1 / sqrt(x); }
float f_reciprocal(float x) { return 1 / x; }
float f_square(float x) { return x * x; }
float f_relu(float x) { return is_nan(x) ? x : max(x, 0.0); }
float f_is_nan(float x) { return is_nan(x) ? 1.0 : 0.0; }
float f_add(float a, float b) { return a + b; }
float f_sub(float a, float b) { return a - b; }
float f_mul(float a, float b) { return a * b; }
float f_div(float a, float b) { return a / b; }
float f_maximum(float a, float b) { return is_nan(a) ? a : is_nan(b) ? b : max(a, b); }
float f_minimum(float a, float b) { return is_nan(a) ? a : is_nan(b) ? b : min(a, b); }
// Multiples of b by powers of two, the largest first, are taken off a: each difference is exact.
float f_fmod(float a, float b) {
  float rest = abs(a), divisor = abs(b);
  if (is_nan(a) || is_nan(b) || rest == INFINITY || divisor == 0) return NOT_A_NUMBER;
  if (rest < divisor) return a;
  float part = divisor;
  while (part <= rest * 0.5) part *= 2;
  for (; part >= divisor; part *= 0.5)
    if (rest >= part) rest -= part;
  return a < 0 ? -rest : rest;
}
float f_eq(float a, float b) { return a == b ? 1.0 : 0.0; }
float f_ne(float a, float b) { return a == b ? 0.0 : 1.0; }
float f_lt(float a, float b) { return a < b ? 1.0 : 0.0; }
float f_le(float a, float b) { return a <= b ? 1.0 : 0.0; }
float f_gt(float a, float b) { return a > b ? 1.0 : 0.0; }
float f_ge(float a, float b) { return a >= b ? 1.0 : 0.0; }
float f_where(float c, float a, float b) { return is_nan(c) || c != 0 ? a : b; }
// a^b = 2^(b·log2 a), the logarithm in two floats so that large results keep their digits.
float power_of(float a, float b) {
  int shift = 0;
  if (a < 1.17549435e-38) {
    a *= 8388608.0;
    shift = -23;
  }
  uint bits = floatBitsToUint(a);
  int exponent = int(bits >> 23) - 127;
  float m = uintBitsToFloat((bits & 0x7FFFFFu) | 0x3F800000u);
  if (m > 1.41421356) {
    m *= 0.5;
    exponent += 1;
  }
  // log m = 2 artanh(s), s = s_high + s_low
  float f = m - 1, g = 2 + f, g_low = f - (g - 2);
  float s = f / g;
  float s_low = (fma(-s, g, f) - s * g_low) / g;
  float z = s * s;
  float tail = s * z * fma(fma(fma(0.22222222, z, 0.28571429), z, 0.4), z, 0.66666667);
  float n = float(exponent + shift);
  // Both parts in units of log2.
  float high = 2 * s, low = 2 * s_low + tail;
  float p = high * 1.44269504, p_low = fma(high, 1.44269504, -p) + high * 1.92596299e-8 + low * 1.44269504;
  float sum = n + p, sum_low = abs(n) > abs(p) ? p - (sum - n) : n - (sum - p);
  sum_low += p_low;
  float product = sum * b, product_low = fma(sum, b, -product) + sum_low * b;
  if (product > 129.0) return INFINITY;
  if (product < -151.0) return 0;
  float whole = floor(product + 0.5);
  float r = ((product - whole) + product_low) * 0.693147181;
  float q = fma(fma(fma(fma(fma(fma(1.9841270e-4, r, 1.3888889e-3), r, 8.3333333e-3), r, 4.1666667e-2), r, 1.6666667e-1), r, 0.5), r, 1.0);
  return scale_by_power(fma(q, r, 1.0), int(whole));
}
float f_pow(float a, float b) {
  if (b == 0 || a == 1) return 1;
  if (is_nan(a) || is_nan(b)) return NOT_A_NUMBER;
  float size = abs(a);
  bool is_whole = floor(b) == b, is_odd = is_whole && abs(b) < 16777216.0 && 2 * floor(b * 0.5) != b;
  bool is_negative = (floatBitsToUint(a) & 0x80000000u) != 0;
  float value;
  if (abs(b) == INFINITY) return size == 1 ? 1.0 : (size > 1) == (b > 0) ? INFINITY : 0.0;
  if (size == 0) value = b > 0 ? 0.0 : INFINITY;
  else if (size == INFINITY) value = b > 0 ? INFINITY : 0.0;
  else if (b == 1) return a;
  else if (b == 2) return a * a;
  else if (is_negative && !is_whole) return NOT_A_NUMBER;
  else value = power_of(size, b);
  return is_negative && is_odd ? -value : value;
}
