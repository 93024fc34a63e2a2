// The ops sgd_step, adam_step and rmsprop_step: torch.optim's single-tensor updates, tensor method by tensor
// method, over blocks that stay in the first-level cache. https://docs.pytorch.org/docs/stable/optim.html
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

/// What every update takes: the parameter, its gradient, the step counter and the learning rate.
struct Update {
  Arguments args;
  const TensorView& param;
  const TensorView& grad;
  float* step;
  double lr;
  double weight_decay;
  bool maximize;

  Update(const char* op, Inputs inputs, Outputs outputs, const Attributes& attributes, int count)
      : args(op, inputs, outputs, count, count, 0),
        param(args.floating(0, "param")),
        grad(args.floating(1, "grad")),
        weight_decay(attributes.number("weight_decay")),
        maximize(attributes.boolean("maximize")) {
    args.elements("param", param.shape);
    args.expect_shape("grad", grad, param.shape);
    const TensorView& step_view = args.typed(count - 2, "step", DType::float32);
    const TensorView& lr_view = args.typed(count - 1, "lr", DType::float64);
    args.expect_shape("step", step_view, {});
    args.expect_shape("lr", lr_view, {});
    step = step_view.as<float>();
    lr = *lr_view.as<const double>();
  }

  /// A state tensor of the parameter's shape and dtype.
  const TensorView& state(int index, const char* what) {
    const TensorView& view = args.floating(index, what);
    args.expect_shape(what, view, param.shape);
    return view;
  }
  /// The same, or null.
  const TensorView* optional_state(int index, const char* what) {
    return args.optional(index, what, param.shape);
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

/// Calls body(T{}, first element, count) for every block of the parameter.
template <typename Body> void for_each_block(const Update& update, const Context& context, Body&& body) {
  const int64_t total = update.param.numel(), blocks = (total + kBlock - 1) / kBlock;
  with_float(update.args.dtype(), [&](auto zero) {
    context.parallel_for(blocks, kGrain / kBlock, [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block)
        body(zero, block * kBlock, std::min(kBlock, total - block * kBlock));
    });
  });
}

template <typename T> T* at(const TensorView* view, int64_t first) {
  return view ? view->as<T>() + first : nullptr;
}

/// (param, grad, momentum_buffer?, step, lr) → (). torch.optim.SGD.
void sgd_step(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Update update("sgd_step", inputs, outputs, attributes, 5);
  const double momentum = attributes.number("momentum"), dampening = attributes.number("dampening");
  const bool nesterov = attributes.boolean("nesterov");
  const TensorView* momentum_buffer = update.optional_state(2, "momentum_buffer");
  if (momentum != 0 && momentum_buffer == nullptr)
    update.args.refuse("momentum_buffer", "a tensor, as momentum is " + std::to_string(momentum), "nothing");
  const bool is_first = *update.step == 0;
  for_each_block(update, context, [&](auto zero, int64_t first, int64_t count) {
    using T = decltype(zero);
    const UpdateMath<T>& math = isa_kernels().update<T>();
    T changed[kBlock];
    T* p = update.param.as<T>() + first;
    const T* g =
        update.gradient<T>(math, p, update.grad.as<const T>() + first, changed, count, update.weight_decay);
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
    math.add(p, static_cast<T>(-update.lr), g, p, count);
  });
  *update.step += 1;
}

/// (param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq?, step, lr) → (). torch.optim.Adam; AdamW when
/// `decoupled`.
void adam_step(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Update update("adam_step", inputs, outputs, attributes, 7);
  const double beta1 = attributes.number("beta1"), beta2 = attributes.number("beta2"),
               eps = attributes.number("eps");
  const bool decoupled = attributes.boolean("decoupled");
  const TensorView& exp_avg = update.state(2, "exp_avg");
  const TensorView& exp_avg_sq = update.state(3, "exp_avg_sq");
  const TensorView* max_exp_avg_sq = update.optional_state(4, "max_exp_avg_sq");
  *update.step += 1;
  const auto step = static_cast<double>(*update.step);
  const double bias_correction1 = 1 - std::pow(beta1, step), bias_correction2 = 1 - std::pow(beta2, step);
  const double step_size = update.lr / bias_correction1,
               bias_correction2_sqrt = std::pow(bias_correction2, 0.5);
  for_each_block(update, context, [&](auto zero, int64_t first, int64_t count) {
    using T = decltype(zero);
    AdamUpdate<T> adam{static_cast<T>(1 - beta1),
                       static_cast<T>(beta2),
                       static_cast<T>(1 - beta2),
                       static_cast<T>(eps),
                       static_cast<T>(bias_correction2_sqrt),
                       static_cast<T>(-step_size)};
    adam.maximize = update.maximize;
    if (decoupled)
      adam.kept = static_cast<T>(1 - update.lr * update.weight_decay);
    else
      adam.coupled_decay = static_cast<T>(update.weight_decay);
    isa_kernels().update<T>().adam(adam, update.param.as<T>() + first, update.grad.as<const T>() + first,
                                   exp_avg.as<T>() + first, exp_avg_sq.as<T>() + first,
                                   at<T>(max_exp_avg_sq, first), count);
  });
}

/// (param, grad, square_avg, grad_avg?, momentum_buffer?, step, lr) → (). torch.optim.RMSprop; centered with
/// grad_avg.
void rmsprop_step(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Update update("rmsprop_step", inputs, outputs, attributes, 7);
  const double alpha = attributes.number("alpha"), eps = attributes.number("eps"),
               momentum = attributes.number("momentum");
  const TensorView& square_avg = update.state(2, "square_avg");
  const TensorView* grad_avg = update.optional_state(3, "grad_avg");
  const TensorView* momentum_buffer = update.optional_state(4, "momentum_buffer");
  if (momentum > 0 && momentum_buffer == nullptr)
    update.args.refuse("momentum_buffer", "a tensor, as momentum is " + std::to_string(momentum), "nothing");
  *update.step += 1;
  for_each_block(update, context, [&](auto zero, int64_t first, int64_t count) {
    using T = decltype(zero);
    const UpdateMath<T>& math = isa_kernels().update<T>();
    T changed[kBlock], average[kBlock];
    T *p = update.param.as<T>() + first, *square = square_avg.as<T>() + first;
    const T* g =
        update.gradient<T>(math, p, update.grad.as<const T>() + first, changed, count, update.weight_decay);
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
      math.add(p, static_cast<T>(-update.lr), buffer, p, count);
    } else {
      math.addcdiv(p, static_cast<T>(-update.lr), g, average, p, count);
    }
  });
}

constexpr std::array<OpEntry, 3> kOps = {{
    {"sgd_step", 5, 5, 0, sgd_step},
    {"adam_step", 7, 7, 0, adam_step},
    {"rmsprop_step", 7, 7, 0, rmsprop_step},
}};

}  // namespace

std::span<const OpEntry> optimizers_ops() { return kOps; }

}  // namespace lazuli
