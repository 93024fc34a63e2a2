// Every inner loop of one instruction set, compiled by isa_<name>.cc with that set's flags. All of it stays
// in an anonymous namespace, so that the linker never mixes up the sets; include no library header with
// inline functions here.
#pragma once

#include "column_kernels.inc.h"
#include "isa_kernels.h"
#include "product_kernels_simd.h"
#include "random_words.inc.h"
#include "row_kernels.inc.h"
#include "update_math.inc.h"
#include "vector_math.inc.h"
#include "window_kernels_simd.h"
#include "winograd_kernels_simd.h"

#define LAZULI_TEXT(name) LAZULI_TEXT_OF(name)
#define LAZULI_TEXT_OF(name) #name

namespace lazuli {
namespace {

#if defined(__ARM_NEON)
inline constexpr const char* kIsaName = "neon";
#else
inline constexpr const char* kIsaName = LAZULI_TEXT(LAZULI_ISA);
#endif

constexpr IsaKernels kernel_table{
    .name = kIsaName,
    .product_float = product_simd::kernels<float>(),
    .product_double = product_simd::kernels<double>(),
    .math_float = vector_math::table<float>(),
    .math_double = vector_math::table<double>(),
    .update_float = update_math::table<float>(),
    .update_double = update_math::table<double>(),
    .philox = random_words::philox,
    .rows_float = row_kernels::table<float>(),
    .rows_double = row_kernels::table<double>(),
    .winograd = winograd_simd::table(),
    .columns_float = column_kernels::table<float>(),
    .columns_double = column_kernels::table<double>(),
    .windows_float = window_simd::table<float>(),
    .windows_double = window_simd::table<double>(),
};

}  // namespace
}  // namespace lazuli
