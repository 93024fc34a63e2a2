// Pooling over sliding windows and its gradients, threaded over planes. A row of outputs is computed tap by tap, so the inner loops
// run along contiguous outputs.
#include <algorithm>
#include <atomic>
#include <cmath>

#include "families.h"
#include "isa/isa_kernels.h"
#include "pooling.h"
#include "window.h"

namespace lazuli {
namespace {

constexpr int64_t kRowChunk = 128;  // outputs of a row computed at once, on the stack

int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0 && (a < 0) == (b < 0)); }

/// The outputs [begin, end) whose tap `k` lies inside the input.
struct Outputs1 {
  int64_t begin, end;
};
Outputs1 inside(const WindowAxis& axis, int64_t k, int64_t from, int64_t to) {
  const int64_t shift = axis.before - k * axis.dilation;
  const int64_t begin = std::clamp(ceil_div(shift, axis.stride), from, to);
  return {begin, std::clamp(ceil_div(axis.input + shift, axis.stride), begin, to)};
}

/// Calls row(first input of the row, taps' number of the row's first tap) for each kernel row that meets the input.
template <typename Row>
void each_kernel_row(const WindowAxes& axes, int64_t output_d, int64_t output_h, Row&& row) {
  for (int64_t kd = 0; kd < axes[0].kernel; ++kd) {
    const int64_t d = output_d * axes[0].stride - axes[0].before + kd * axes[0].dilation;
    if (d < 0 || d >= axes[0].input) continue;
    for (int64_t kh = 0; kh < axes[1].kernel; ++kh) {
      const int64_t h = output_h * axes[1].stride - axes[1].before + kh * axes[1].dilation;
      if (h >= 0 && h < axes[1].input) row((d * axes[1].input + h) * axes[2].input);
    }
  }
}

int64_t input_elements(const WindowAxes& axes) { return axes[0].input * axes[1].input * axes[2].input; }
int64_t output_elements(const WindowAxes& axes) { return axes[0].output * axes[1].output * axes[2].output; }

/// Kernel sizes are an attribute here; stride, padding and dilation as for a convolution.
WindowAxes pooling_axes(const Arguments& args, const Attributes& attributes, const Shape& x, bool with_dilation) {
  if (x.size() < 3 || x.size() > 5) args.refuse("rank of x", "3 to 5", shape_text(x));
  const auto rank = static_cast<int64_t>(x.size()) - 2;
  const Shape kernel = args.list(attributes, "kernel", rank, 1);
  args.list(attributes, "padding", 2 * rank, 0);
  const WindowAxes axes =
      window_axes(args, attributes, x, kernel, with_dilation, attributes.boolean("ceil_mode"));
  for (const WindowAxis& axis : axes)
    if (axis.kernel > axis.input + axis.before + axis.after)
      args.refuse("kernel size", "at most the padded input " + std::to_string(axis.input + axis.before + axis.after),
                  std::to_string(axis.kernel));
  return axes;
}

template <typename T, typename Index>
void max_pool_plane(const WindowAxes& axes, const T* x, T* y, int64_t* indices) {
  const WindowAxis& width = axes[2];
  T best[kRowChunk];
  Index place[kRowChunk];
  for (int64_t d = 0; d < axes[0].output; ++d)
    for (int64_t h = 0; h < axes[1].output; ++h)
      for (int64_t start = 0; start < width.output; start += kRowChunk) {
        const int64_t count = std::min(kRowChunk, width.output - start);
        std::fill_n(best, count, -std::numeric_limits<T>::infinity());
        std::fill_n(place, count, Index{-1});
        each_kernel_row(axes, d, h, [&](int64_t row) {
          for (int64_t k = 0; k < width.kernel; ++k) {
            const auto [begin, end] = inside(width, k, start, start + count);
            const auto first = static_cast<Index>(row + begin * width.stride - width.before + k * width.dilation);
            const auto stride = static_cast<Index>(width.stride);
            T* best_at = best + (begin - start);
            Index* place_at = place + (begin - start);
            const T* from = x + first;
            // The first tap of a window is its place even when all of it is -inf; the last NaN wins.
            for (Index i = 0; i < static_cast<Index>(end - begin); ++i) {
              const T value = from[i * stride];
              const bool is_better = value > best_at[i] || value != value || place_at[i] < 0;
              best_at[i] = is_better ? value : best_at[i];
              place_at[i] = is_better ? first + i * stride : place_at[i];
            }
          }
        });
        std::copy_n(best, count, y);
        std::copy_n(place, count, indices);
        y += count;
        indices += count;
      }
}

/// 2×2 windows side by side, by far the most usual ones.
bool is_squares(const WindowAxes& axes) {
  const auto is_pair = [](const WindowAxis& axis) {
    return axis.kernel == 2 && axis.stride == 2 && axis.before == 0 && axis.dilation == 1 &&
           2 * axis.output <= axis.input;
  };
  return axes[0].kernel == 1 && axes[0].stride == 1 && axes[0].output == axes[0].input && is_pair(axes[1]) &&
         is_pair(axes[2]);
}

template <typename T> void max_pool_squares(const WindowAxes& axes, const T* x, T* y, int64_t* indices) {
  const auto pool = isa_kernels().rows<T>().max_pool_squares;
  const int64_t width = axes[2].input, count = axes[2].output;
  for (int64_t d = 0; d < axes[0].output; ++d)
    for (int64_t h = 0; h < axes[1].output; ++h) {
      const int64_t first = (d * axes[1].input + 2 * h) * width;
      pool(x + first, x + first + width, y, indices, first, width, count);
      y += count;
      indices += count;
    }
}

/// max_pool (x [n, c, s]) → (y, indices). A window without any input (possible with dilation) gives -inf and -1.
void max_pool(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("max_pool", inputs, outputs, 1, 1, 2);
  const TensorView& x = args.floating(0, "x");
  const WindowAxes axes = pooling_axes(args, attributes, x.shape, true);
  const Shape shape = window_output_shape(axes, x.shape[0], x.shape[1], x.rank() - 2);
  TensorView& y = args.output(0, "y", shape);
  TensorView& indices = args.output(1, "indices", shape, DType::int64);
  const int64_t size = input_elements(axes), output_size = output_elements(axes);
  if (y.numel() == 0) return;
  if (size == 0) args.refuse("spatial sizes of x", "at least 1", shape_text(x.shape));
  const int64_t work = output_size * axes[0].kernel * axes[1].kernel * axes[2].kernel;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_plane(x.shape[0] * x.shape[1], work, context, [&](int64_t plane) {
      const T* from = x.as<const T>() + plane * size;
      T* to = y.as<T>() + plane * output_size;
      int64_t* places = indices.as<int64_t>() + plane * output_size;
      if (is_squares(axes) && size < (1 << 30)) max_pool_squares(axes, from, to, places);
      else if (sizeof(T) == 4 && size < (1 << 30)) max_pool_plane<T, int32_t>(axes, from, to, places);
      else max_pool_plane<T, int64_t>(axes, from, to, places);
    });
  });
}

/// The gradient of a plane [height, width] that squares [height / 2, width / 2] cover; false, with gx holding anything, where a
/// place is not in its square.
template <typename T> bool scatter_squares(const T* gy, const int64_t* places, int64_t height, int64_t width, T* gx) {
  const auto scatter = isa_kernels().rows<T>().scatter_square_row;
  for (int64_t h = 0; h < height; h += 2, gy += width / 2, places += width / 2)
    if (!scatter(gy, places, h * width, width, gx + h * width, gx + (h + 1) * width, width / 2)) return false;
  return true;
}

/// max_pool_gradient (gy, indices) → gx of `shape`.
void max_pool_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("max_pool_gradient", inputs, outputs, 2, 2, 1);
  const TensorView& gy = args.floating(0, "gy");
  args.expect_rank("gy", gy, 3, 5);
  const TensorView& indices = args.typed(1, "indices", DType::int64);
  args.expect_shape("indices", indices, gy.shape);
  const Shape shape = attributes.integers("shape");
  if (shape.size() != gy.shape.size() || shape[0] != gy.shape[0] || shape[1] != gy.shape[1])
    args.refuse("shape", "batch and channels of gy " + shape_text(gy.shape), shape_text(shape));
  TensorView& gx = args.output(0, "gx", shape);
  const int64_t planes = shape[0] * shape[1];
  if (planes == 0) return;
  const int64_t size = gx.numel() / planes, output_size = gy.numel() / planes;
  const bool has_squares = shape.size() == 4 && shape[2] == 2 * gy.shape[2] && shape[3] == 2 * gy.shape[3] && size < (1 << 30);
  std::atomic<int64_t> wrong{-1};
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_plane(planes, size + output_size, context, [&](int64_t plane) {
      T* to = gx.as<T>() + plane * size;
      const T* from = gy.as<const T>() + plane * output_size;
      const int64_t* places = indices.as<const int64_t>() + plane * output_size;
      if (has_squares && scatter_squares(from, places, shape[2], shape[3], to)) return;
      std::fill_n(to, size, T{0});
      for (int64_t i = 0; i < output_size; ++i) {
        if (places[i] >= 0 && places[i] < size) to[places[i]] += from[i];
        else if (places[i] != -1) wrong.store(plane * output_size + i, std::memory_order_relaxed);
      }
    });
  });
  if (const int64_t at = wrong.load(); at >= 0)
    args.refuse("index", "-1 to " + std::to_string(size - 1), std::to_string(indices.as<const int64_t>()[at]));
}

/// What an average over a window is divided by, from the lengths per axis.
struct Divisor {
  bool includes_padding = true;
  int64_t fixed = 0;  // divisor_override, or 0

  int64_t length(const WindowAxis& axis, int64_t output) const {
    const int64_t start = output * axis.stride - axis.before;
    if (includes_padding) return std::min(start + axis.kernel, axis.input + axis.after) - start;
    return std::min(start + axis.kernel, axis.input) - std::max<int64_t>(start, 0);
  }
  template <typename T> T of(const WindowAxes& axes, int64_t d, int64_t h, int64_t w) const {
    if (fixed > 0) return static_cast<T>(fixed);
    const int64_t count = length(axes[0], d) * length(axes[1], h) * length(axes[2], w);
    return static_cast<T>(std::max<int64_t>(count, 1));
  }
};

Divisor divisor_of(const Arguments& args, const Attributes& attributes) {
  Divisor divisor;
  divisor.includes_padding = attributes.boolean("count_include_pad");
  if (!attributes.is_null("divisor_override"))
    divisor.fixed = args.integer(attributes, "divisor_override", 1, int64_t{1} << 53);
  return divisor;
}

template <typename T> void avg_pool_plane(const WindowAxes& axes, const Divisor& divisor, const T* x, T* y) {
  const WindowAxis& width = axes[2];
  T sums[kRowChunk];
  for (int64_t d = 0; d < axes[0].output; ++d)
    for (int64_t h = 0; h < axes[1].output; ++h)
      for (int64_t start = 0; start < width.output; start += kRowChunk) {
        const int64_t count = std::min(kRowChunk, width.output - start);
        std::fill_n(sums, count, T{0});
        each_kernel_row(axes, d, h, [&](int64_t row) {
          for (int64_t k = 0; k < width.kernel; ++k) {
            const auto [begin, end] = inside(width, k, start, start + count);
            const T* from = x + row + begin * width.stride - width.before + k;
            for (int64_t i = 0; i < end - begin; ++i) sums[begin - start + i] += from[i * width.stride];
          }
        });
        for (int64_t i = 0; i < count; ++i) *y++ = sums[i] / divisor.of<T>(axes, d, h, start + i);
      }
}

template <typename T> void avg_pool_gradient_plane(const WindowAxes& axes, const Divisor& divisor, const T* gy, T* gx) {
  const WindowAxis& width = axes[2];
  std::fill_n(gx, input_elements(axes), T{0});
  T shares[kRowChunk];
  for (int64_t d = 0; d < axes[0].output; ++d)
    for (int64_t h = 0; h < axes[1].output; ++h)
      for (int64_t start = 0; start < width.output; start += kRowChunk) {
        const int64_t count = std::min(kRowChunk, width.output - start);
        for (int64_t i = 0; i < count; ++i) shares[i] = *gy++ / divisor.of<T>(axes, d, h, start + i);
        each_kernel_row(axes, d, h, [&](int64_t row) {
          for (int64_t k = 0; k < width.kernel; ++k) {
            const auto [begin, end] = inside(width, k, start, start + count);
            T* to = gx + row + begin * width.stride - width.before + k;
            for (int64_t i = 0; i < end - begin; ++i) to[i * width.stride] += shares[begin - start + i];
          }
        });
      }
}

/// avg_pool (x) → y.
void avg_pool(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("avg_pool", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.floating(0, "x");
  const WindowAxes axes = pooling_axes(args, attributes, x.shape, false);
  const Divisor divisor = divisor_of(args, attributes);
  TensorView& y = args.output(0, "y", window_output_shape(axes, x.shape[0], x.shape[1], x.rank() - 2));
  const int64_t size = input_elements(axes), output_size = output_elements(axes);
  if (y.numel() == 0) return;
  const int64_t work = output_size * axes[0].kernel * axes[1].kernel * axes[2].kernel;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_plane(x.shape[0] * x.shape[1], work, context, [&](int64_t plane) {
      avg_pool_plane(axes, divisor, x.as<const T>() + plane * size, y.as<T>() + plane * output_size);
    });
  });
}

/// avg_pool_gradient (gy) → gx of `shape`.
void avg_pool_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("avg_pool_gradient", inputs, outputs, 1, 1, 1);
  const TensorView& gy = args.floating(0, "gy");
  const Shape shape = attributes.integers("shape");
  args.elements("gx", shape);
  const WindowAxes axes = pooling_axes(args, attributes, shape, false);
  const Divisor divisor = divisor_of(args, attributes);
  args.expect_shape("gy", gy,
                    window_output_shape(axes, shape[0], shape[1], static_cast<int64_t>(shape.size()) - 2));
  TensorView& gx = args.output(0, "gx", shape);
  const int64_t size = input_elements(axes), output_size = output_elements(axes);
  if (gx.numel() == 0) return;
  const int64_t work = output_size * axes[0].kernel * axes[1].kernel * axes[2].kernel;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_plane(shape[0] * shape[1], work, context, [&](int64_t plane) {
      avg_pool_gradient_plane(axes, divisor, gy.as<const T>() + plane * output_size, gx.as<T>() + plane * size);
    });
  });
}

constexpr OpEntry kOps[] = {
    {"max_pool", 1, 1, 2, max_pool},
    {"max_pool_gradient", 2, 2, 1, max_pool_gradient},
    {"avg_pool", 1, 1, 1, avg_pool},
    {"avg_pool_gradient", 1, 1, 1, avg_pool_gradient},
};

}  // namespace

std::span<const OpEntry> pooling_ops() { return kOps; }

}  // namespace lazuli
