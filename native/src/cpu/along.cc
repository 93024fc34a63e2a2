// The ops scan and argsort: what goes along one axis in order. Lines lie `inner` elements apart; a scan takes neighbouring
// lines side by side and adds or multiplies in double, as PyTorch does on the CPU.
#include <algorithm>
#include <array>
#include <numeric>

#include "arguments.h"
#include "families.h"

namespace lazuli {
namespace {

constexpr int64_t kGrain = 16 << 10;
constexpr int64_t kSide = 64;  // lines that a scan takes at once

struct Axis {
  int64_t outer = 1, count = 1, inner = 1;
};

Axis axis_of(const Arguments& args, const Attributes& attributes, const TensorView& x) {
  args.expect_rank("x", x, 1, 64);
  const auto axis = static_cast<size_t>(args.integer(attributes, "axis", 0, x.rank() - 1));
  Axis result;
  for (size_t at = 0; at < x.shape.size(); ++at)
    (at < axis ? result.outer : at == axis ? result.count : result.inner) *= x.shape[at];
  return result;
}

/// Lines [first, first + side) of a block of `count` rows of `inner`, each combined from `start` on.
template <typename T, typename Combine>
void scan_lines(const T* x, T* y, const Axis& axis, int64_t side, bool reverse, double start, Combine combine) {
  std::array<double, kSide> made;
  made.fill(start);
  for (int64_t i = 0; i < axis.count; ++i) {
    const int64_t row = (reverse ? axis.count - 1 - i : i) * axis.inner;
    for (int64_t line = 0; line < side; ++line) {
      auto& own = made[static_cast<size_t>(line)];
      own = combine(own, static_cast<double>(x[row + line]));
      y[row + line] = static_cast<T>(own);
    }
  }
}

/// (x) → y of x's shape: sums or products of the elements up to each place along `axis`.
void scan(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("scan", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.floating(0, "x");
  const Axis axis = axis_of(args, attributes, x);
  const std::string& kind = attributes.text("kind");
  if (kind != "sum" && kind != "prod") args.refuse("kind", "sum or prod", kind);
  const bool reverse = attributes.boolean("reverse");
  TensorView& y = args.output(0, "output", x.shape);
  if (args.elements("x", x.shape) == 0) return;
  const int64_t sides = (axis.inner + kSide - 1) / kSide;
  const int64_t grain = std::max<int64_t>(1, kGrain / (axis.count * std::min(kSide, axis.inner)));
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    context.parallel_for(axis.outer * sides, grain, [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; ++at) {
        const int64_t first = at % sides * kSide;
        const int64_t from = at / sides * axis.count * axis.inner + first;
        const int64_t side = std::min(kSide, axis.inner - first);
        const T* source = x.as<const T>() + from;
        T* target = y.as<T>() + from;
        if (kind == "sum")
          scan_lines(source, target, axis, side, reverse, 0, [](double a, double b) { return a + b; });
        else
          scan_lines(source, target, axis, side, reverse, 1, [](double a, double b) { return a * b; });
      }
    });
  });
}

/// (x) → int64 positions along `axis`, in the order of their elements; equal ones as they stand, a NaN above everything.
void argsort(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("argsort", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.floating(0, "x");
  const Axis axis = axis_of(args, attributes, x);
  const bool descending = attributes.boolean("descending");
  TensorView& y = args.output(0, "output", x.shape, DType::int64);
  if (args.elements("x", x.shape) == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const int64_t grain = std::max<int64_t>(1, kGrain / axis.count / 8);
    context.parallel_for(axis.outer * axis.inner, grain, [&](int64_t begin, int64_t end) {
      T* values = context.scratch_of<T>(axis.count);
      auto* places = context.scratch_of<int64_t>(axis.count);
      for (int64_t line = begin; line < end; ++line) {
        const int64_t from = line / axis.inner * axis.count * axis.inner + line % axis.inner;
        for (int64_t i = 0; i < axis.count; ++i) values[i] = x.as<const T>()[from + i * axis.inner];
        std::iota(places, places + axis.count, int64_t{0});
        // Places decide between equal elements, so nothing has to be kept in order.
        std::sort(places, places + axis.count, [&](int64_t a, int64_t b) {
          const T left = descending ? values[b] : values[a], right = descending ? values[a] : values[b];
          const bool is_left_nan = left != left, is_right_nan = right != right;
          if (is_left_nan || is_right_nan) return is_left_nan == is_right_nan ? a < b : is_right_nan;
          return left == right ? a < b : left < right;
        });
        for (int64_t i = 0; i < axis.count; ++i) y.as<int64_t>()[from + i * axis.inner] = places[i];
      }
    });
  });
}

constexpr std::array<OpEntry, 2> kOps = {{{"scan", 1, 1, 1, scan}, {"argsort", 1, 1, 1, argsort}}};

}  // namespace

std::span<const OpEntry> along_ops() { return kOps; }

}  // namespace lazuli
