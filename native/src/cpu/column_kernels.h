// The inner loops of attention, whose scores are held transposed: one column per query, one row per key. What is done down a
// column needs no sum across lanes. One table per dtype and instruction set.
#pragma once

#include <cstdint>

namespace lazuli {

/// Callers pad the columns to a multiple of this, with any finite numbers.
inline constexpr int64_t kColumnStep = 16;

template <typename T> struct ColumnKernels {
  /// largest[j] = max_i x[i·stride + j], then x = e^(x - largest) and sums[j] = Σ_i x.
  void (*exponentials)(T* x, int64_t stride, int64_t rows, int64_t columns, T* largest, double* sums);
  /// share = e^(share - lse[j]), then slope = share·(slope - Σ_i share·slope)·scale, down each column.
  void (*slopes)(T* share, T* slope, int64_t stride, int64_t rows, int64_t columns, const T* lse, T scale);
};

}  // namespace lazuli
