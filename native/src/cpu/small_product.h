// A product small enough to stay in the cache, computed by one thread straight from its operands: what attention is made of.
// One function per dtype and instruction set.
#pragma once

#include <cstdint>

namespace lazuli {

/// c[i, j] = alpha·Σ_k a[i, k]·b[k, j], added to what c holds where `accumulate`. b's and c's columns are contiguous and
/// their number is a multiple of kSmallColumns, so callers pad them.
template <typename T> struct SmallProduct {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t depth = 0;
  const T* a = nullptr;
  int64_t a_row = 0;
  int64_t a_column = 0;
  const T* b = nullptr;
  int64_t b_row = 0;
  T* c = nullptr;
  int64_t c_row = 0;
  T alpha = 1;
  bool accumulate = false;
};

inline constexpr int64_t kSmallColumns = 16;

template <typename T> using SmallProductKernel = void (*)(const SmallProduct<T>&);

}  // namespace lazuli
