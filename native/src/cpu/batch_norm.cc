// batch_norm and its gradient: statistics of each channel over the batch, summed in double in an order fixed by the shapes; the mean's
// part below float precision is kept, so channels far from zero lose nothing.
#include <algorithm>
#include <cmath>

#include "families.h"
#include "isa/isa_kernels.h"
#include "normalization.h"

namespace lazuli {
namespace {

constexpr int64_t kColumnBlock = 64;  // channels handled at once where each holds one element per sample

/// Runs body(first, last) over the channels: one by one, or by blocks where channels interleave element by element.
template <typename Body> void each_channels(const Planes& planes, const Context& context, Body&& body) {
  const int64_t step = planes.length == 1 ? kColumnBlock : 1;
  const int64_t blocks = (planes.channels + step - 1) / step;
  context.parallel_for(blocks, normalization_grain(planes.count() * step), [&](int64_t begin, int64_t end) {
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

constexpr OpEntry kOps[] = {
    {"batch_norm", 1, 6, 3, batch_norm},
    {"batch_norm_gradient", 5, 5, 3, batch_norm_gradient},
};

}  // namespace

std::span<const OpEntry> batch_norm_ops() { return kOps; }

}  // namespace lazuli
