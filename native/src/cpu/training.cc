// The ops a training step needs for itself: advance (counters), take_rows (the next batch) and record (the
// loss log).
#include <algorithm>
#include <array>
#include <cstring>

#include "arguments.h"
#include "convert.h"
#include "families.h"

namespace lazuli {
namespace {

/// (counter int64 [k]) → (): adds amounts[i] to element i, wrapping.
void advance(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context&) {
  Arguments args("advance", inputs, outputs, 1, 1, 0);
  const TensorView& counter = args.typed(0, "counter", DType::int64);
  const Shape amounts = attributes.integers("amounts");
  const int64_t count = args.elements("counter", counter.shape);
  if (count != static_cast<int64_t>(amounts.size()))
    args.refuse("amounts", std::to_string(count) + " numbers", std::to_string(amounts.size()));
  auto* values = counter.as<int64_t>();
  for (size_t i = 0; i < amounts.size(); ++i)
    values[i] = static_cast<int64_t>(static_cast<uint64_t>(values[i]) + static_cast<uint64_t>(amounts[i]));
}

/// (data [rows, ..], index int64 [m], cursor int64 scalar) → [batch, ..] of `dtype`.
void take_rows(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("take_rows", inputs, outputs, 3, 3, 1);
  const TensorView& data = args.any(0, "data");
  const TensorView& index = args.typed(1, "index", DType::int64);
  const TensorView& cursor = args.typed(2, "cursor", DType::int64);
  args.expect_rank("data", data, 1, 64);
  args.expect_rank("index", index, 1, 1);
  args.expect_shape("cursor", cursor, {});
  args.elements("data", data.shape);
  const int64_t batch = args.integer(attributes, "batch", 0, int64_t{1} << 40);
  Shape shape = data.shape;
  shape[0] = batch;
  TensorView& y = args.output(0, "output", shape, parse_dtype(attributes.text("dtype")));
  const int64_t first = *cursor.as<const int64_t>(), rows = data.shape[0];
  if (first < 0 || first > index.shape[0] - batch)
    args.refuse("cursor",
                "0 to " + std::to_string(index.shape[0] - batch) + ", so that " + std::to_string(batch) +
                    " rows are left of " + std::to_string(index.shape[0]),
                std::to_string(first));
  const int64_t* chosen = index.as<const int64_t>() + first;
  for (int64_t i = 0; i < batch; ++i)
    if (chosen[i] < 0 || chosen[i] >= rows)
      args.refuse("index[" + std::to_string(first + i) + "]", "a row from 0 to " + std::to_string(rows - 1),
                  std::to_string(chosen[i]));
  const int64_t total = args.elements("output", shape);
  if (total == 0) return;
  const int64_t length = total / batch;
  const auto from_size = static_cast<int64_t>(element_size(data.dtype)),
             to_size = static_cast<int64_t>(element_size(y.dtype));
  context.parallel_for(batch, std::max<int64_t>(1, (32 << 10) / length), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      convert_elements(data.as<const std::byte>() + chosen[i] * length * from_size, data.dtype,
                       y.as<std::byte>() + i * length * to_size, y.dtype, length);
  });
}

/// (value [k] or a scalar, log float64 [m, w] or [m], position int64 scalar) → (): log[position, :k] = value.
void record(Inputs inputs, Outputs outputs, const Attributes&, const Context&) {
  Arguments args("record", inputs, outputs, 3, 3, 0);
  const TensorView& value = args.any(0, "value");
  const TensorView& log = args.typed(1, "log", DType::float64);
  const TensorView& position = args.typed(2, "position", DType::int64);
  args.expect_rank("log", log, 1, 2);
  const bool has_rows = log.shape.size() == 2;
  args.expect_rank("value", value, has_rows ? 1 : 0, has_rows ? 1 : 0);
  args.expect_shape("position", position, {});
  args.elements("log", log.shape);
  const int64_t count = args.elements("value", value.shape), width = has_rows ? log.shape[1] : 1;
  if (count > width) args.refuse("value", "at most " + std::to_string(width) + " values", std::to_string(count));
  const int64_t at = *position.as<const int64_t>();
  if (at < 0 || at >= log.shape[0])
    args.refuse("position", "a place in the log of " + std::to_string(log.shape[0]), std::to_string(at));
  convert_elements(value.data, value.dtype, log.as<double>() + at * width, DType::float64, count);
}

constexpr std::array<OpEntry, 3> kOps = {{
    {"advance", 1, 1, 0, advance},
    {"take_rows", 3, 3, 1, take_rows},
    {"record", 3, 3, 0, record},
}};

}  // namespace

std::span<const OpEntry> training_ops() { return kOps; }

}  // namespace lazuli
