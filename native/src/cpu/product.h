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

/// What is done to each stretch of finished results while the cache holds it (an activation, say), in place; `more` is where
/// a second result of the same elements goes, if there is one. Threads call it at the same time, each for elements of its own;
/// every element is met once.
template <typename T> struct Finish {
  void (*call)(const void* data, T* values, T* more, int64_t count) = nullptr;
  const void* data = nullptr;

  explicit operator bool() const { return call != nullptr; }
  void operator()(T* values, int64_t count, T* more = nullptr) const { call(data, values, more, count); }
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
  Finish<T> finish = {};
  T* more = nullptr;         // what finish writes besides, laid out as c
  bool is_bfloat16 = false;  // A and B are rounded to bfloat16, not their sums
  bool is_rounded = false;   // results are, before `finish`
  bool is_turned = false;    // c[i, j] lies at c[j·c_stride + i]; the depth is not cut
};

/// One product, on every thread of the pool.
template <typename T> void multiply(const Product<T>& product, const Context& context);

/// `count` products whose operands lie `a_step`, `b_step` and `c_step` elements apart.
template <typename T>
void multiply_batch(const Product<T>& first, int64_t count, int64_t a_step, int64_t b_step, int64_t c_step,
                    const Context& context);

}  // namespace lazuli
