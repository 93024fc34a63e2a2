// The convolution ops: they check shapes and describe the forward product and the input gradient as window products.
#include "convolution.h"

#include <algorithm>

#include "activation.h"
#include "families.h"
#include "window_product.h"
#include "winograd.h"

namespace lazuli {
namespace {

/// Checks that x, weight and gy (the convolution's output) fit; gy may be smaller than the windows allow, as the input
/// of a transposed convolution with output padding is.
ConvolutionSizes sizes_of(const Arguments& args, const Attributes& attributes, const Shape& x, const Shape& weight) {
  ConvolutionSizes sizes;
  if (x.size() < 3 || x.size() > 5) args.refuse("rank of x", "3 to 5", shape_text(x));
  if (weight.size() != x.size()) args.refuse("rank of weight", std::to_string(x.size()), shape_text(weight));
  sizes.groups = args.integer(attributes, "groups", 1, std::numeric_limits<int32_t>::max());
  if (x[1] % sizes.groups != 0)
    args.refuse("channels of x", "a multiple of groups " + std::to_string(sizes.groups), shape_text(x));
  for (const int64_t size : weight)
    if (size < 1) args.refuse("shape of weight", "sizes of at least 1", shape_text(weight));
  sizes.images = x[0];
  sizes.channels = x[1] / sizes.groups;
  if (weight[0] % sizes.groups != 0 || weight[1] != sizes.channels)
    args.refuse("shape of weight",
                "[a multiple of groups " + std::to_string(sizes.groups) + ", " + std::to_string(sizes.channels) +
                    ", ..]",
                shape_text(weight));
  sizes.rows = weight[0] / sizes.groups;
  sizes.axes = window_axes(args, attributes, x, Shape(weight.begin() + 2, weight.end()), true, false);
  return sizes;
}

void limit_output(const Arguments& args, ConvolutionSizes& sizes, const TensorView& gy, int64_t rank) {
  const Shape most = window_output_shape(sizes.axes, sizes.images, sizes.groups * sizes.rows, rank - 2);
  bool is_fitting = gy.rank() == rank && gy.shape[0] == most[0] && gy.shape[1] == most[1];
  for (int64_t i = 2; is_fitting && i < rank; ++i) {
    const auto index = static_cast<size_t>(i);
    is_fitting = gy.shape[index] >= 1 && gy.shape[index] <= most[index];
    sizes.axes[static_cast<size_t>(3 - rank + i)].output = gy.shape[index];
  }
  if (!is_fitting) args.refuse("shape of gy", shape_text(most), shape_text(gy.shape));
}

void check_layout(const Arguments& args, const PlaneLayout& layout, int64_t channels) {
  Shape shape = {channels};
  for (const PlaneLayout::Axis& axis : layout.axes) {
    shape.push_back(axis.length);
    shape.push_back(static_cast<int64_t>(axis.residues.size()));
  }
  args.elements("padded input", shape);
}

bool suits_winograd(const ConvolutionSizes& sizes) {
  const auto& [depth, height, width] = sizes.axes;
  const auto is_suited = [](const WindowAxis& axis) { return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1; };
  return sizes.groups == 1 && depth.input == 1 && depth.output == 1 && depth.kernel == 1 && is_suited(height) &&
         is_suited(width) && is_winograd_worthwhile(sizes.channels, sizes.rows, sizes.images * sizes.outputs());
}

/// The forward convolution but for its operands.
WinogradProduct winograd_of(const ConvolutionSizes& sizes) {
  const auto& [depth, height, width] = sizes.axes;
  WinogradProduct product;
  product.images = sizes.images;
  product.depth_channels = sizes.channels;
  product.row_channels = sizes.rows;
  product.source_size = {height.input, width.input};
  product.before = {height.before, width.before};
  product.target_size = {height.output, width.output};
  product.weight_row = sizes.channels * 9;
  product.weight_channel = 9;
  return product;
}

/// convolution (x [n, c, s], weight [o, c/groups, k], bias? [o]) → [n, o, s'], with `activation` applied where it is given.
void convolution(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("convolution", inputs, outputs, 2, 3, 1);
  const TensorView& x = args.floating(0, "x");
  const TensorView& weight = args.floating(1, "weight");
  const ConvolutionSizes sizes = sizes_of(args, attributes, x.shape, weight.shape);
  const TensorView* bias = args.optional(2, "bias", {weight.shape[0]});
  TensorView& y =
      args.output(0, "output", window_output_shape(sizes.axes, sizes.images, weight.shape[0], x.rank() - 2));
  if (y.numel() == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Finish<T> finish = activation_of<T>(args, attributes);
    if constexpr (sizeof(T) == 4) {
      if (suits_winograd(sizes)) {
        WinogradProduct product = winograd_of(sizes);
        product.source = x.as<const T>();
        product.target = y.as<T>();
        product.weight = weight.as<const T>();
        product.bias = bias ? bias->as<const T>() : nullptr;
        product.finish = finish;
        if (run_winograd(product, context)) return;
      }
    }
    WindowProduct<T> product;
    product.images = sizes.images;
    product.groups = sizes.groups;
    product.depth_channels = sizes.channels;
    product.row_channels = sizes.rows;
    product.source = x.as<const T>();
    product.target = y.as<T>();
    product.layout = layout_of_input(sizes.axes);
    check_layout(args, product.layout, sizes.groups * sizes.channels);
    WindowPhase phase;
    for (size_t i = 0; i < 3; ++i) phase.count[i] = product.target_size[i] = sizes.axes[i].output;
    phase.offsets = tap_offsets(sizes.axes, product.layout);
    for (int64_t tap = 0; tap < sizes.taps(); ++tap) phase.taps.push_back(tap);
    product.phases.push_back(std::move(phase));
    product.weight = weight.as<const T>();
    product.weight_channel = sizes.taps();
    product.weight_row = sizes.channels * sizes.taps();
    product.weight_group = sizes.rows * product.weight_row;
    product.bias = bias ? bias->as<const T>() : nullptr;
    product.finish = finish;
    run_window_product(product, context);
  });
}

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

/// The inputs of one axis that leave the same residue modulo the stride, and the taps that reach them.
struct AxisPhase {
  int64_t first = 0;  // in steps of the stride: input index = stride·t + residue - before, t = first .. first + count - 1
  int64_t count = 0;
  int64_t residue = 0;
  std::vector<int64_t> taps;
  std::vector<int64_t> shifts;  // gy index = t - shift
};

std::vector<AxisPhase> axis_phases(const WindowAxis& axis) {
  std::vector<AxisPhase> phases;
  for (int64_t i = 0; i < std::min(axis.input, axis.stride); ++i) {
    AxisPhase phase;
    phase.first = floor_div(i + axis.before, axis.stride);
    phase.residue = i + axis.before - phase.first * axis.stride;
    phase.count = (axis.input - 1 - i) / axis.stride + 1;
    for (int64_t k = 0; k < axis.kernel; ++k) {
      if (k * axis.dilation % axis.stride != phase.residue) continue;
      phase.taps.push_back(k);
      phase.shifts.push_back(k * axis.dilation / axis.stride);
    }
    phases.push_back(std::move(phase));
  }
  return phases;
}

/// gy's layout on one axis: padded so that every tap of every phase stays inside.
PlaneLayout::Axis gradient_axis(const WindowAxis& axis, const std::vector<AxisPhase>& phases) {
  PlaneLayout::Axis plane;
  plane.source = axis.output;
  int64_t before = std::numeric_limits<int64_t>::min(), last = before, longest = 1;
  for (const AxisPhase& phase : phases) {
    longest = std::max(longest, phase.count);
    for (const int64_t shift : phase.shifts) {
      before = std::max(before, shift - phase.first);
      last = std::max(last, phase.first + phase.count - 1 - shift);
    }
  }
  if (before == std::numeric_limits<int64_t>::min()) before = last = 0;
  plane.before = before;
  plane.length = std::max(longest, last + before + 1);
  return plane;
}

/// Joins one phase per axis; tap and shift lists multiply.
WindowPhase joined_phase(const WindowAxes& axes, const PlaneLayout& layout,
                         const std::array<const AxisPhase*, 3>& parts) {
  WindowPhase phase;
  phase.offsets = {0};
  phase.taps = {0};
  for (size_t i = 0; i < 3; ++i) {
    const AxisPhase& part = *parts[i];
    phase.count[i] = part.count;
    phase.step[i] = axes[i].stride;
    phase.start[i] = part.first * axes[i].stride + part.residue - axes[i].before;
    std::vector<int64_t> offsets, taps;
    for (size_t outer = 0; outer < phase.taps.size(); ++outer)
      for (size_t k = 0; k < part.taps.size(); ++k) {
        offsets.push_back(phase.offsets[outer] * layout.axes[i].length + part.first - part.shifts[k] +
                          layout.axes[i].before);
        taps.push_back(phase.taps[outer] * axes[i].kernel + part.taps[k]);
      }
    phase.offsets = std::move(offsets);
    phase.taps = std::move(taps);
  }
  return phase;
}

/// convolution_input_gradient (gy [n, o, s'], weight, bias? [c]) → gx [n, c, s].
void convolution_input_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("convolution_input_gradient", inputs, outputs, 2, 3, 1);
  const TensorView& gy = args.floating(0, "gy");
  const TensorView& weight = args.floating(1, "weight");
  const Shape shape = attributes.integers("shape");
  args.elements("gx", shape);
  ConvolutionSizes sizes = sizes_of(args, attributes, shape, weight.shape);
  limit_output(args, sizes, gy, static_cast<int64_t>(shape.size()));
  const TensorView* bias = args.optional(2, "bias", {shape[1]});
  TensorView& gx = args.output(0, "output", shape);
  if (gx.numel() == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (sizeof(T) == 4) {
      if (suits_winograd(sizes)) {
        WinogradProduct product = winograd_of(sizes);
        std::swap(product.depth_channels, product.row_channels);
        std::swap(product.source_size, product.target_size);
        std::swap(product.weight_row, product.weight_channel);
        for (int64_t& before : product.before) before = 2 - before;
        product.is_flipped = true;
        product.source = gy.as<const T>();
        product.target = gx.as<T>();
        product.weight = weight.as<const T>();
        product.bias = bias ? bias->as<const T>() : nullptr;
        if (run_winograd(product, context)) return;
      }
    }
    WindowProduct<T> product;
    product.images = sizes.images;
    product.groups = sizes.groups;
    product.depth_channels = sizes.rows;
    product.row_channels = sizes.channels;
    product.source = gy.as<const T>();
    product.target = gx.as<T>();
    std::array<std::vector<AxisPhase>, 3> phases;
    for (size_t i = 0; i < 3; ++i) {
      phases[i] = axis_phases(sizes.axes[i]);
      product.layout.axes[i] = gradient_axis(sizes.axes[i], phases[i]);
      product.target_size[i] = sizes.axes[i].input;
    }
    check_layout(args, product.layout, sizes.groups * sizes.rows);
    for (const AxisPhase& d : phases[0])
      for (const AxisPhase& h : phases[1])
        for (const AxisPhase& w : phases[2])
          product.phases.push_back(joined_phase(sizes.axes, product.layout, {&d, &h, &w}));
    product.weight = weight.as<const T>();
    product.weight_row = sizes.taps();
    product.weight_channel = sizes.channels * sizes.taps();
    product.weight_group = sizes.rows * product.weight_channel;
    product.bias = bias ? bias->as<const T>() : nullptr;
    run_window_product(product, context);
  });
}

/// convolution_weight_gradient (gy, x) → gweight of `shape`.
void weight_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("convolution_weight_gradient", inputs, outputs, 2, 2, 1);
  const TensorView& gy = args.floating(0, "gy");
  const TensorView& x = args.floating(1, "x");
  const Shape shape = attributes.integers("shape");
  args.elements("gweight", shape);
  ConvolutionSizes sizes = sizes_of(args, attributes, x.shape, shape);
  limit_output(args, sizes, gy, x.rank());
  TensorView& gweight = args.output(0, "output", shape);
  if (gweight.numel() == 0) return;
  check_layout(args, layout_of_input(sizes.axes), sizes.groups * sizes.channels);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (sizeof(T) == 4) {
      if (suits_winograd(sizes)) {
        WinogradProduct product = winograd_of(sizes);
        product.source = x.as<const T>();
        if (run_winograd_weight_gradient(product, gy.as<const T>(), gweight.as<T>(), context)) return;
      }
    }
    convolution_weight_gradient(sizes, gy.as<const T>(), x.as<const T>(), gweight.as<T>(), context);
  });
}

constexpr OpEntry kOps[] = {
    {"convolution", 2, 3, 1, convolution},
    {"convolution_input_gradient", 2, 3, 1, convolution_input_gradient},
    {"convolution_weight_gradient", 2, 2, 1, weight_gradient},
};

}  // namespace

std::span<const OpEntry> convolution_ops() { return kOps; }

}  // namespace lazuli
