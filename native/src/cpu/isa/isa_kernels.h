// The hot inner loops that exist once per instruction set, as a table of function pointers. The tables are
// built by isa_portable.cc, isa_avx2.cc and isa_avx512.cc from the same sources (isa_kernels.inc.h);
// isa_select.cc picks one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "../column_kernels.h"
#include "../product_kernels.h"
#include "../row_kernels.h"
#include "../window_kernels.h"
#include "../winograd_kernels.h"
#include "update_math.h"
#include "vector_math.h"

namespace lazuli {

struct IsaKernels {
  const char* name;  // avx512, avx2, neon or portable
  ProductKernels<float> product_float;
  ProductKernels<double> product_double;
  VectorMath<float> math_float;
  VectorMath<double> math_double;
  UpdateMath<float> update_float;
  UpdateMath<double> update_double;
  /// Philox4x32-10: four words for each of `blocks` counters (block low, block high, step, stream) under the
  /// key `seed`.
  void (*philox)(uint64_t seed, uint64_t first_block, uint32_t step, uint32_t stream, uint32_t* words,
                 int64_t blocks);
  RowKernels<float> rows_float;
  RowKernels<double> rows_double;
  WinogradKernels winograd;
  ColumnKernels<float> columns_float;
  ColumnKernels<double> columns_double;
  WindowKernels<float> windows_float;
  WindowKernels<double> windows_double;

  template <typename T> const ProductKernels<T>& product() const {
    if constexpr (sizeof(T) == 4)
      return product_float;
    else
      return product_double;
  }
  template <typename T> const VectorMath<T>& math() const {
    if constexpr (sizeof(T) == 4)
      return math_float;
    else
      return math_double;
  }
  template <typename T> const RowKernels<T>& rows() const {
    if constexpr (sizeof(T) == 4)
      return rows_float;
    else
      return rows_double;
  }
  template <typename T> const ColumnKernels<T>& columns() const {
    if constexpr (sizeof(T) == 4)
      return columns_float;
    else
      return columns_double;
  }
  template <typename T> const WindowKernels<T>& windows() const {
    if constexpr (sizeof(T) == 4)
      return windows_float;
    else
      return windows_double;
  }
  template <typename T> const UpdateMath<T>& update() const {
    if constexpr (sizeof(T) == 4)
      return update_float;
    else
      return update_double;
  }
};

const IsaKernels& isa_kernels_portable();  // also neon: the compiler's own target
const IsaKernels& isa_kernels_avx2();
const IsaKernels& isa_kernels_avx512();

/// The sets this machine can run, best first.
std::span<const IsaKernels* const> available_isas();
/// The set in use: the best one until select_isa names another. Read it once per kernel call.
const IsaKernels& isa_kernels();
/// Throws OpError for a set that is unknown or that this machine cannot run.
void select_isa(std::string_view name);

}  // namespace lazuli
