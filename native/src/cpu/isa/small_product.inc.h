// SmallProduct of one instruction set: register tiles over operands as they lie. Included only by isa_kernels.inc.h.
#pragma once

#include "../small_product.h"
#include "product_kernels_simd.h"

namespace lazuli {
namespace {
namespace small_product {

using product_simd::Vector;
template <typename T> inline constexpr int kLanes = product_simd::kLanes<T>;

#if defined(__AVX512F__) || defined(__ARM_NEON)
inline constexpr int kRows = 6, kVectors = 4;  // of 32 registers
#else
inline constexpr int kRows = 6, kVectors = 2;  // of 16
#endif

template <typename T, int rows, int vectors> void tile(const SmallProduct<T>& p, int64_t row, int64_t column) {
  Vector<T> sums[rows][vectors] = {};
  const T* a = p.a + row * p.a_row;
  const T* b = p.b + column;
  for (int64_t k = 0; k < p.depth; ++k, a += p.a_column, b += p.b_row) {
    Vector<T> line[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) line[v] = product_simd::load(b + v * kLanes<T>);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const Vector<T> factor = product_simd::broadcast(a[r * p.a_row]);
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sums[r][v] = product_simd::multiply_add<T>(factor, line[v], sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
    T* c = p.c + (row + r) * p.c_row + column;
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      Vector<T> value = sums[r][v] * p.alpha;
      if (p.accumulate) value += product_simd::load(c + v * kLanes<T>);
      product_simd::store(c + v * kLanes<T>, value);
    }
  }
}

template <typename T, int rows> void strip(const SmallProduct<T>& p, int64_t row) {
  int64_t column = 0;
  for (; column + kVectors * kLanes<T> <= p.columns; column += kVectors * kLanes<T>) tile<T, rows, kVectors>(p, row, column);
  for (; column < p.columns; column += kLanes<T>) tile<T, rows, 1>(p, row, column);
}

template <typename T, int rows> void last_strip(const SmallProduct<T>& p, int64_t row) {
  if constexpr (rows > 0) {
    if (p.rows - row == rows) strip<T, rows>(p, row);
    else last_strip<T, rows - 1>(p, row);
  }
}

template <typename T> void run(const SmallProduct<T>& p) {
  int64_t row = 0;
  for (; row + kRows <= p.rows; row += kRows) strip<T, kRows>(p, row);
  last_strip<T, kRows - 1>(p, row);
}

}  // namespace small_product
}  // namespace
}  // namespace lazuli
