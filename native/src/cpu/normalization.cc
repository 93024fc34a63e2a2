// batch_norm, layer_norm and group_norm with their gradients. Statistics are summed in double in an order fixed by the
// shapes; the mean's part below float precision is kept, so rows far from zero lose nothing.
#include <algorithm>
#include <cmath>

#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"

namespace lazuli {
namespace {

constexpr int64_t kGrainWork = 16384;
constexpr int64_t kColumnBlock = 64;  // channels handled at once where each holds one element per sample
constexpr int64_t kRowParts = 16;     // shares of the rows whose weight gradients are summed apart, then in order

int64_t grain_of(int64_t work) { return std::max<int64_t>(1, kGrainWork / std::max<int64_t>(work, 1)); }

template <typename T> const T* data_of(const TensorView* tensor) {
  return tensor != nullptr ? tensor->as<const T>() : nullptr;
}

/// (x - mean)·scale + shift as the row kernels take it: a rounded center, and what rounding lost in the shift.
template <typename T> struct Affine {
  T center, scale, shift;

  Affine(double mean, double factor, double bias)
      : center(static_cast<T>(mean)),
        scale(static_cast<T>(factor)),
        shift(static_cast<T>(bias - (mean - static_cast<double>(center)) * factor)) {}
};

/// x seen as [batch, channels, length].
struct Planes {
  int64_t batch, channels, length;

  int64_t count() const { return batch * length; }
  int64_t at(int64_t sample, int64_t channel) const { return (sample * channels + channel) * length; }
};

Planes planes_of(const Arguments& args, const char* what, const TensorView& x) {
  args.expect_rank(what, x, 2, 64);
  if (x.shape[1] < 1) args.refuse(std::string("channels of ") + what, "at least 1", shape_text(x.shape));
  return {x.shape[0], x.shape[1], args.elements(what, Shape(x.shape.begin() + 2, x.shape.end()))};
}

/// Runs body(first, last) over the channels: one by one, or by blocks where channels interleave element by element.
template <typename Body> void each_channels(const Planes& planes, const Context& context, Body&& body) {
  const int64_t step = planes.length == 1 ? kColumnBlock : 1;
  const int64_t blocks = (planes.channels + step - 1) / step;
  context.parallel_for(blocks, grain_of(planes.count() * step), [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block)
      body(block * step, std::min(planes.channels, (block + 1) * step));
  });
}

/// Mean and biased variance of channels [first, last).
template <typename T>
void channel_moments(const Planes& planes, const VectorMath<T>& math, const T* x, int64_t first, int64_t last,
                     double* means, double* variances) {
  const auto count = static_cast<double>(planes.count());
  const int64_t width = last - first;
  std::fill_n(means, width, 0.0);
  std::fill_n(variances, width, 0.0);
  if (planes.length == 1) {
    for (int64_t n = 0; n < planes.batch; ++n) math.accumulate(x + planes.at(n, first), means, width);
    for (int64_t i = 0; i < width; ++i) means[i] /= count;
    for (int64_t n = 0; n < planes.batch; ++n) {
      const T* row = x + planes.at(n, first);
      for (int64_t i = 0; i < width; ++i) {
        const double distance = static_cast<double>(row[i]) - means[i];
        variances[i] += distance * distance;
      }
    }
    for (int64_t i = 0; i < width; ++i) variances[i] /= count;
    return;
  }
  for (int64_t c = first; c < last; ++c) {
    double sum = 0, squares = 0;
    for (int64_t n = 0; n < planes.batch; ++n) sum += math.sum(x + planes.at(n, c), planes.length);
    const double mean = sum / count;
    for (int64_t n = 0; n < planes.batch; ++n) squares += math.square_sum(x + planes.at(n, c), mean, planes.length);
    means[c - first] = mean;
    variances[c - first] = squares / count;
  }
}

/// The buffers batch_norm moves while training; any may be absent.
template <typename T> struct RunningStatistics {
  T* mean = nullptr;
  T* variance = nullptr;
  double momentum = 0;

  void move(int64_t channel, double batch_mean, double batch_variance, int64_t count) const {
    if (mean != nullptr)
      mean[channel] =
          static_cast<T>(momentum * batch_mean + (1 - momentum) * static_cast<double>(mean[channel]));
    if (variance == nullptr) return;
    const auto samples = static_cast<double>(count);
    variance[channel] = static_cast<T>(momentum * (batch_variance * samples / (samples - 1)) +
                                       (1 - momentum) * static_cast<double>(variance[channel]));
  }
};

/// batch_norm (x [n, c, ..], weight?, bias?, running_mean?, running_var?, num_batches_tracked?) → (y, mean, invstd).
/// An empty batch leaves the running statistics alone and gives mean and invstd 0.
void batch_norm(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("batch_norm", inputs, outputs, 1, 6, 3);
  const TensorView& x = args.floating(0, "x");
  const Planes planes = planes_of(args, "x", x);
  const Shape per_channel = {planes.channels};
  const TensorView* weight = args.optional(1, "weight", per_channel);
  const TensorView* bias = args.optional(2, "bias", per_channel);
  const TensorView* running_mean = args.optional(3, "running_mean", per_channel);
  const TensorView* running_var = args.optional(4, "running_var", per_channel);
  int64_t* tracked = nullptr;
  if (inputs.size() > 5 && inputs[5].present()) {
    const TensorView& counter = args.typed(5, "num_batches_tracked", DType::int64);
    args.expect_shape("num_batches_tracked", counter, {});
    tracked = counter.as<int64_t>();
  }
  const double eps = attributes.number("eps");
  const bool is_cumulative = attributes.is_null("momentum");
  if (is_cumulative && tracked == nullptr && (running_mean != nullptr || running_var != nullptr))
    args.refuse("momentum", "a number, or num_batches_tracked for a cumulative average", "neither");
  double momentum = is_cumulative ? 0 : attributes.number("momentum");
  TensorView& y = args.output(0, "y", x.shape);
  TensorView& mean = args.output(1, "mean", per_channel);
  TensorView& invstd = args.output(2, "invstd", per_channel);
  if (tracked != nullptr) ++*tracked;
  if (is_cumulative && tracked != nullptr) momentum = 1.0 / static_cast<double>(*tracked);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if (planes.count() == 0) {
      std::fill_n(mean.as<T>(), planes.channels, T{0});
      std::fill_n(invstd.as<T>(), planes.channels, T{0});
      return;
    }
    const RunningStatistics<T> running{running_mean ? running_mean->as<T>() : nullptr,
                                       running_var ? running_var->as<T>() : nullptr, momentum};
    const auto& math = isa_kernels().math<T>();
    const auto& rows = isa_kernels().rows<T>();
    each_channels(planes, context, [&](int64_t first, int64_t last) {
      double means[kColumnBlock], variances[kColumnBlock];
      channel_moments(planes, math, x.as<const T>(), first, last, means, variances);
      T centers[kColumnBlock], scales[kColumnBlock], shifts[kColumnBlock];
      for (int64_t c = first; c < last; ++c) {
        const int64_t i = c - first;
        const double inverse = 1 / std::sqrt(variances[i] + eps);
        running.move(c, means[i], variances[i], planes.count());
        mean.as<T>()[c] = static_cast<T>(means[i]);
        invstd.as<T>()[c] = static_cast<T>(inverse);
        const double factor = weight ? inverse * static_cast<double>(weight->as<const T>()[c]) : inverse;
        const Affine<T> affine(means[i], factor, bias ? static_cast<double>(bias->as<const T>()[c]) : 0.0);
        centers[i] = affine.center, scales[i] = affine.scale, shifts[i] = affine.shift;
      }
      for (int64_t n = 0; n < planes.batch; ++n) {
        const T* from = x.as<const T>() + planes.at(n, first);
        T* to = y.as<T>() + planes.at(n, first);
        if (planes.length == 1) {
          for (int64_t i = 0; i < last - first; ++i) to[i] = (from[i] - centers[i]) * scales[i] + shifts[i];
        } else {
          rows.normalize(from, centers[0], scales[0], shifts[0], nullptr, nullptr, to, planes.length);
        }
      }
    });
  });
}

/// batch_norm_gradient (gy, x, weight?, mean [c], invstd [c]) → (gx, gweight [c], gbias [c]).
void batch_norm_gradient(Inputs inputs, Outputs outputs, const Attributes&, const Context& context) {
  Arguments args("batch_norm_gradient", inputs, outputs, 5, 5, 3);
  const TensorView& gy = args.floating(0, "gy");
  const TensorView& x = args.floating(1, "x");
  const Planes planes = planes_of(args, "x", x);
  args.expect_shape("gy", gy, x.shape);
  const Shape per_channel = {planes.channels};
  const TensorView* weight = args.optional(2, "weight", per_channel);
  const TensorView& mean = args.floating(3, "mean");
  const TensorView& invstd = args.floating(4, "invstd");
  args.expect_shape("mean", mean, per_channel);
  args.expect_shape("invstd", invstd, per_channel);
  TensorView& gx = args.output(0, "gx", x.shape);
  TensorView& gweight = args.output(1, "gweight", per_channel);
  TensorView& gbias = args.output(2, "gbias", per_channel);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& rows = isa_kernels().rows<T>();
    const auto count = static_cast<double>(std::max<int64_t>(planes.count(), 1));
    each_channels(planes, context, [&](int64_t first, int64_t last) {
      const int64_t width = last - first;
      double sums[kColumnBlock] = {}, products[kColumnBlock] = {};
      if (planes.length == 1) {
        for (int64_t n = 0; n < planes.batch; ++n)
          for (int64_t i = 0; i < width; ++i) {
            const auto g = static_cast<double>(gy.as<const T>()[planes.at(n, first) + i]);
            sums[i] += g;
            products[i] += g * (static_cast<double>(x.as<const T>()[planes.at(n, first) + i]) -
                                static_cast<double>(mean.as<const T>()[first + i]));
          }
      } else {
        double both[2] = {0, 0};
        for (int64_t n = 0; n < planes.batch; ++n)
          rows.moments(gy.as<const T>() + planes.at(n, first), x.as<const T>() + planes.at(n, first), nullptr,
                       static_cast<double>(mean.as<const T>()[first]), both, planes.length);
        sums[0] = both[0], products[0] = both[1];
      }
      T a[kColumnBlock], b[kColumnBlock], c[kColumnBlock];
      for (int64_t i = 0; i < width; ++i) {
        const auto inverse = static_cast<double>(invstd.as<const T>()[first + i]);
        const double factor = weight ? inverse * static_cast<double>(weight->as<const T>()[first + i]) : inverse;
        gweight.as<T>()[first + i] = static_cast<T>(products[i] * inverse);
        gbias.as<T>()[first + i] = static_cast<T>(sums[i]);
        a[i] = static_cast<T>(factor);
        b[i] = static_cast<T>(products[i] * inverse * inverse / count * factor);
        c[i] = static_cast<T>(sums[i] / count * factor);
      }
      for (int64_t n = 0; n < planes.batch; ++n) {
        const int64_t at = planes.at(n, first);
        const T *g = gy.as<const T>() + at, *from = x.as<const T>() + at, *center = mean.as<const T>() + first;
        T* to = gx.as<T>() + at;
        if (planes.length == 1)
          for (int64_t i = 0; i < width; ++i) to[i] = (g[i] * a[i] - c[i]) - (from[i] - center[i]) * b[i];
        else
          rows.gradient(g, from, nullptr, center[0], a[0], b[0], c[0], to, planes.length);
      }
    });
  });
}

/// Rows of `size` elements.
struct Rows {
  int64_t count, size;
};

Rows rows_of(const Arguments& args, const Attributes& attributes, const TensorView& x) {
  const int64_t size = args.integer(attributes, "size", 1, int64_t{1} << 48);
  const int64_t elements = args.elements("x", x.shape);
  if (elements % size != 0)
    args.refuse("size", "a divisor of the number of elements of x " + shape_text(x.shape), std::to_string(size));
  return {elements / size, size};
}

/// layer_norm (x, weight?, bias?) → (y, mean [rows], rstd [rows]).
void layer_norm(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("layer_norm", inputs, outputs, 1, 3, 3);
  const TensorView& x = args.floating(0, "x");
  const Rows rows = rows_of(args, attributes, x);
  const TensorView* weight = args.optional(1, "weight", {rows.size});
  const TensorView* bias = args.optional(2, "bias", {rows.size});
  const double eps = attributes.number("eps");
  TensorView& y = args.output(0, "y", x.shape);
  TensorView& mean = args.output(1, "mean", {rows.count});
  TensorView& rstd = args.output(2, "rstd", {rows.count});
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& math = isa_kernels().math<T>();
    const auto& kernels = isa_kernels().rows<T>();
    context.parallel_for(rows.count, grain_of(rows.size), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* from = x.as<const T>() + row * rows.size;
        const auto size = static_cast<double>(rows.size);
        const double center = math.sum(from, rows.size) / size;
        const double inverse = 1 / std::sqrt(math.square_sum(from, center, rows.size) / size + eps);
        mean.as<T>()[row] = static_cast<T>(center);
        rstd.as<T>()[row] = static_cast<T>(inverse);
        const Affine<T> affine(center, inverse, 0);
        kernels.normalize(from, affine.center, affine.scale, affine.shift, data_of<T>(weight), data_of<T>(bias),
                          y.as<T>() + row * rows.size, rows.size);
      }
    });
  });
}

/// layer_norm_gradient (gy, x, weight?, mean, rstd) → (gx, gweight [size], gbias [size]).
void layer_norm_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("layer_norm_gradient", inputs, outputs, 5, 5, 3);
  const TensorView& gy = args.floating(0, "gy");
  const TensorView& x = args.floating(1, "x");
  args.expect_shape("gy", gy, x.shape);
  const Rows rows = rows_of(args, attributes, x);
  const TensorView* weight = args.optional(2, "weight", {rows.size});
  const TensorView& mean = args.floating(3, "mean");
  const TensorView& rstd = args.floating(4, "rstd");
  args.expect_shape("mean", mean, {rows.count});
  args.expect_shape("rstd", rstd, {rows.count});
  TensorView& gx = args.output(0, "gx", x.shape);
  TensorView& gweight = args.output(1, "gweight", {rows.size});
  TensorView& gbias = args.output(2, "gbias", {rows.size});
  const int64_t parts = std::clamp<int64_t>(rows.count * rows.size / kGrainWork, 1, kRowParts);
  auto* sums = context.scratch_of<double>(parts * 2 * rows.size);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& kernels = isa_kernels().rows<T>();
    context.parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        double* weight_sums = sums + part * 2 * rows.size;
        std::fill_n(weight_sums, 2 * rows.size, 0.0);
        for (int64_t row = part * rows.count / parts; row < (part + 1) * rows.count / parts; ++row) {
          const T *g = gy.as<const T>() + row * rows.size, *from = x.as<const T>() + row * rows.size;
          const T center = mean.as<const T>()[row];
          const auto inverse = static_cast<double>(rstd.as<const T>()[row]);
          double both[2] = {0, 0};
          kernels.moments(g, from, data_of<T>(weight), static_cast<double>(center), both, rows.size);
          const auto size = static_cast<double>(rows.size);
          kernels.gradient(g, from, data_of<T>(weight), center, static_cast<T>(inverse),
                           static_cast<T>(both[1] * inverse * inverse * inverse / size),
                           static_cast<T>(both[0] * inverse / size), gx.as<T>() + row * rows.size, rows.size);
          kernels.weight_gradient(g, from, static_cast<double>(center), inverse, weight_sums, weight_sums + rows.size,
                                  rows.size);
        }
      }
    });
    for (int64_t i = 0; i < rows.size; ++i) {
      double weight_sum = 0, bias_sum = 0;
      for (int64_t part = 0; part < parts; ++part) {
        weight_sum += sums[part * 2 * rows.size + i];
        bias_sum += sums[(part * 2 + 1) * rows.size + i];
      }
      gweight.as<T>()[i] = static_cast<T>(weight_sum);
      gbias.as<T>()[i] = static_cast<T>(bias_sum);
    }
  });
}

int64_t groups_of(const Arguments& args, const Attributes& attributes, const Planes& planes) {
  const int64_t groups = args.integer(attributes, "groups", 1, planes.channels);
  if (planes.channels % groups != 0)
    args.refuse("groups", "a divisor of the channels " + std::to_string(planes.channels), std::to_string(groups));
  return groups;
}

/// group_norm (x [n, c, ..], weight? [c], bias? [c]) → (y, mean [n·groups], rstd [n·groups]).
void group_norm(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("group_norm", inputs, outputs, 1, 3, 3);
  const TensorView& x = args.floating(0, "x");
  const Planes planes = planes_of(args, "x", x);
  const int64_t groups = groups_of(args, attributes, planes), per_group = planes.channels / groups;
  const TensorView* weight = args.optional(1, "weight", {planes.channels});
  const TensorView* bias = args.optional(2, "bias", {planes.channels});
  const double eps = attributes.number("eps");
  TensorView& y = args.output(0, "y", x.shape);
  TensorView& mean = args.output(1, "mean", {planes.batch * groups});
  TensorView& rstd = args.output(2, "rstd", {planes.batch * groups});
  const int64_t size = per_group * planes.length;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& math = isa_kernels().math<T>();
    const auto& kernels = isa_kernels().rows<T>();
    context.parallel_for(planes.batch * groups, grain_of(size), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* from = x.as<const T>() + row * size;
        const auto count = static_cast<double>(std::max<int64_t>(size, 1));
        const double center = math.sum(from, size) / count;
        const double inverse = 1 / std::sqrt(math.square_sum(from, center, size) / count + eps);
        mean.as<T>()[row] = static_cast<T>(center);
        rstd.as<T>()[row] = static_cast<T>(inverse);
        for (int64_t i = 0; i < per_group; ++i) {
          const int64_t channel = row % groups * per_group + i;
          const double factor = weight ? inverse * static_cast<double>(weight->as<const T>()[channel]) : inverse;
          const Affine<T> affine(center, factor, bias ? static_cast<double>(bias->as<const T>()[channel]) : 0.0);
          kernels.normalize(from + i * planes.length, affine.center, affine.scale, affine.shift, nullptr, nullptr,
                            y.as<T>() + row * size + i * planes.length, planes.length);
        }
      }
    });
  });
}

/// group_norm_gradient (gy, x, weight?, mean, rstd) → (gx, gweight [c], gbias [c]).
void group_norm_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("group_norm_gradient", inputs, outputs, 5, 5, 3);
  const TensorView& gy = args.floating(0, "gy");
  const TensorView& x = args.floating(1, "x");
  args.expect_shape("gy", gy, x.shape);
  const Planes planes = planes_of(args, "x", x);
  const int64_t groups = groups_of(args, attributes, planes), per_group = planes.channels / groups;
  const TensorView* weight = args.optional(2, "weight", {planes.channels});
  const TensorView& mean = args.floating(3, "mean");
  const TensorView& rstd = args.floating(4, "rstd");
  args.expect_shape("mean", mean, {planes.batch * groups});
  args.expect_shape("rstd", rstd, {planes.batch * groups});
  TensorView& gx = args.output(0, "gx", x.shape);
  TensorView& gweight = args.output(1, "gweight", {planes.channels});
  TensorView& gbias = args.output(2, "gbias", {planes.channels});
  auto* sums = context.scratch_of<double>(planes.batch * planes.channels * 2);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& kernels = isa_kernels().rows<T>();
    const int64_t size = per_group * planes.length;
    const auto factor_of = [&](int64_t channel) {
      return weight ? static_cast<double>(weight->as<const T>()[channel]) : 1.0;
    };
    context.parallel_for(planes.batch * groups, grain_of(size), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T center = mean.as<const T>()[row];
        const auto inverse = static_cast<double>(rstd.as<const T>()[row]);
        const auto count = static_cast<double>(std::max<int64_t>(size, 1));
        double sum = 0, product = 0;
        for (int64_t i = 0; i < per_group; ++i) {
          const int64_t plane = row * per_group + i, at = plane * planes.length;
          double* both = sums + plane * 2;
          both[0] = both[1] = 0;
          kernels.moments(gy.as<const T>() + at, x.as<const T>() + at, nullptr, static_cast<double>(center), both,
                          planes.length);
          const double factor = factor_of(plane % planes.channels);
          sum += both[0] * factor;
          product += both[1] * factor;
          both[1] *= inverse;
        }
        for (int64_t i = 0; i < per_group; ++i) {
          const int64_t plane = row * per_group + i, at = plane * planes.length;
          kernels.gradient(gy.as<const T>() + at, x.as<const T>() + at, nullptr, center,
                           static_cast<T>(inverse * factor_of(plane % planes.channels)),
                           static_cast<T>(product * inverse * inverse * inverse / count),
                           static_cast<T>(sum * inverse / count), gx.as<T>() + at, planes.length);
        }
      }
    });
    for (int64_t channel = 0; channel < planes.channels; ++channel) {
      double weight_sum = 0, bias_sum = 0;
      for (int64_t n = 0; n < planes.batch; ++n) {
        bias_sum += sums[(n * planes.channels + channel) * 2];
        weight_sum += sums[(n * planes.channels + channel) * 2 + 1];
      }
      gweight.as<T>()[channel] = static_cast<T>(weight_sum);
      gbias.as<T>()[channel] = static_cast<T>(bias_sum);
    }
  });
}

constexpr OpEntry kOps[] = {
    {"batch_norm", 1, 6, 3, batch_norm},
    {"batch_norm_gradient", 5, 5, 3, batch_norm_gradient},
    {"layer_norm", 1, 3, 3, layer_norm},
    {"layer_norm_gradient", 5, 5, 3, layer_norm_gradient},
    {"group_norm", 1, 3, 3, group_norm},
    {"group_norm_gradient", 5, 5, 3, group_norm_gradient},
};

}  // namespace

std::span<const OpEntry> normalization_ops() { return kOps; }

}  // namespace lazuli
