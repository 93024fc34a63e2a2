// Matrix products on strided operands: C = A·B (+ bias), by packed register tiles or by dot products, threaded over
// fixed tiles so that the result does not depend on the number of threads. Not an op: matmul and convolution call it.
#pragma once

#include "../ops/kernel.h"

namespace lazuli {

template <typename T> struct Matrix {
  const T* data = nullptr;
  int64_t row_stride = 0;
  int64_t column_stride = 0;
};

/// c[i, j] = Σ_k a[i, k]·b[k, j] + row_bias[i] + column_bias[j]; c's columns are contiguous. Sizes may be 0.
template <typename T> struct Product {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t depth = 0;
  Matrix<T> a;
  Matrix<T> b;
  T* c = nullptr;
  int64_t c_stride = 0;
  const T* row_bias = nullptr;
  const T* column_bias = nullptr;
};

/// One product, on every thread of the pool.
template <typename T> void multiply(const Product<T>& product, const Context& context);

/// `count` products whose operands lie `a_step`, `b_step` and `c_step` elements apart.
template <typename T>
void multiply_batch(const Product<T>& first, int64_t count, int64_t a_step, int64_t b_step, int64_t c_step,
                    const Context& context);

/// to[k·height + r] = from[r·row_stride + k·depth_stride] for r < rows, 0 for rows <= r < height.
template <typename T>
void pack_panel(T* to, int64_t height, const T* from, int64_t row_stride, int64_t depth_stride, int64_t rows,
                int64_t depth);

}  // namespace lazuli
