// See checks.h.
#include "checks.h"

namespace lazuli {

int64_t checked_product(int64_t a, int64_t b, const char* what) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product))
    throw OpError(std::string(what) + ": " + std::to_string(a) + " times " + std::to_string(b) +
                  " does not fit in 64 bits");
  return product;
}

int64_t checked_sum(int64_t a, int64_t b, const char* what) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    throw OpError(std::string(what) + ": " + std::to_string(a) + " plus " + std::to_string(b) +
                  " does not fit in 64 bits");
  return sum;
}

int64_t checked_numel(std::span<const int64_t> shape, const char* what) {
  int64_t product = 1;
  bool is_empty = false;
  for (const int64_t size : shape) {
    if (size < 0)
      throw OpError(std::string(what) + ": expected sizes that are not negative, got " +
                    std::to_string(size));
    if (size == 0)
      is_empty = true;
    else
      product = checked_product(product, size, what);
    if (product > (int64_t{1} << 53)) throw OpError(std::string(what) + ": more than 2^53 elements");
  }
  return is_empty ? 0 : product;
}

std::vector<int64_t> dense_strides(std::span<const int64_t> shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    step *= shape[axis] > 1 ? shape[axis] : 1;
  }
  return strides;
}

}  // namespace lazuli
