// Arithmetic on sizes that cannot wrap, for code that turns numbers from JavaScript into addresses. What a
// kernel checks about its own arguments goes through cpu/arguments.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernel.h"

namespace lazuli {

/// a · b and a + b; throw OpError naming `what` when the result does not fit in 64 bits.
int64_t checked_product(int64_t a, int64_t b, const char* what);
int64_t checked_sum(int64_t a, int64_t b, const char* what);
/// The number of elements; refuses negative sizes and a product, sizes of 0 left out, past 2^53.
int64_t checked_numel(std::span<const int64_t> shape, const char* what);
/// Row-major strides in elements.
std::vector<int64_t> dense_strides(std::span<const int64_t> shape);

}  // namespace lazuli
