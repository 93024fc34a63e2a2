// layer_norm and group_norm with their gradients. Statistics are summed in double in an order fixed by the shapes; the mean's part
// below float precision is kept, so rows far from zero lose nothing.
#include <algorithm>
#include <cmath>

#include "families.h"
#include "isa/isa_kernels.h"
#include "normalization.h"

namespace lazuli {
namespace {

constexpr int64_t kRowParts = 16;  // shares of the rows whose weight gradients are summed apart, then in order

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
    context.parallel_for(rows.count, normalization_grain(rows.size), [&](int64_t begin, int64_t end) {
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
  const int64_t parts = std::clamp<int64_t>(rows.count * rows.size / kNormalizationWork, 1, kRowParts);
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
    context.parallel_for(planes.batch * groups, normalization_grain(size), [&](int64_t begin, int64_t end) {
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
    context.parallel_for(planes.batch * groups, normalization_grain(size), [&](int64_t begin, int64_t end) {
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
    {"layer_norm", 1, 3, 3, layer_norm},
    {"layer_norm_gradient", 5, 5, 3, layer_norm_gradient},
    {"group_norm", 1, 3, 3, group_norm},
    {"group_norm_gradient", 5, 5, 3, group_norm_gradient},
};

}  // namespace

std::span<const OpEntry> normalization_ops() { return kOps; }

}  // namespace lazuli
