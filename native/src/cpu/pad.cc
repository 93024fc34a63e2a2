// Padding by a table per axis: for each output index the input index it shows, or -1 for the constant. The
// gradient adds back along the same tables.
#include "pad.h"

#include <algorithm>
#include <array>

#include "../ops/checks.h"
#include "arguments.h"
#include "strided.h"

namespace lazuli {
namespace {

/// The tables of the padded axes, which are the last ones; the axes before them are only counted.
struct Padding {
  int64_t outer = 1;
  Shape in;   // sizes of the padded axes
  Shape out;  // the same after padding
  std::vector<std::vector<int64_t>> source;
  Shape shape;  // of the whole output
};

/// The input index that output index `i` shows. torch.nn.functional.pad.
int64_t source_of(const std::string& mode, int64_t i, int64_t size) {
  if (i >= 0 && i < size) return i;
  if (mode == "reflect") return i < 0 ? -i : 2 * (size - 1) - i;
  if (mode == "replicate") return i < 0 ? 0 : size - 1;
  if (mode == "circular") return i < 0 ? i + size : i - size;
  return -1;
}

Padding padding_of(const Arguments& args, const Attributes& attributes, const Shape& shape) {
  const std::string& mode = attributes.text("mode");
  constexpr std::array<const char*, 4> modes = {"constant", "reflect", "replicate", "circular"};
  if (std::find(modes.begin(), modes.end(), mode) == modes.end())
    args.refuse("mode", "constant, reflect, replicate or circular", "'" + mode + "'");
  const Shape pairs = attributes.integers("padding");
  const size_t axes = pairs.size() / 2;
  if (pairs.size() % 2 != 0 || axes > shape.size())
    args.refuse("padding", "a pair for at most each of the " + std::to_string(shape.size()) + " axes",
                shape_text(pairs));
  Padding padding;
  padding.shape = shape;
  const size_t first = shape.size() - axes;
  for (size_t axis = 0; axis < first; ++axis) padding.outer *= shape[axis];
  for (size_t axis = first; axis < shape.size(); ++axis) {
    const int64_t size = shape[axis], before = pairs[2 * (axis - first)],
                  after = pairs[2 * (axis - first) + 1];
    const int64_t limit = mode == "constant" || (mode == "replicate" && size > 0) ? int64_t{1} << 40
                          : mode == "reflect"  ? std::max<int64_t>(size - 1, 0)
                          : mode == "circular" ? size
                                               : 0;
    const int64_t padded = checked_sum(checked_sum(size, before, "padding"), after, "padding");
    if (before > limit || after > limit || before < 0 || after < 0)
      args.refuse("padding",
                  "values from 0 to " + std::to_string(limit) + " on axis " + std::to_string(axis) +
                      " of size " + std::to_string(size) + " for mode " + mode,
                  shape_text(pairs));
    padding.shape[axis] = padded;
    padding.in.push_back(size);
    padding.out.push_back(padded);
  }
  return padding;
}

/// Made after the output's shape was found right, so that no table is longer than a tensor that exists.
void fill_tables(Padding& padding, const Attributes& attributes) {
  const std::string& mode = attributes.text("mode");
  const Shape pairs = attributes.integers("padding");
  for (size_t axis = 0; axis < padding.in.size(); ++axis) {
    auto& table = padding.source.emplace_back();
    for (int64_t i = 0; i < padding.out[axis]; ++i)
      table.push_back(source_of(mode, i - pairs[2 * axis], padding.in[axis]));
  }
}

/// Calls body(output row, input row or -1) for the rows of one outer index; a row is the last axis.
template <typename Body> void for_each_padded_row(const Padding& padding, Body&& body) {
  const size_t axes = padding.in.size() - 1;
  Shape index(axes);
  int64_t rows = 1;
  for (size_t axis = 0; axis < axes; ++axis) rows *= padding.out[axis];
  for (int64_t row = 0; row < rows; ++row) {
    int64_t from = 0;
    for (size_t axis = 0; axis < axes && from >= 0; ++axis) {
      const int64_t source = padding.source[axis][static_cast<size_t>(index[axis])];
      from = source < 0 ? -1 : from * padding.in[axis] + source;
    }
    body(row, from);
    for (size_t axis = axes; axis-- > 0;) {
      if (++index[axis] < padding.out[axis]) break;
      index[axis] = 0;
    }
  }
}

int64_t product_of(const Shape& sizes) {
  int64_t product = 1;
  for (const int64_t size : sizes) product *= size;
  return product;
}

}  // namespace

void pad(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("pad", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.floating(0, "x");
  args.elements("x", x.shape);
  Padding padding = padding_of(args, attributes, x.shape);
  const double value = attributes.number("value");
  TensorView& y = args.output(0, "output", padding.shape);
  if (args.elements("output", padding.shape) == 0) return;
  if (padding.in.empty())
    return copy_strided(x.data, y.data, element_size(x.dtype), {{x.numel()}, {1}, 0}, context);
  fill_tables(padding, attributes);
  const int64_t in_plane = product_of(padding.in), out_plane = product_of(padding.out);
  const std::vector<int64_t>& columns = padding.source.back();
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto constant = static_cast<T>(value);
    context.parallel_for(
        padding.outer, std::max<int64_t>(1, 16384 / out_plane), [&](int64_t begin, int64_t end) {
          for (int64_t plane = begin; plane < end; ++plane) {
            for_each_padded_row(padding, [&](int64_t row, int64_t source) {
              T* to = y.as<T>() + plane * out_plane + row * padding.out.back();
              const T* from = x.as<const T>() + plane * in_plane + source * padding.in.back();
              for (size_t i = 0; i < columns.size(); ++i)
                to[i] = source < 0 || columns[i] < 0 ? constant : from[columns[i]];
            });
          }
        });
  });
}

void pad_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("pad_gradient", inputs, outputs, 1, 1, 1);
  const TensorView& gy = args.floating(0, "gy");
  const Shape shape = attributes.integers("shape");
  args.elements("shape", shape);
  Padding padding = padding_of(args, attributes, shape);
  args.expect_shape("gy", gy, padding.shape);
  TensorView& gx = args.output(0, "output", shape);
  if (padding.in.empty())
    return copy_strided(gy.data, gx.data, element_size(gy.dtype), {{gy.numel()}, {1}, 0}, context);
  clear(gx.data, gx.numel() * static_cast<int64_t>(element_size(gx.dtype)), context);
  if (gx.numel() == 0 || gy.numel() == 0) return;
  fill_tables(padding, attributes);
  const int64_t in_plane = product_of(padding.in), out_plane = product_of(padding.out);
  const std::vector<int64_t>& columns = padding.source.back();
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    context.parallel_for(
        padding.outer, std::max<int64_t>(1, 16384 / out_plane), [&](int64_t begin, int64_t end) {
          for (int64_t plane = begin; plane < end; ++plane) {
            for_each_padded_row(padding, [&](int64_t row, int64_t source) {
              if (source < 0) return;
              const T* from = gy.as<const T>() + plane * out_plane + row * padding.out.back();
              T* to = gx.as<T>() + plane * in_plane + source * padding.in.back();
              for (size_t i = 0; i < columns.size(); ++i)
                if (columns[i] >= 0) to[columns[i]] += from[i];
            });
          }
        });
  });
}

}  // namespace lazuli
