// What a product or a convolution does to its results while the cache holds them: its attribute `activation`.
#pragma once

#include "arguments.h"
#include "isa/isa_kernels.h"
#include "product.h"

namespace lazuli {

/// The number of a scalar function (ScalarFunction), or -1.
int find_scalar_function(std::string_view name);

/// The unary scalar function an op names in its attribute `activation`, applied in place; nothing where it is absent or null.
template <typename T> Finish<T> activation_of(const Arguments& args, const Attributes& attributes) {
  if (attributes.is_null("activation")) return {};
  const std::string& name = attributes.text("activation");
  const int function = find_scalar_function(name);
  if (function < 0 || function >= kFirstBinary)
    args.refuse("activation", "a scalar function of one argument", "'" + name + "'");
  return {[](const void* unary, T* values, T*, int64_t count) {
            (*static_cast<const typename VectorMath<T>::Unary*>(unary))(values, values, count);
          },
          &isa_kernels().math<T>().unary[function]};
}

}  // namespace lazuli
