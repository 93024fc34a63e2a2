// nll and its gradient, also together with log_softmax's: the negative log-likelihood of integer targets, weighted per class.
#include <algorithm>
#include <atomic>

#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"

namespace lazuli {
namespace {

constexpr int64_t kChunk = 4096;  // targets summed apart, then in order

enum class Reduction { none, mean, sum };

Reduction reduction_of(const Arguments& args, const Attributes& attributes) {
  const std::string& text = attributes.text("reduction");
  if (text == "none") return Reduction::none;
  if (text == "mean") return Reduction::mean;
  if (text == "sum") return Reduction::sum;
  args.refuse("reduction", "none, mean or sum", text);
}

/// logp [n, c, ..] and its targets [n, ..].
struct Classes {
  int64_t batch, count, inner, ignored;
  const int64_t* target;
  Shape target_shape;

  int64_t targets() const { return batch * inner; }
  /// Where logp holds target `index`.
  int64_t at(int64_t index) const { return (index / inner * count + target[index]) * inner + index % inner; }
};

Classes classes_of(Arguments& args, const Attributes& attributes, const Shape& logp) {
  if (logp.size() < 2) args.refuse("rank of logp", "at least 2", shape_text(logp));
  const TensorView& target = args.typed(1, "target", DType::int64);
  Classes classes{logp[0], logp[1], 1, attributes.integer("ignore_index"), target.as<const int64_t>(), {logp[0]}};
  classes.target_shape.insert(classes.target_shape.end(), logp.begin() + 2, logp.end());
  args.expect_shape("target", target, classes.target_shape);
  classes.inner = args.elements("logp", Shape(logp.begin() + 2, logp.end()));
  for (int64_t i = 0; i < classes.targets(); ++i) {
    const int64_t value = classes.target[i];
    if (value != classes.ignored && (value < 0 || value >= classes.count))
      args.refuse("target " + std::to_string(i),
                  "0 to " + std::to_string(classes.count - 1) + " or ignore_index " + std::to_string(classes.ignored),
                  std::to_string(value));
  }
  return classes;
}

/// nll (logp, target, weight?) → (loss, total_weight). The mean of no targets is NaN, as in torch.
void nll(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("nll", inputs, outputs, 2, 3, 2);
  const TensorView& logp = args.floating(0, "logp");
  const Reduction reduction = reduction_of(args, attributes);
  const Classes classes = classes_of(args, attributes, logp.shape);
  const TensorView* weight = args.optional(2, "weight", {classes.count});
  TensorView& loss = args.output(0, "loss", reduction == Reduction::none ? classes.target_shape : Shape{});
  TensorView& total_weight = args.output(1, "total_weight", {});
  const int64_t chunks = (classes.targets() + kChunk - 1) / kChunk;
  auto* sums = context.scratch_of<double>(2 * chunks);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* weights = weight ? weight->as<const T>() : nullptr;
    context.parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        double sum = 0, total = 0;
        for (int64_t i = chunk * kChunk; i < std::min(classes.targets(), (chunk + 1) * kChunk); ++i) {
          T value = 0;
          if (classes.target[i] != classes.ignored) {
            const T w = weights ? weights[classes.target[i]] : T{1};
            value = -logp.as<const T>()[classes.at(i)] * w;
            sum += static_cast<double>(value);
            total += static_cast<double>(w);
          }
          if (reduction == Reduction::none) loss.as<T>()[i] = value;
        }
        sums[2 * chunk] = sum;
        sums[2 * chunk + 1] = total;
      }
    });
    double sum = 0, total = 0;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) sum += sums[2 * chunk], total += sums[2 * chunk + 1];
    *total_weight.as<T>() = static_cast<T>(total);
    if (reduction != Reduction::none) *loss.as<T>() = static_cast<T>(reduction == Reduction::mean ? sum / total : sum);
  });
}

/// The operands of nll's gradient besides the targets, checked.
struct NllGradient {
  const Classes& classes;
  Reduction reduction;
  const TensorView& gy;
  const TensorView* weight;
  const TensorView& total_weight;

  NllGradient(Arguments& args, const Attributes& attributes, const Classes& targets)
      : classes(targets), reduction(reduction_of(args, attributes)), gy(args.floating(0, "gy")),
        weight(args.optional(2, "weight", {targets.count})), total_weight(args.floating(3, "total_weight")) {
    args.expect_shape("gy", gy, reduction == Reduction::none ? classes.target_shape : Shape{});
    args.expect_shape("total_weight", total_weight, {});
  }

  /// The gradient of the log-probability that target `index` names; 0 where it is ignored.
  template <typename T> T at(int64_t index) const {
    const int64_t target = classes.target[index];
    if (target == classes.ignored) return 0;
    const T g = reduction == Reduction::none ? gy.as<const T>()[index] : *gy.as<const T>();
    const T w = weight ? weight->as<const T>()[target] : T{1};
    return reduction == Reduction::mean ? -w * g / *total_weight.as<const T>() : -w * g;
  }
};

/// nll_gradient (gy, target, weight?, total_weight) → glogp of `shape`.
void nll_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("nll_gradient", inputs, outputs, 4, 4, 1);
  args.floating(0, "gy");
  const Shape shape = attributes.integers("shape");
  args.elements("glogp", shape);
  const Classes classes = classes_of(args, attributes, shape);
  const NllGradient gradient(args, attributes, classes);
  TensorView& out = args.output(0, "glogp", shape);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const int64_t per_sample = classes.count * classes.inner;
    context.parallel_for(classes.batch, std::max<int64_t>(1, 16384 / std::max<int64_t>(per_sample, 1)),
                         [&](int64_t begin, int64_t end) {
      std::fill(out.as<T>() + begin * per_sample, out.as<T>() + end * per_sample, T{0});
      for (int64_t i = begin * classes.inner; i < end * classes.inner; ++i)
        if (classes.target[i] != classes.ignored) out.as<T>()[classes.at(i)] = gradient.at<T>(i);
    });
  });
}

/// cross_entropy_gradient (gy, target, weight?, total_weight, y [n, c]) → gx: log_softmax_gradient of nll_gradient, whose row
/// is g at the target and 0 elsewhere.
void cross_entropy_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("cross_entropy_gradient", inputs, outputs, 5, 5, 1);
  const TensorView& y = args.floating(4, "y");
  args.expect_rank("y", y, 2, 2);
  const Classes classes = classes_of(args, attributes, y.shape);
  const NllGradient nll(args, attributes, classes);
  TensorView& out = args.output(0, "gx", y.shape);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& math = isa_kernels().math<T>();
    const int64_t count = classes.count;
    context.parallel_for(classes.batch, std::max<int64_t>(1, 16384 / std::max<int64_t>(count, 1)),
                         [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        T* to = out.as<T>() + i * count;
        const T g = nll.at<T>(i);
        math.exp_minus(y.as<const T>() + i * count, T{0}, to, count);
        const int64_t target = classes.target[i];
        const T share = target == classes.ignored ? T{0} : to[target];
        for (int64_t j = 0; j < count; ++j) to[j] = T{0} - to[j] * g;
        if (target != classes.ignored) to[target] = g - share * g;
      }
    });
  });
}

constexpr OpEntry kOps[] = {
    {"nll", 2, 3, 2, nll},
    {"nll_gradient", 4, 4, 1, nll_gradient},
    {"cross_entropy_gradient", 5, 5, 1, cross_entropy_gradient},
};

}  // namespace

std::span<const OpEntry> losses_ops() { return kOps; }

}  // namespace lazuli
