// The inner loops of normalization and softmax over contiguous rows, one table per dtype and instruction set. Sums are
// taken in double over 16 interleaved parts, so results are the same bits with every instruction set.
#pragma once

#include <cstdint>

namespace lazuli {

/// `weight` and `bias` hold one value per element or are null.
template <typename T> struct RowKernels {
  /// y = ((x - center)·scale + shift)·weight + bias.
  void (*normalize)(const T* x, T center, T scale, T shift, const T* weight, const T* bias, T* y, int64_t count);
  /// sums[0] += Σ g and sums[1] += Σ g·(x - center), where g = gy·weight.
  void (*moments)(const T* gy, const T* x, const T* weight, double center, double* sums, int64_t count);
  /// gx = g·a - (x - center)·b - c, where g = gy·weight.
  void (*gradient)(const T* gy, const T* x, const T* weight, T center, T a, T b, T c, T* gx, int64_t count);
  /// gweight += gy·(x - center)·scale and gbias += gy, element by element.
  void (*weight_gradient)(const T* gy, const T* x, double center, double scale, double* gweight, double* gbias,
                          int64_t count);
  /// y = y / divisor.
  void (*divide)(T* y, T divisor, int64_t count);
  /// y = (x - first) - second.
  void (*subtract)(const T* x, T first, T second, T* y, int64_t count);
  /// gx = y·(gy - sum).
  void (*softmax_gradient)(const T* gy, const T* y, T sum, T* gx, int64_t count);
  /// gx = gy - gx·sum.
  void (*log_softmax_gradient)(const T* gy, T sum, T* gx, int64_t count);
  /// The largest of each 2×2 square of two rows: y[i] of upper and lower [2i, 2i + 1], with its place, where upper[0] is
  /// place `first` and lower[0] place `first + width`. The last NaN wins.
  void (*max_pool_squares)(const T* upper, const T* lower, T* y, int64_t* places, int64_t first, int64_t width,
                           int64_t count);
  /// Its gradient: writes both rows whole, gy[i] at its place and 0 beside. False, the rows then holding anything, where a place
  /// is outside its square or there are fewer than 4 squares.
  bool (*scatter_square_row)(const T* gy, const int64_t* places, int64_t first, int64_t width, T* upper, T* lower,
                             int64_t count);
};

}  // namespace lazuli
