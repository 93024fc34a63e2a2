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

/// Some squares at a time, whatever the vector width. `Place` is as wide as an element, so that a comparison's mask fits it.
template <typename T, int squares> struct SquareVectors {
  using Place = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  typedef T V __attribute__((vector_size(squares * sizeof(T))));
  typedef Place P __attribute__((vector_size(squares * sizeof(T))));
  using Long = std::enable_if_t<sizeof(T) != 0, int64_t>;  // depends on T: GCC 12 makes no vector of it otherwise
  typedef Long Places __attribute__((vector_size(squares * sizeof(int64_t))));

  static V even(V low, V high) {
    if constexpr (squares == 8) return __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
    else return __builtin_shufflevector(low, high, 0, 2, 4, 6);
  }
  static V odd(V low, V high) {
    if constexpr (squares == 8) return __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
    else return __builtin_shufflevector(low, high, 1, 3, 5, 7);
  }
  static V first_pairs(V a, V b) {
    if constexpr (squares == 8) return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    else return __builtin_shufflevector(a, b, 0, 4, 1, 5);
  }
  static V last_pairs(V a, V b) {
    if constexpr (squares == 8) return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    else return __builtin_shufflevector(a, b, 2, 6, 3, 7);
  }
  /// 0, 2, 4, ..
  static Places steps() {
    Places places = {};
    for (int i = 0; i < squares; ++i) places[i] = 2 * i;
    return places;
  }
};

template <typename T, int squares> struct Squares : SquareVectors<T, squares> {
  using Vectors = SquareVectors<T, squares>;
  using typename Vectors::P;
  using typename Vectors::Place;
  using typename Vectors::Places;
  using typename Vectors::V;
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
    std::memcpy(&high, row + squares, sizeof high);
    if (is_first) best = Vectors::even(low, high);
    else take(Vectors::even(low, high), at);
    take(Vectors::odd(low, high), at + 1);
  }
  inline void run(const T* upper, const T* lower, T* y, int64_t* places, int64_t first, int64_t width) {
    take_pairs(upper, 0, true);
    take_pairs(lower, static_cast<Place>(width), false);
    const Places at = __builtin_convertvector(place, Places) + Vectors::steps() + first;
    std::memcpy(y, &best, sizeof best);
    std::memcpy(places, &at, sizeof at);
  }
};

/// Calls at(i) for stretches of `squares` that cover [0, count): the last one meets some once more rather than a few apart.
template <int squares, typename At> inline void cover(int64_t count, At&& at) {
  int64_t i = 0;
  for (; i + squares <= count; i += squares) at(i);
  if (i < count) at(count - squares);
}

template <typename T>
void max_pool_squares(const T* upper, const T* lower, T* y, int64_t* places, int64_t first, int64_t width,
                      int64_t count) {
  if (count >= 8)
    return cover<8>(count, [&](int64_t i) {
      Squares<T, 8>().run(upper + 2 * i, lower + 2 * i, y + i, places + i, first + 2 * i, width);
    });
  if (count >= 4)
    return cover<4>(count, [&](int64_t i) {
      Squares<T, 4>().run(upper + 2 * i, lower + 2 * i, y + i, places + i, first + 2 * i, width);
    });
  T rows[2][8] = {}, best[4];
  int64_t at[4];
  for (int64_t i = 0; i < 2 * count; ++i) rows[0][i] = upper[i], rows[1][i] = lower[i];
  Squares<T, 4>().run(rows[0], rows[1], best, at, first, width);
  for (int64_t i = 0; i < count; ++i) y[i] = best[i], places[i] = at[i];
}

/// True where every place is one of its square's.
template <typename T, int squares>
inline bool scatter_squares(const T* gy, const int64_t* places, int64_t first, int64_t width, T* upper, T* lower) {
  using Vectors = SquareVectors<T, squares>;
  using V = typename Vectors::V;
  using P = typename Vectors::P;
  V g;
  typename Vectors::Places at;
  std::memcpy(&g, gy, sizeof g);
  std::memcpy(&at, places, sizeof at);
  g += T(0);  // as a sum that begins with 0: -0 becomes 0
  const typename Vectors::Places shift = at - Vectors::steps() - first;
  const P place = __builtin_convertvector(shift, P);
  const P is_first = (P)(place == 0), is_second = (P)(place == 1);
  const P is_third = (P)(place == static_cast<typename Vectors::Place>(width));
  const P is_fourth = (P)(place == static_cast<typename Vectors::Place>(width + 1));
  const P is_known = is_first | is_second | is_third | is_fourth;
  const V none = {};
  const auto put = [&](T* row, P left, P right) {
    const V even = left ? g : none, odd = right ? g : none;
    const V low = Vectors::first_pairs(even, odd), high = Vectors::last_pairs(even, odd);
    std::memcpy(row, &low, sizeof low);
    std::memcpy(row + squares, &high, sizeof high);
  };
  put(upper, is_first, is_second);
  put(lower, is_third, is_fourth);
  const auto is_narrow = __builtin_convertvector(place, typename Vectors::Places) == shift;
  bool all = true;
  for (int i = 0; i < squares; ++i) all = all && is_known[i] != 0 && is_narrow[i] != 0;
  return all;
}

template <typename T>
bool scatter_square_row(const T* gy, const int64_t* places, int64_t first, int64_t width, T* upper, T* lower, int64_t count) {
  bool is_known = count >= 4;
  if (count >= 8)
    cover<8>(count, [&](int64_t i) {
      is_known &= scatter_squares<T, 8>(gy + i, places + i, first + 2 * i, width, upper + 2 * i, lower + 2 * i);
    });
  else if (count >= 4)
    cover<4>(count, [&](int64_t i) {
      is_known &= scatter_squares<T, 4>(gy + i, places + i, first + 2 * i, width, upper + 2 * i, lower + 2 * i);
    });
  return is_known;
}

template <typename T> constexpr RowKernels<T> table() {
  return {normalize<T>, moments<T>, gradient<T>,         weight_gradient<T>,
          divide<T>,    subtract<T>, softmax_gradient<T>, log_softmax_gradient<T>,
          max_pool_squares<T>, scatter_square_row<T>};
}

}  // namespace row_kernels
}  // namespace
}  // namespace lazuli
