// The ops sgd_step, adam_step and rmsprop_step: torch.optim's single-tensor updates, tensor method by tensor
// method, over blocks that stay in the first-level cache. https://docs.pytorch.org/docs/stable/optim.html
// And outer_*_step: the same arithmetic on each part of a gradient as it is summed, so that it never is in memory whole.
#include <algorithm>
#include <array>
#include <cmath>

#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"

namespace lazuli {
namespace {

constexpr int64_t kBlock = 512;
constexpr int64_t kGrain = 16 << 10;
constexpr int64_t kSumBytes = 16 << 10;  // of the factor that all rows of a task share, in the first cache
constexpr int64_t kSumColumns = 64;      // of it, at least
constexpr int64_t kSumRows = 16;         // of a task, where there are enough: they share the packing

/// Where a gradient comes from: one tensor after the parameter, or two before it, a sum of outer products.
enum Source { kTensor, kOuter };

template <typename T> T* at(const TensorView* view, int64_t first) {
  return view ? view->as<T>() + first : nullptr;
}

/// What every update takes: the parameter, its gradient, `states` tensors, the step counter and the learning rate.
struct Update {
  Arguments args;
  int first_state;
  const TensorView& param;
  float* step;
  double lr;
  double weight_decay;
  bool maximize;

  Update(const char* op, Source source, int states, Inputs inputs, Outputs outputs, const Attributes& attributes)
      : args(op, inputs, outputs, inputs_of(source, states), inputs_of(source, states), 0),
        first_state(source == kTensor ? 2 : 3),
        param(args.floating(source == kTensor ? 0 : 2, "param")),
        weight_decay(attributes.number("weight_decay")),
        maximize(attributes.boolean("maximize")) {
    args.elements("param", param.shape);
    const TensorView& step_view = args.typed(first_state + states, "step", DType::float32);
    const TensorView& lr_view = args.typed(first_state + states + 1, "lr", DType::float64);
    args.expect_shape("step", step_view, {});
    args.expect_shape("lr", lr_view, {});
    step = step_view.as<float>();
    lr = *lr_view.as<const double>();
  }
  static constexpr int inputs_of(Source source, int states) { return states + (source == kTensor ? 4 : 5); }

  /// The state tensor `index`, of the parameter's shape and dtype.
  const TensorView& state(int index, const char* what) {
    const TensorView& view = args.floating(first_state + index, what);
    args.expect_shape(what, view, param.shape);
    return view;
  }
  /// The same, or null.
  const TensorView* optional_state(int index, const char* what) {
    return args.optional(first_state + index, what, param.shape);
  }

  /// The gradient of one block with maximize and (coupled) weight decay applied, in `buffer` when it had to
  /// change.
  template <typename T>
  const T* gradient(const UpdateMath<T>& math, const T* p, const T* g, T* buffer, int64_t count,
                    double decay) const {
    if (maximize) {
      math.mul(T(-1), g, buffer, count);
      g = buffer;
    }
    if (decay != 0) {
      math.add(g, static_cast<T>(decay), p, buffer, count);
      g = buffer;
    }
    return g;
  }
};

// The rules. Each is made of an op's arguments, checked; begin() counts the step; then apply() changes a block of at most kBlock
// elements from `first` on, whose gradient is `g`.

/// States: momentum_buffer?. torch.optim.SGD.
struct Sgd : Update {
  static constexpr const char* kNames[] = {"sgd_step", "outer_sgd_step"};
  static constexpr int kStates = 1;
  double momentum, dampening;
  bool nesterov, is_first = false;
  const TensorView* momentum_buffer;

  Sgd(Source source, Inputs inputs, Outputs outputs, const Attributes& attributes)
      : Update(kNames[source], source, kStates, inputs, outputs, attributes),
        momentum(attributes.number("momentum")),
        dampening(attributes.number("dampening")),
        nesterov(attributes.boolean("nesterov")),
        momentum_buffer(optional_state(0, "momentum_buffer")) {
    if (momentum != 0 && momentum_buffer == nullptr)
      args.refuse("momentum_buffer", "a tensor, as momentum is " + std::to_string(momentum), "nothing");
  }
  void begin() {
    is_first = *step == 0;
    *step += 1;
  }
  template <typename T> void apply(const T* g, int64_t first, int64_t count) const {
    const UpdateMath<T>& math = isa_kernels().update<T>();
    T changed[kBlock];
    T* p = param.as<T>() + first;
    g = gradient<T>(math, p, g, changed, count, weight_decay);
    if (momentum != 0) {
      T* buffer = at<T>(momentum_buffer, first);
      if (is_first) {
        std::copy_n(g, count, buffer);
      } else {
        math.mul(static_cast<T>(momentum), buffer, buffer, count);
        math.add(buffer, static_cast<T>(1 - dampening), g, buffer, count);
      }
      if (nesterov) math.add(g, static_cast<T>(momentum), buffer, changed, count);
      g = nesterov ? changed : buffer;
    }
    math.add(p, static_cast<T>(-lr), g, p, count);
  }
};

/// States: exp_avg, exp_avg_sq, max_exp_avg_sq?. torch.optim.Adam; AdamW when `decoupled`.
struct Adam : Update {
  static constexpr const char* kNames[] = {"adam_step", "outer_adam_step"};
  static constexpr int kStates = 3;
  double beta1, beta2, eps;
  bool decoupled;
  const TensorView& exp_avg;
  const TensorView& exp_avg_sq;
  const TensorView* max_exp_avg_sq;
  double step_size = 0, bias_correction2_sqrt = 0;

  Adam(Source source, Inputs inputs, Outputs outputs, const Attributes& attributes)
      : Update(kNames[source], source, kStates, inputs, outputs, attributes),
        beta1(attributes.number("beta1")),
        beta2(attributes.number("beta2")),
        eps(attributes.number("eps")),
        decoupled(attributes.boolean("decoupled")),
        exp_avg(state(0, "exp_avg")),
        exp_avg_sq(state(1, "exp_avg_sq")),
        max_exp_avg_sq(optional_state(2, "max_exp_avg_sq")) {}
  void begin() {
    *step += 1;
    const auto number = static_cast<double>(*step);
    step_size = lr / (1 - std::pow(beta1, number));
    bias_correction2_sqrt = std::pow(1 - std::pow(beta2, number), 0.5);
  }
  template <typename T> void apply(const T* g, int64_t first, int64_t count) const {
    AdamUpdate<T> adam{static_cast<T>(1 - beta1),
                       static_cast<T>(beta2),
                       static_cast<T>(1 - beta2),
                       static_cast<T>(eps),
                       static_cast<T>(bias_correction2_sqrt),
                       static_cast<T>(-step_size)};
    adam.maximize = maximize;
    if (decoupled)
      adam.kept = static_cast<T>(1 - lr * weight_decay);
    else
      adam.coupled_decay = static_cast<T>(weight_decay);
    isa_kernels().update<T>().adam(adam, param.as<T>() + first, g, exp_avg.as<T>() + first,
                                   exp_avg_sq.as<T>() + first, at<T>(max_exp_avg_sq, first), count);
  }
};

/// States: square_avg, grad_avg?, momentum_buffer?. torch.optim.RMSprop; centered with grad_avg.
struct Rmsprop : Update {
  static constexpr const char* kNames[] = {"rmsprop_step", "outer_rmsprop_step"};
  static constexpr int kStates = 3;
  double alpha, eps, momentum;
  const TensorView& square_avg;
  const TensorView* grad_avg;
  const TensorView* momentum_buffer;

  Rmsprop(Source source, Inputs inputs, Outputs outputs, const Attributes& attributes)
      : Update(kNames[source], source, kStates, inputs, outputs, attributes),
        alpha(attributes.number("alpha")),
        eps(attributes.number("eps")),
        momentum(attributes.number("momentum")),
        square_avg(state(0, "square_avg")),
        grad_avg(optional_state(1, "grad_avg")),
        momentum_buffer(optional_state(2, "momentum_buffer")) {
    if (momentum > 0 && momentum_buffer == nullptr)
      args.refuse("momentum_buffer", "a tensor, as momentum is " + std::to_string(momentum), "nothing");
  }
  void begin() { *step += 1; }
  template <typename T> void apply(const T* g, int64_t first, int64_t count) const {
    const UpdateMath<T>& math = isa_kernels().update<T>();
    T changed[kBlock], average[kBlock];
    T *p = param.as<T>() + first, *square = square_avg.as<T>() + first;
    g = gradient<T>(math, p, g, changed, count, weight_decay);
    math.mul(static_cast<T>(alpha), square, square, count);
    math.addcmul(square, static_cast<T>(1 - alpha), g, g, square, count);
    if (T* mean = at<T>(grad_avg, first)) {
      math.lerp(mean, g, static_cast<T>(1 - alpha), mean, count);
      math.addcmul(square, T(-1), mean, mean, average, count);
      math.sqrt_div_add(average, T(1), static_cast<T>(eps), average, count);
    } else {
      math.sqrt_div_add(square, T(1), static_cast<T>(eps), average, count);
    }
    if (momentum > 0) {
      T* buffer = at<T>(momentum_buffer, first);
      math.mul(static_cast<T>(momentum), buffer, buffer, count);
      math.addcdiv(buffer, T(1), g, average, buffer, count);
      math.add(p, static_cast<T>(-lr), buffer, p, count);
    } else {
      math.addcdiv(p, static_cast<T>(-lr), g, average, p, count);
    }
  }
};

/// (param, grad, states.., step, lr) → ().
template <typename Rule> void step(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Rule rule(kTensor, inputs, outputs, attributes);
  const TensorView& grad = rule.args.floating(1, "grad");
  rule.args.expect_shape("grad", grad, rule.param.shape);
  rule.begin();
  const int64_t total = rule.param.numel(), blocks = (total + kBlock - 1) / kBlock;
  with_float(rule.args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    context.parallel_for(blocks, kGrain / kBlock, [&](int64_t begin, int64_t end) {
      for (int64_t first = begin * kBlock; first < std::min(end * kBlock, total); first += kBlock)
        rule.template apply<T>(grad.as<const T>() + first, first, std::min(kBlock, total - first));
    });
  });
}

/// Rows [begin, end) of a parameter of `columns`, by the gradient Σ_k a[k]ᵀ·b[k]. Part by part of the columns, b lies packed in the
/// first cache (lines a multiple of 4096 bytes apart would drive each other out) and meets row after row.
template <typename T, typename Rule>
void apply_outer(const Rule& rule, const GradientSum<T>& sum, int64_t columns, int64_t begin, int64_t end) {
  const UpdateMath<T>& math = isa_kernels().update<T>();
  alignas(64) T gradient[kBlock], packed[kSumBytes / sizeof(T)];
  const int64_t room = kSumBytes / static_cast<int64_t>(sizeof(T)) / std::max<int64_t>(sum.depth, 1) / kSumColumns * kSumColumns;
  const int64_t width = room == 0 ? kBlock : std::min(room, kBlock);
  for (int64_t column = 0; column < columns; column += width) {
    const int64_t count = std::min(width, columns - column);
    GradientSum<T> part = sum;
    part.b += column;
    if (room > 0) {
      for (int64_t k = 0; k < sum.depth; ++k) std::copy_n(part.b + k * sum.b_stride, count, packed + k * width);
      part.b = packed, part.b_stride = width;
    }
    for (int64_t row = begin; row < end; ++row) {
      part.a = sum.a + row;
      math.sum(part, gradient, count);
      rule.template apply<T>(gradient, row * columns + column, count);
    }
  }
}

/// (a [k, m], b [k, n], param [m, n], states.., step, lr) → (): the step with aᵀ·b as its gradient.
template <typename Rule>
void outer_step(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Rule rule(kOuter, inputs, outputs, attributes);
  const TensorView& a = rule.args.floating(0, "a");
  const TensorView& b = rule.args.floating(1, "b");
  rule.args.expect_rank("param", rule.param, 2, 2);
  rule.args.expect_rank("a", a, 2, 2);
  const int64_t depth = a.shape[0], rows = rule.param.shape[0], columns = rule.param.shape[1];
  rule.args.expect_shape("a", a, {depth, rows});
  rule.args.expect_shape("b", b, {depth, columns});
  rule.begin();
  if (rule.param.numel() == 0) return;
  const int64_t grain = std::max(kGrain / columns, std::clamp<int64_t>(rows / kSumRows, 1, kSumRows));
  with_float(rule.args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const GradientSum<T> sum{depth, a.as<const T>(), rows, b.as<const T>(), columns};
    context.parallel_for(rows, grain, [&](int64_t begin, int64_t end) { apply_outer(rule, sum, columns, begin, end); });
  });
}

template <typename Rule> constexpr OpEntry entry_of(Source source, Kernel kernel) {
  constexpr int kCounts[] = {Update::inputs_of(kTensor, Rule::kStates), Update::inputs_of(kOuter, Rule::kStates)};
  return {Rule::kNames[source], kCounts[source], kCounts[source], 0, kernel};
}

constexpr std::array<OpEntry, 6> kOps = {{
    entry_of<Sgd>(kTensor, step<Sgd>),
    entry_of<Adam>(kTensor, step<Adam>),
    entry_of<Rmsprop>(kTensor, step<Rmsprop>),
    entry_of<Sgd>(kOuter, outer_step<Sgd>),
    entry_of<Adam>(kOuter, outer_step<Adam>),
    entry_of<Rmsprop>(kOuter, outer_step<Rmsprop>),
}};

}  // namespace

std::span<const OpEntry> optimizers_ops() { return kOps; }

}  // namespace lazuli
