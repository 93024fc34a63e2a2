// The ops integer_elementwise and integer_along: arithmetic of int64, which wraps around as PyTorch's does. Narrower types are
// widened before and cut after, which gives the same. Division by zero is refused.
#include <algorithm>
#include <array>
#include <string_view>

#include "arguments.h"
#include "broadcast.h"
#include "families.h"

namespace lazuli {
namespace {

constexpr int64_t kGrain = 16 << 10;

int64_t wrapped(uint64_t value) { return static_cast<int64_t>(value); }
uint64_t bits(int64_t value) { return static_cast<uint64_t>(value); }

int64_t add(int64_t a, int64_t b) { return wrapped(bits(a) + bits(b)); }
int64_t sub(int64_t a, int64_t b) { return wrapped(bits(a) - bits(b)); }
int64_t mul(int64_t a, int64_t b) { return wrapped(bits(a) * bits(b)); }
int64_t floor_divide(int64_t a, int64_t b) {
  if (b == -1) return sub(0, a);  // the least number divided by -1 traps
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}
int64_t remainder(int64_t a, int64_t b) {
  if (b == -1) return 0;
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
int64_t power(int64_t a, int64_t b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 == 0 ? 1 : -1) : 0;
  int64_t result = 1;
  for (; b > 0; b >>= 1, a = mul(a, a))
    if (b & 1) result = mul(result, a);
  return result;
}

using Binary = int64_t (*)(int64_t, int64_t);
struct BinaryEntry {
  std::string_view name;
  Binary function;
};

constexpr std::array<BinaryEntry, 16> kBinary = {{
    {"add", add},
    {"sub", sub},
    {"mul", mul},
    {"floor_divide", floor_divide},
    {"remainder", remainder},
    {"pow", power},
    {"maximum", [](int64_t a, int64_t b) { return std::max(a, b); }},
    {"minimum", [](int64_t a, int64_t b) { return std::min(a, b); }},
    {"bitwise_and", [](int64_t a, int64_t b) { return a & b; }},
    {"bitwise_or", [](int64_t a, int64_t b) { return a | b; }},
    {"bitwise_xor", [](int64_t a, int64_t b) { return a ^ b; }},
    {"eq", [](int64_t a, int64_t b) { return int64_t{a == b}; }},
    {"ne", [](int64_t a, int64_t b) { return int64_t{a != b}; }},
    {"lt", [](int64_t a, int64_t b) { return int64_t{a < b}; }},
    {"le", [](int64_t a, int64_t b) { return int64_t{a <= b}; }},
    {"where", nullptr},
}};

/// The common shape of all inputs under broadcasting.
Shape common_shape(const Arguments& args, Inputs inputs) {
  Shape shape;
  for (const TensorView& input : inputs) {
    const size_t missing = input.shape.size() > shape.size() ? input.shape.size() - shape.size() : 0;
    shape.insert(shape.begin(), missing, 1);
    const size_t before = shape.size() - input.shape.size();
    for (size_t axis = 0; axis < input.shape.size(); ++axis) {
      int64_t& size = shape[before + axis];
      const int64_t own = input.shape[axis];
      if (size == 1)
        size = own;
      else if (own != 1 && own != size)
        args.refuse("shapes", "sizes that broadcast with " + shape_text(shape), shape_text(input.shape));
    }
  }
  return shape;
}

void refuse_zeros(const Arguments& args, std::string_view function, const TensorView& divisor) {
  if (function != "floor_divide" && function != "remainder") return;
  const auto* values = divisor.as<const int64_t>();
  if (std::find(values, values + divisor.numel(), 0) != values + divisor.numel())
    args.refuse("ZeroDivisionError: the divisor", "no zeros", "0");
}

/// (x0, x1, x2?) → y of the broadcast shape, all int64.
void integer_elementwise(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("integer_elementwise", inputs, outputs, 2, 3, 1);
  const std::string_view name = attributes.text("function");
  const auto entry = std::find_if(kBinary.begin(), kBinary.end(), [&](const auto& each) { return each.name == name; });
  if (entry == kBinary.end()) args.refuse("function", "one of the integers' own", std::string(name));
  const size_t count = entry->function ? 2 : 3;
  if (inputs.size() != count)
    args.refuse("inputs of " + std::string(name), std::to_string(count), std::to_string(inputs.size()));
  for (size_t at = 0; at < count; ++at) {
    const TensorView& input = args.typed(static_cast<int>(at), "input", DType::int64);
    args.elements("input", input.shape);
  }
  const Shape shape = common_shape(args, inputs);
  TensorView& y = args.output(0, "output", shape, DType::int64);
  const int64_t total = args.elements("output", shape);
  if (total == 0) return;
  refuse_zeros(args, name, inputs[1]);
  std::vector<Broadcast> ways;
  for (const TensorView& input : inputs) ways.emplace_back(input.shape, shape);
  context.parallel_for(total, kGrain, [&](int64_t begin, int64_t end) {
    std::vector<BlockReader<int64_t>> readers;
    readers.reserve(count);
    for (size_t at = 0; at < count; ++at)
      readers.emplace_back(ways[at], inputs[at].as<const int64_t>(),
                           context.scratch_of<int64_t>(ways[at].table_size()));
    for (int64_t from = begin; from < end; from += kBlock) {
      const int64_t length = std::min(kBlock, end - from);
      int64_t* to = y.as<int64_t>() + from;
      const int64_t* a = readers[0].read(from, length);
      const int64_t* b = readers[1].read(from, length);
      if (entry->function) {
        for (int64_t i = 0; i < length; ++i) to[i] = entry->function(a[i], b[i]);
      } else {
        const int64_t* c = readers[2].read(from, length);
        for (int64_t i = 0; i < length; ++i) to[i] = a[i] != 0 ? b[i] : c[i];
      }
    }
  });
}

/// One line along the axis: `count` elements `step` apart.
struct Line {
  const int64_t* from;
  int64_t count;
  int64_t step;
};

template <bool is_max> int64_t best_of(const Line& line) {
  int64_t best = 0;
  for (int64_t i = 1; i < line.count; ++i) {
    const int64_t value = line.from[i * line.step], now = line.from[best * line.step];
    if (is_max ? value > now : value < now) best = i;
  }
  return best;
}

template <Binary combine> int64_t folded(const Line& line, int64_t start) {
  for (int64_t i = 0; i < line.count; ++i) start = combine(start, line.from[i * line.step]);
  return start;
}

int64_t reduced(std::string_view kind, const Line& line) {
  if (kind == "sum") return folded<add>(line, 0);
  if (kind == "prod") return folded<mul>(line, 1);
  const int64_t best = kind == "max" || kind == "argmax" ? best_of<true>(line) : best_of<false>(line);
  return kind == "max" || kind == "min" ? line.from[best * line.step] : best;
}

/// (x) → y of x's shape with size 1 along `axis`, or of x's shape for cumsum and cumprod; all int64.
void integer_along(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("integer_along", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.typed(0, "input", DType::int64);
  args.expect_rank("input", x, 1, 64);
  const std::string_view kind = attributes.text("kind");
  constexpr std::array<std::string_view, 8> kKinds = {"sum",    "prod",   "max",    "min",
                                                      "argmax", "argmin", "cumsum", "cumprod"};
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end())
    args.refuse("kind", "sum, prod, max, min, argmax, argmin, cumsum or cumprod", std::string(kind));
  const auto axis = static_cast<size_t>(args.integer(attributes, "axis", 0, x.rank() - 1));
  const int64_t count = x.shape[axis];
  const bool is_scan = kind.starts_with("cum"), is_product = kind == "cumprod";
  if (count == 0 && kind != "sum" && kind != "prod" && !is_scan) args.refuse("size of the axis", "at least 1", "0");
  Shape shape = x.shape;
  if (!is_scan) shape[axis] = 1;
  TensorView& y = args.output(0, "output", shape, DType::int64);
  args.elements("input", x.shape);
  args.elements("output", shape);
  int64_t inner = 1, outer = 1;
  for (size_t at = 0; at < x.shape.size(); ++at) (at < axis ? outer : inner) *= at == axis ? 1 : x.shape[at];
  const auto* values = x.as<const int64_t>();
  auto* results = y.as<int64_t>();
  const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(count, 1));
  context.parallel_for(outer * inner, grain, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t start = line / inner * count * inner + line % inner;
      const Line along{values + start, count, inner};
      if (!is_scan) {
        results[line] = reduced(kind, along);
        continue;
      }
      int64_t made = is_product ? 1 : 0;
      for (int64_t i = 0; i < count; ++i) {
        const int64_t value = along.from[i * inner];
        results[start + i * inner] = made = is_product ? mul(made, value) : add(made, value);
      }
    }
  });
}

constexpr std::array<OpEntry, 2> kOps = {
    {{"integer_elementwise", 2, 3, 1, integer_elementwise}, {"integer_along", 1, 1, 1, integer_along}}};

}  // namespace

std::span<const OpEntry> integers_ops() { return kOps; }

}  // namespace lazuli
