// Conversion between element types, for cast, fill and take_rows.
#pragma once

#include "../ops/kernel.h"

namespace lazuli {

/// to[i] = from[i], `count` elements: float to int truncates, anything to bool is ≠ 0, float to float16 and
/// bfloat16 rounds to nearest even. An int out of range wraps; a float out of int64's range or NaN becomes
/// the smallest int64 first.
void convert_elements(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t count);

/// Sets `count` elements to `value`, converted as above.
void fill_elements(void* to, DType dtype, double value, int64_t count);

}  // namespace lazuli
