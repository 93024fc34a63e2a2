// The ops that move elements without computing: strided_copy and its adjoint, concatenate, cast, fill; pad
// stands in pad.cc.
#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "../ops/checks.h"
#include "convert.h"
#include "families.h"
#include "pad.h"
#include "strided.h"

namespace lazuli {
namespace {

constexpr int64_t kGrain = 32 << 10;

/// (x) → y of `shape`, from offset + Σ index·strides in x.
void strided_copy(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("strided_copy", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.any(0, "x");
  const Shape shape = attributes.integers("shape");
  const Walk walk = checked_walk(args, shape, attributes.integers("strides"), attributes.integer("offset"),
                                 args.elements("x", x.shape));
  TensorView& y = args.output(0, "output", shape, x.dtype);
  copy_strided(x.data, y.data, element_size(x.dtype), walk, context);
}

/// The axis with the largest stride, if no two of its indices reach the same element whatever the others are;
/// else -1.
int64_t disjoint_axis(const Walk& walk) {
  if (walk.sizes.empty()) return -1;
  const auto magnitude = [&](size_t axis) { return std::abs(walk.strides[axis]); };
  size_t largest = 0;
  for (size_t axis = 1; axis < walk.sizes.size(); ++axis)
    if (magnitude(axis) > magnitude(largest)) largest = axis;
  int64_t span = 1;
  for (size_t axis = 0; axis < walk.sizes.size(); ++axis)
    if (axis != largest) span += (walk.sizes[axis] - 1) * magnitude(axis);
  return magnitude(largest) >= span ? static_cast<int64_t>(largest) : -1;
}

/// y[walk] += x[dense] for the part of the walk where index[axis] lies in [begin, end); in index order.
template <typename T>
void scatter_part(const T* x, T* y, Walk walk, Shape dense, size_t axis, int64_t begin, int64_t end) {
  walk.offset += begin * walk.strides[axis];
  x += begin * dense[axis];
  walk.sizes[axis] = end - begin;
  Walk source{walk.sizes, std::move(dense), 0};
  const int64_t count = walk.sizes.back(), stride = walk.strides.back(), rows = walk.numel() / count;
  std::vector<int64_t> positions;
  constexpr int64_t batch = 256;
  for (int64_t first = 0; first < rows; first += batch) {
    const int64_t past = std::min(first + batch, rows);
    positions.clear();
    for_each_row(source, first, past, [&](int64_t, int64_t position) { positions.push_back(position); });
    for_each_row(walk, first, past, [&](int64_t row, int64_t position) {
      const T* from = x + positions[static_cast<size_t>(row - first)];
      for (int64_t i = 0; i < count; ++i) y[position + i * stride] += from[i];
    });
  }
}

/// (x) → y of `shape`, y[offset + Σ index·strides] += x[index], the rest 0. Sums in index order.
void strided_scatter(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("strided_scatter", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.floating(0, "x");
  const Shape shape = attributes.integers("shape");
  const int64_t limit = args.elements("output", shape);
  const Walk walk =
      checked_walk(args, x.shape, attributes.integers("strides"), attributes.integer("offset"), limit);
  TensorView& y = args.output(0, "output", shape);
  clear(y.data, limit * static_cast<int64_t>(element_size(y.dtype)), context);
  if (x.numel() == 0) return;
  Walk simple = walk.simplified();
  if (simple.sizes.empty()) simple = {{1}, {1}, walk.offset};
  const Shape dense = dense_strides(simple.sizes);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const int64_t axis = disjoint_axis(simple);
    if (axis < 0) return scatter_part(x.as<const T>(), y.as<T>(), simple, dense, 0, 0, simple.sizes[0]);
    const auto split = static_cast<size_t>(axis);
    const int64_t inner = x.numel() / simple.sizes[split];
    context.parallel_for(simple.sizes[split], std::max<int64_t>(1, kGrain / inner),
                         [&](int64_t begin, int64_t end) {
                           scatter_part(x.as<const T>(), y.as<T>(), simple, dense, split, begin, end);
                         });
  });
}

/// (x0, x1, ...) → y joined along `axis`.
void concatenate(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("concatenate", inputs, outputs, 1, 64, 1);
  const TensorView& first = args.any(0, "x0");
  args.expect_rank("x0", first, 1, 64);
  const auto axis = static_cast<size_t>(args.integer(attributes, "axis", 0, first.rank() - 1));
  Shape shape = first.shape;
  shape[axis] = 0;
  for (int i = 0; i < static_cast<int>(inputs.size()); ++i) {
    const std::string what = std::string("x").append(std::to_string(i));
    const TensorView& x = i == 0 ? first : args.typed(i, what.c_str(), first.dtype);
    Shape expected = first.shape;
    if (x.shape.size() == expected.size()) expected[axis] = x.shape[axis];
    args.expect_shape(what.c_str(), x, expected);
    shape[axis] = checked_sum(shape[axis], x.shape[axis], "axis");
  }
  TensorView& y = args.output(0, "output", shape, first.dtype);
  if (args.elements("output", shape) == 0) return;
  const auto size = static_cast<int64_t>(element_size(first.dtype));
  int64_t outer = 1, inner = size;
  for (size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  std::vector<int64_t> starts{0};
  for (const TensorView& x : inputs) starts.push_back(starts.back() + x.shape[axis] * inner);
  const int64_t row = starts.back();
  // Bytes of the output, whatever tensor they come from: pieces are even.
  context.parallel_for(outer * row, kGrain * 4, [&](int64_t begin, int64_t end) {
    for (int64_t position = begin; position < end;) {
      const int64_t r = position / row, within = position % row;
      const auto after = std::upper_bound(starts.begin(), starts.end(), within);
      const auto source = static_cast<size_t>(after - starts.begin()) - 1;
      const int64_t length = std::min(end - position, *after - within);
      const int64_t from = r * (*after - starts[source]) + within - starts[source];
      std::memcpy(y.as<std::byte>() + position, inputs[source].as<const std::byte>() + from,
                  static_cast<size_t>(length));
      position += length;
    }
  });
}

/// (x) → y of `dtype`.
void cast(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("cast", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.any(0, "x");
  TensorView& y = args.output(0, "output", x.shape, parse_dtype(attributes.text("dtype")));
  const auto from_size = element_size(x.dtype), to_size = element_size(y.dtype);
  context.parallel_for(args.elements("x", x.shape), kGrain, [&](int64_t begin, int64_t end) {
    const auto from = static_cast<size_t>(begin) * from_size, to = static_cast<size_t>(begin) * to_size;
    convert_elements(x.as<const std::byte>() + from, x.dtype, y.as<std::byte>() + to, y.dtype, end - begin);
  });
}

/// () → y of `shape` and `dtype`, every element `value`.
void fill(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("fill", inputs, outputs, 0, 0, 1);
  const Shape shape = attributes.integers("shape");
  const double value = attributes.number("value");
  TensorView& y = args.output(0, "output", shape, parse_dtype(attributes.text("dtype")));
  context.parallel_for(args.elements("output", shape), kGrain, [&](int64_t begin, int64_t end) {
    fill_elements(y.as<std::byte>() + static_cast<size_t>(begin) * element_size(y.dtype), y.dtype, value,
                  end - begin);
  });
}

constexpr std::array<OpEntry, 7> kOps = {{
    {"strided_copy", 1, 1, 1, strided_copy},
    {"strided_scatter", 1, 1, 1, strided_scatter},
    {"concatenate", 1, 64, 1, concatenate},
    {"cast", 1, 1, 1, cast},
    {"fill", 0, 0, 1, fill},
    {"pad", 1, 1, 1, pad},
    {"pad_gradient", 1, 1, 1, pad_gradient},
}};

}  // namespace

std::span<const OpEntry> data_movement_ops() { return kOps; }

}  // namespace lazuli
