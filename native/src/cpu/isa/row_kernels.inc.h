// The RowKernels table of one instruction set: plain loops that the compiler vectorizes. Included only by
// isa_kernels.inc.h.
#pragma once

#include <cstring>
#include <type_traits>

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

/// Eight squares at a time, whatever the vector width. `Place` is as wide as an element, so that a comparison's mask fits it.
template <typename T> struct Squares {
  using Place = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  typedef T V __attribute__((vector_size(8 * sizeof(T))));
  typedef Place P __attribute__((vector_size(8 * sizeof(T))));
  typedef int64_t Places __attribute__((vector_size(64)));
  V best = {};
  P place = {};

  inline void take(V value, Place at) {
    const P is_better = (P)(value > best) | (P)(value != value);
    best = is_better ? value : best;
    place = is_better ? P{} + at : place;
  }
  inline void take_pairs(const T* row, Place at, bool is_first) {
    V low, high;
    std::memcpy(&low, row, sizeof low);
    std::memcpy(&high, row + 8, sizeof high);
    const V even = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
    if (is_first) best = even;
    else take(even, at);
    take(__builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15), at + 1);
  }
  inline void run(const T* upper, const T* lower, T* y, int64_t* places, int64_t first, int64_t width) {
    take_pairs(upper, 0, true);
    take_pairs(lower, static_cast<Place>(width), false);
    const Places at = __builtin_convertvector(place, Places) + Places{0, 2, 4, 6, 8, 10, 12, 14} + first;
    std::memcpy(y, &best, sizeof best);
    std::memcpy(places, &at, sizeof at);
  }
};

template <typename T>
void max_pool_squares(const T* upper, const T* lower, T* y, int64_t* places, int64_t first, int64_t width,
                      int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    Squares<T>().run(upper + 2 * i, lower + 2 * i, y + i, places + i, first + 2 * i, width);
  if (i == count) return;
  if (count >= 8) {  // some once more rather than a few apart
    i = count - 8;
    return Squares<T>().run(upper + 2 * i, lower + 2 * i, y + i, places + i, first + 2 * i, width);
  }
  T rows[2][16] = {}, best[8];
  int64_t at[8];
  const auto left = static_cast<size_t>(count - i);
  std::memcpy(rows[0], upper + 2 * i, 2 * left * sizeof(T));
  std::memcpy(rows[1], lower + 2 * i, 2 * left * sizeof(T));
  Squares<T>().run(rows[0], rows[1], best, at, first + 2 * i, width);
  std::memcpy(y + i, best, left * sizeof(T));
  std::memcpy(places + i, at, left * sizeof(int64_t));
}

template <typename T> constexpr RowKernels<T> table() {
  return {normalize<T>, moments<T>, gradient<T>,         weight_gradient<T>,
          divide<T>,    subtract<T>, softmax_gradient<T>, log_softmax_gradient<T>, max_pool_squares<T>};
}

}  // namespace row_kernels
}  // namespace
}  // namespace lazuli
