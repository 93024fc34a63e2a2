// Checks of a kernel's arguments that name the op, what was wrong, what was expected and what came. Used by the product,
// pooling, normalization, softmax and loss families before they touch memory.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "../ops/kernel.h"

namespace lazuli {

using Shape = std::vector<int64_t>;

std::string shape_text(const Shape& shape);

/// One call of an op, checked piece by piece. Every method throws OpError.
class Arguments {
 public:
  Arguments(const char* op, Inputs inputs, Outputs outputs, int least_inputs, int most_inputs, int output_count);

  [[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& got) const;

  /// The input `index`, which must be there and be float32 or float64; later float tensors must have its dtype.
  const TensorView& floating(int index, const char* what);
  /// The optional float input `index` of exactly `shape`, or null.
  const TensorView* optional(int index, const char* what, const Shape& shape);
  /// The input `index` of `dtype`.
  const TensorView& typed(int index, const char* what, DType dtype);
  /// The input `index`, of any dtype.
  const TensorView& any(int index, const char* what) const;
  /// The output `index`, which must have the float dtype (or `dtype`) and `shape`.
  TensorView& output(int index, const char* what, const Shape& shape);
  TensorView& output(int index, const char* what, const Shape& shape, DType dtype);

  void expect_shape(const char* what, const TensorView& tensor, const Shape& shape) const;
  void expect_rank(const char* what, const TensorView& tensor, int64_t least, int64_t most) const;
  /// A list attribute with `count` elements, each within [least, most].
  std::vector<int64_t> list(const Attributes& attributes, const char* name, int64_t count, int64_t least,
                            int64_t most = std::numeric_limits<int32_t>::max()) const;
  /// An integer attribute within [least, most].
  int64_t integer(const Attributes& attributes, const char* name, int64_t least, int64_t most) const;
  /// The product of sizes; refuses one that does not fit in memory's addresses.
  int64_t elements(const char* what, const Shape& shape) const;

  DType dtype() const { return dtype_; }
  const char* op() const { return op_; }

 private:
  const TensorView* find(int index) const;
  void check_memory(const char* what, const TensorView& tensor) const;

  const char* op_;
  Inputs inputs_;
  Outputs outputs_;
  DType dtype_ = DType::float32;
  bool has_dtype_ = false;
};

/// Calls body(T{}) with the C++ type of a float dtype.
template <typename Body> decltype(auto) with_float(DType dtype, Body&& body) {
  return dtype == DType::float64 ? body(double{}) : body(float{});
}

}  // namespace lazuli
