// softmax and log_softmax along one axis, with their gradients: whole rows for the last axis, blocks of columns
// otherwise. The maximum is subtracted first, sums are in double.
#include <algorithm>
#include <cmath>

#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"

namespace lazuli {
namespace {

constexpr int64_t kGrainWork = 8192;
constexpr int64_t kColumnBlock = 128;

/// x seen as [outer, size, inner]; the softmax runs over `size`.
struct Axes {
  int64_t outer = 1, size = 1, inner = 1;

  int64_t elements() const { return outer * size * inner; }
};

Axes axes_of(const Arguments& args, const Attributes& attributes, const Shape& shape) {
  const auto rank = static_cast<int64_t>(shape.size());
  Axes axes;
  if (rank == 0) {
    args.integer(attributes, "axis", -1, 0);
    return axes;
  }
  const int64_t axis = (args.integer(attributes, "axis", -rank, rank - 1) + rank) % rank;
  axes.outer = args.elements("x", Shape(shape.begin(), shape.begin() + axis));
  axes.size = shape[static_cast<size_t>(axis)];
  axes.inner = args.elements("x", Shape(shape.begin() + axis + 1, shape.end()));
  return axes;
}

/// A block of columns: element (k, j) lies at data[k·stride + j].
struct Block {
  int64_t offset, size, stride, columns;
};

/// Calls row(offset) for every row when the axis is the last one, else block(Block).
template <typename Row, typename Columns>
void each_row_or_block(const Axes& axes, const Context& context, Row&& row, Columns&& columns) {
  if (axes.elements() == 0) return;
  const auto grain = [](int64_t work) { return std::max<int64_t>(1, kGrainWork / std::max<int64_t>(work, 1)); };
  if (axes.inner == 1) {
    context.parallel_for(axes.outer, grain(axes.size), [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index) row(index * axes.size);
    });
    return;
  }
  const int64_t blocks = (axes.inner + kColumnBlock - 1) / kColumnBlock;
  context.parallel_for(axes.outer * blocks, grain(axes.size * std::min(axes.inner, kColumnBlock)),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t index = begin; index < end; ++index) {
                           const int64_t first = index % blocks * kColumnBlock;
                           columns(Block{index / blocks * axes.size * axes.inner + first, axes.size, axes.inner,
                                         std::min(kColumnBlock, axes.inner - first)});
                         }
                       });
}

/// exp(x - maximum) of a block into y; maxima and sums per column.
template <typename T>
void exponentials(const VectorMath<T>& math, const Block& block, const T* x, T* y, T* maxima, double* sums) {
  const auto exp = math.function(ScalarFunction::exp);
  const auto maximum = math.binary[static_cast<int>(ScalarFunction::maximum) - kFirstBinary];
  const auto subtract = math.binary[static_cast<int>(ScalarFunction::sub) - kFirstBinary];
  std::copy_n(x, block.columns, maxima);
  std::fill_n(sums, block.columns, 0.0);
  for (int64_t k = 1; k < block.size; ++k) maximum(maxima, x + k * block.stride, maxima, block.columns);
  for (int64_t k = 0; k < block.size; ++k) {
    T* row = y + k * block.stride;
    subtract(x + k * block.stride, maxima, row, block.columns);
    exp(row, row, block.columns);
    math.accumulate(row, sums, block.columns);
  }
}

/// softmax and log_softmax: (x) → y of x's shape.
void forward(const char* op, bool is_log, Inputs inputs, Outputs outputs, const Attributes& attributes,
             const Context& context) {
  Arguments args(op, inputs, outputs, 1, 1, 1);
  const TensorView& x = args.floating(0, "x");
  const Axes axes = axes_of(args, attributes, x.shape);
  TensorView& out = args.output(0, "y", x.shape);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& math = isa_kernels().math<T>();
    const auto& rows = isa_kernels().rows<T>();
    const auto row = [&](int64_t offset) {
      const T* from = x.as<const T>() + offset;
      T* to = out.as<T>() + offset;
      const T maximum = math.max(from, axes.size);
      const double sum = math.exp_minus(from, maximum, to, axes.size);
      if (is_log) rows.subtract(from, maximum, static_cast<T>(std::log(sum)), to, axes.size);
      else rows.divide(to, static_cast<T>(sum), axes.size);
    };
    const auto columns = [&](const Block& block) {
      const T* from = x.as<const T>() + block.offset;
      T* to = out.as<T>() + block.offset;
      T maxima[kColumnBlock], totals[kColumnBlock];
      double sums[kColumnBlock];
      exponentials(math, block, from, to, maxima, sums);
      for (int64_t j = 0; j < block.columns; ++j) totals[j] = static_cast<T>(is_log ? std::log(sums[j]) : sums[j]);
      for (int64_t k = 0; k < block.size; ++k) {
        T* y = to + k * block.stride;
        const T* source = from + k * block.stride;
        if (is_log)
          for (int64_t j = 0; j < block.columns; ++j) y[j] = (source[j] - maxima[j]) - totals[j];
        else
          for (int64_t j = 0; j < block.columns; ++j) y[j] /= totals[j];
      }
    };
    each_row_or_block(axes, context, row, columns);
  });
}

/// The gradients: (gy, y) → gx. softmax: y·(gy - Σ gy·y); log_softmax: gy - exp(y)·Σ gy.
void backward(const char* op, bool is_log, Inputs inputs, Outputs outputs, const Attributes& attributes,
              const Context& context) {
  Arguments args(op, inputs, outputs, 2, 2, 1);
  const TensorView& gy = args.floating(0, "gy");
  const TensorView& y = args.floating(1, "y");
  args.expect_shape("y", y, gy.shape);
  const Axes axes = axes_of(args, attributes, gy.shape);
  TensorView& out = args.output(0, "gx", gy.shape);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& math = isa_kernels().math<T>();
    const auto& rows = isa_kernels().rows<T>();
    const auto row = [&](int64_t offset) {
      const T *g = gy.as<const T>() + offset, *from = y.as<const T>() + offset;
      T* to = out.as<T>() + offset;
      if (is_log) {
        const double sum = math.sum(g, axes.size);
        math.exp_minus(from, T{0}, to, axes.size);
        rows.log_softmax_gradient(g, static_cast<T>(sum), to, axes.size);
      } else {
        double sums[2] = {0, 0};
        rows.moments(g, from, nullptr, 0.0, sums, axes.size);
        rows.softmax_gradient(g, from, static_cast<T>(sums[1]), to, axes.size);
      }
    };
    const auto columns = [&](const Block& block) {
      const T *g = gy.as<const T>() + block.offset, *from = y.as<const T>() + block.offset;
      T* to = out.as<T>() + block.offset;
      double sums[kColumnBlock] = {};
      for (int64_t k = 0; k < block.size; ++k)
        for (int64_t j = 0; j < block.columns; ++j) {
          const int64_t at = k * block.stride + j;
          sums[j] += is_log ? static_cast<double>(g[at]) : static_cast<double>(g[at]) * static_cast<double>(from[at]);
        }
      for (int64_t k = 0; k < block.size; ++k) {
        const int64_t at = k * block.stride;
        if (is_log) {
          math.function(ScalarFunction::exp)(from + at, to + at, block.columns);
          for (int64_t j = 0; j < block.columns; ++j) to[at + j] = g[at + j] - to[at + j] * static_cast<T>(sums[j]);
        } else {
          for (int64_t j = 0; j < block.columns; ++j) to[at + j] = from[at + j] * (g[at + j] - static_cast<T>(sums[j]));
        }
      }
    };
    each_row_or_block(axes, context, row, columns);
  });
}

void softmax(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  forward("softmax", false, inputs, outputs, attributes, context);
}
void softmax_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  backward("softmax_gradient", false, inputs, outputs, attributes, context);
}
void log_softmax(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  forward("log_softmax", true, inputs, outputs, attributes, context);
}
void log_softmax_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  backward("log_softmax_gradient", true, inputs, outputs, attributes, context);
}

constexpr OpEntry kOps[] = {
    {"softmax", 1, 1, 1, softmax},
    {"softmax_gradient", 2, 2, 1, softmax_gradient},
    {"log_softmax", 1, 1, 1, log_softmax},
    {"log_softmax_gradient", 2, 2, 1, log_softmax_gradient},
};

}  // namespace

std::span<const OpEntry> softmax_ops() { return kOps; }

}  // namespace lazuli
