// The ops gather and gather_gradient: rows of a table by index, and their gradient summed in index order.
#include <algorithm>
#include <array>
#include <cstring>

#include "../ops/checks.h"
#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"
#include "strided.h"

namespace lazuli {
namespace {

constexpr int64_t kGrain = 32 << 10;

/// Refuses the first index outside [0, rows).
void check_indices(const Arguments& args, const TensorView& index, int64_t rows) {
  const auto* values = index.as<const int64_t>();
  const int64_t count = index.numel();
  for (int64_t i = 0; i < count; ++i)
    if (values[i] < 0 || values[i] >= rows)
      args.refuse("index[" + std::to_string(i) + "]", "a row from 0 to " + std::to_string(rows - 1),
                  std::to_string(values[i]));
}

int64_t row_length(const Shape& shape) {
  int64_t length = 1;
  for (size_t axis = 1; axis < shape.size(); ++axis) length *= shape[axis];
  return length;
}

/// (table [rows, ..], index int64 [any]) → [any.., ..].
void gather(Inputs inputs, Outputs outputs, const Attributes&, const Context& context) {
  Arguments args("gather", inputs, outputs, 2, 2, 1);
  const TensorView& table = args.any(0, "table");
  const TensorView& index = args.typed(1, "index", DType::int64);
  args.expect_rank("table", table, 1, 64);
  args.elements("table", table.shape);
  args.elements("index", index.shape);
  Shape shape = index.shape;
  shape.insert(shape.end(), table.shape.begin() + 1, table.shape.end());
  TensorView& y = args.output(0, "output", shape, table.dtype);
  args.elements("output", shape);
  check_indices(args, index, table.shape[0]);
  const int64_t bytes = row_length(table.shape) * static_cast<int64_t>(element_size(table.dtype));
  if (bytes == 0) return;
  const auto* values = index.as<const int64_t>();
  context.parallel_for(
      index.numel(), std::max<int64_t>(1, kGrain * 4 / bytes), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          std::memcpy(y.as<std::byte>() + i * bytes, table.as<const std::byte>() + values[i] * bytes,
                      static_cast<size_t>(bytes));
      });
}

/// (gy, index) → gtable of `shape`. Indices are sorted by row, stably: each row is one thread's and sums in
/// index order.
void gather_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("gather_gradient", inputs, outputs, 2, 2, 1);
  const TensorView& gy = args.floating(0, "gy");
  const TensorView& index = args.typed(1, "index", DType::int64);
  const Shape shape = attributes.integers("shape");
  if (shape.empty()) args.refuse("shape", "at least one axis", "[]");
  const int64_t padding = attributes.is_null("padding_idx") ? -1 : attributes.integer("padding_idx");
  Shape expected = index.shape;
  expected.insert(expected.end(), shape.begin() + 1, shape.end());
  args.elements("gy", expected);
  args.expect_shape("gy", gy, expected);
  TensorView& table = args.output(0, "output", shape);
  const int64_t total = args.elements("output", shape), rows = shape[0],
                count = args.elements("index", index.shape);
  check_indices(args, index, rows);
  clear(table.data, total * static_cast<int64_t>(element_size(table.dtype)), context);
  if (total == 0 || count == 0) return;
  const auto* values = index.as<const int64_t>();
  auto* starts = context.scratch_of<int64_t>(rows + 1);
  auto* order = context.scratch_of<int64_t>(count);
  std::fill_n(starts, rows + 1, 0);
  for (int64_t i = 0; i < count; ++i) ++starts[values[i]];
  for (int64_t row = 0, sum = 0; row <= rows; ++row) sum += std::exchange(starts[row], sum);
  for (int64_t i = 0; i < count; ++i) order[starts[values[i]]++] = i;  // starts[r] is now where row r ends
  const int64_t length = row_length(shape);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto add = isa_kernels().math<T>().binary[static_cast<int>(ScalarFunction::add) - kFirstBinary];
    const int64_t average = std::max<int64_t>(1, count / rows) * length;
    context.parallel_for(rows, std::max<int64_t>(1, kGrain / average), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        if (row == padding) continue;
        T* sum = table.as<T>() + row * length;
        for (int64_t i = row == 0 ? 0 : starts[row - 1]; i < starts[row]; ++i)
          add(sum, gy.as<const T>() + order[i] * length, sum, length);
      }
    });
  });
}

constexpr std::array<OpEntry, 2> kOps = {
    {{"gather", 2, 2, 1, gather}, {"gather_gradient", 2, 2, 1, gather_gradient}}};

}  // namespace

std::span<const OpEntry> indexing_ops() { return kOps; }

}  // namespace lazuli
