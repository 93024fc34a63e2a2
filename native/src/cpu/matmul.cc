// The ops matmul, linear and those that do more to their results: they check shapes and hand strided views to multiply.
// core/ops/signatures.ts defines them.
#include <optional>

#include "activation.h"
#include "arguments.h"
#include "families.h"
#include "product.h"
#include "product_steps.h"

namespace lazuli {
namespace {

/// Whether the attribute `which` is 'bfloat16' (absent or null: not), which float32 alone can be rounded to.
bool is_bfloat16(const Arguments& args, const Attributes& attributes, const char* which) {
  if (attributes.is_null(which)) return false;
  const std::string& name = attributes.text(which);
  if (name != "bfloat16") args.refuse(which, "bfloat16 or null", "'" + name + "'");
  if (args.dtype() != DType::float32)
    args.refuse(std::string("dtype where ") + which + " is bfloat16", "float32", dtype_name(args.dtype()));
  return true;
}

/// Sets what is rounded: the operands by `precision` (not the bias or the sums), the results by `result`.
template <typename T> void set_rounding(Product<T>& product, const Arguments& args, const Attributes& attributes) {
  product.is_bfloat16 = is_bfloat16(args, attributes, "precision");
  product.is_rounded = is_bfloat16(args, attributes, "rounds");
}

constexpr int kMostOperands = static_cast<int>(kMaxInputs) - 1;  // of a formula besides the result

/// matmul (a [.., m, k], b [.., k, n]) → [.., m, n], with `activation` applied, `precision` and `result` where they are given;
/// matmul_elementwise with a formula of it and further operands.
template <bool has_steps> void matmul(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args(has_steps ? "matmul_elementwise" : "matmul", inputs, outputs, 2, has_steps ? 2 + kMostOperands : 2, 1);
  const TensorView& a = args.floating(0, "a");
  const TensorView& b = args.floating(1, "b");
  args.expect_rank("a", a, 2, 64);
  args.expect_rank("b", b, 2, 64);
  const bool transpose_a = attributes.boolean("transpose_a"), transpose_b = attributes.boolean("transpose_b");
  const auto a_rank = static_cast<size_t>(a.rank()), b_rank = static_cast<size_t>(b.rank());
  const int64_t rows = a.shape[a_rank - (transpose_a ? 1 : 2)], depth = a.shape[a_rank - (transpose_a ? 2 : 1)];
  const int64_t columns = b.shape[b_rank - (transpose_b ? 2 : 1)];
  Shape b_shape(a.shape.begin(), b_rank == 2 ? a.shape.begin() : a.shape.end() - 2);
  b_shape.push_back(transpose_b ? columns : depth);
  b_shape.push_back(transpose_b ? depth : columns);
  args.expect_shape("b", b, b_shape);
  Shape shape(a.shape.begin(), a.shape.end() - 2);
  const int64_t count = args.elements("leading axes", shape);
  shape.push_back(rows);
  shape.push_back(columns);
  TensorView& c = args.output(0, "output", shape);
  if (c.numel() == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    Product<T> product{.rows = rows, .columns = columns, .depth = depth,
                       .a = {a.as<const T>(), transpose_a ? 1 : depth, transpose_a ? rows : 1},
                       .b = {b.as<const T>(), transpose_b ? 1 : columns, transpose_b ? depth : 1},
                       .c = c.as<T>(), .c_stride = columns};
    std::optional<ProductSteps<T>> steps;
    if constexpr (has_steps) product.finish = steps.emplace(args, inputs, 2, shape, attributes, product.c).finish();
    else product.finish = activation_of<T>(args, attributes);
    set_rounding(product, args, attributes);
    if (b_rank == 2 && !transpose_a) {
      product.rows *= count;
      multiply(product, context);
    } else {
      multiply_batch(product, count, rows * depth, b_rank == 2 ? 0 : depth * columns, rows * columns, context);
    }
  });
}

/// The operands of a linear op, checked, and the product they ask for.
struct LinearOperands {
  const TensorView& x;
  const TensorView& weight;
  const TensorView* bias;
  Shape shape;  // of the result
  int64_t rows, depth, columns;

  explicit LinearOperands(Arguments& args)
      : x(args.floating(0, "x")), weight(args.floating(1, "weight")) {
    args.expect_rank("x", x, 1, 64);
    args.expect_rank("weight", weight, 2, 2);
    depth = x.shape.back(), columns = weight.shape[0];
    args.expect_shape("weight", weight, {columns, depth});
    bias = args.optional(2, "bias", {columns});
    shape.assign(x.shape.begin(), x.shape.end() - 1);
    rows = args.elements("leading axes", shape);
    shape.push_back(columns);
  }

  template <typename T> Product<T> product(const TensorView& y) const {
    return {.rows = rows, .columns = columns, .depth = depth, .a = {x.as<const T>(), depth, 1},
            .b = {weight.as<const T>(), 1, depth}, .c = y.as<T>(), .c_stride = columns,
            .column_bias = bias ? bias->as<const T>() : nullptr};
  }
};

/// linear (x, weight, bias?) → y, with `activation` applied, `precision` and `result` where they are given; linear_elementwise with a
/// formula of it and further operands.
template <bool has_steps> void linear(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args(has_steps ? "linear_elementwise" : "linear", inputs, outputs, has_steps ? 3 : 2, has_steps ? 3 + kMostOperands : 3, 1);
  const LinearOperands operands(args);
  TensorView& y = args.output(0, "output", operands.shape);
  if (y.numel() == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    Product<T> product = operands.product<T>(y);
    std::optional<ProductSteps<T>> steps;
    if constexpr (has_steps) product.finish = steps.emplace(args, inputs, 3, operands.shape, attributes, product.c).finish();
    else product.finish = activation_of<T>(args, attributes);
    set_rounding(product, args, attributes);
    multiply(product, context);
  });
}

/// linear_gelu (x, weight, bias?) → (gelu(z), gelu_slope(z)) of linear's z, with `precision` and `result` where they are given.
void linear_gelu(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("linear_gelu", inputs, outputs, 2, 3, 2);
  const LinearOperands operands(args);
  TensorView& y = args.output(0, "y", operands.shape);
  TensorView& slope = args.output(1, "slope", operands.shape);
  if (y.numel() == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    Product<T> product = operands.product<T>(y);
    product.finish = {[](const void* math, T* values, T* more, int64_t count) {
                        static_cast<const VectorMath<T>*>(math)->gelu_and_slope(values, values, more, count);
                      },
                      &isa_kernels().math<T>()};
    product.more = slope.as<T>();
    set_rounding(product, args, attributes);
    multiply(product, context);
  });
}

constexpr OpEntry kOps[] = {{"matmul", 2, 2, 1, matmul<false>},
                            {"linear", 2, 3, 1, linear<false>},
                            {"linear_gelu", 2, 3, 2, linear_gelu},
                            {"matmul_elementwise", 2, 2 + kMostOperands, 1, matmul<true>},
                            {"linear_elementwise", 3, 3 + kMostOperands, 1, linear<true>}};

}  // namespace

std::span<const OpEntry> matmul_ops() { return kOps; }

}  // namespace lazuli
