// Window geometry and padded copies of planes; see window.h.
#include "window.h"

#include <algorithm>
#include <cstring>

namespace lazuli {
namespace {

constexpr int64_t kLargest = std::numeric_limits<int32_t>::max();

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

int64_t output_size(const WindowAxis& axis, bool with_ceil) {
  const int64_t room = axis.input + axis.before + axis.after - axis.reach();
  if (room < 0) return 0;
  if (!with_ceil) return room / axis.stride + 1;
  const int64_t size = (room + axis.stride - 1) / axis.stride + 1;
  // A window must start inside the input or the padding before it.
  return (size - 1) * axis.stride >= axis.input + axis.before ? size - 1 : size;
}

}  // namespace

WindowAxes window_axes(const Arguments& args, const Attributes& attributes, const Shape& x, const Shape& kernel,
                       bool with_dilation, bool with_ceil) {
  const auto rank = static_cast<int64_t>(x.size()) - 2;
  const std::vector<int64_t> stride = args.list(attributes, "stride", rank, 1);
  const std::vector<int64_t> padding = args.list(attributes, "padding", 2 * rank, -kLargest);
  const std::vector<int64_t> dilation =
      with_dilation ? args.list(attributes, "dilation", rank, 1) : std::vector<int64_t>(kernel.size(), 1);
  WindowAxes axes;
  for (int64_t i = 0; i < rank; ++i) {
    const auto index = static_cast<size_t>(i);
    WindowAxis& axis = axes[static_cast<size_t>(3 - rank + i)];
    axis = {x[index + 2], 0, kernel[index], stride[index], padding[2 * index], padding[2 * index + 1], dilation[index]};
    if (axis.kernel < 1 || axis.kernel > kLargest || axis.input > kLargest)
      args.refuse("kernel size", "1 to 2147483647 over at most as large an input", shape_text(kernel));
    axis.output = output_size(axis, with_ceil);
    if (axis.output < 1)
      args.refuse("window over spatial axis " + std::to_string(i),
                  "an input of at least " + std::to_string(axis.reach() - axis.before - axis.after),
                  std::to_string(axis.input));
  }
  return axes;
}

Shape window_output_shape(const WindowAxes& axes, int64_t batch, int64_t channels, int64_t spatial_rank) {
  Shape shape = {batch, channels};
  for (int64_t i = 3 - spatial_rank; i < 3; ++i) shape.push_back(axes[static_cast<size_t>(i)].output);
  return shape;
}

bool PlaneLayout::is_plain() const {
  return std::all_of(axes.begin(), axes.end(), [](const Axis& axis) {
    return axis.length == axis.source && axis.stride == 1 && axis.before == 0 && axis.residues.size() == 1;
  });
}

template <typename T> void copy_plane(const PlaneLayout& layout, const T* from, T* to) {
  const auto& [depth, height, width] = layout.axes;
  const auto row = [&](const T* source, int64_t residue) {
    const int64_t shift = residue - width.before;
    const int64_t begin = std::clamp<int64_t>(-floor_div(shift, width.stride), 0, width.length);
    const int64_t end = std::clamp<int64_t>(-floor_div(shift - width.source, width.stride), begin, width.length);
    std::fill(to, to + begin, T{0});
    if (width.stride == 1) {
      if (end > begin) std::memcpy(to + begin, source + begin + shift, static_cast<size_t>(end - begin) * sizeof(T));
    } else if (width.stride == 2) {
      for (int64_t i = begin; i < end; ++i) to[i] = source[i * 2 + shift];
    } else {
      for (int64_t i = begin; i < end; ++i) to[i] = source[i * width.stride + shift];
    }
    std::fill(to + end, to + width.length, T{0});
    to += width.length;
  };
  for (const int64_t residue_d : depth.residues)
    for (const int64_t residue_h : height.residues)
      for (const int64_t residue_w : width.residues)
        for (int64_t d = 0; d < depth.length; ++d)
          for (int64_t h = 0; h < height.length; ++h) {
            const int64_t source_d = d * depth.stride + residue_d - depth.before;
            const int64_t source_h = h * height.stride + residue_h - height.before;
            if (source_d < 0 || source_d >= depth.source || source_h < 0 || source_h >= height.source) {
              std::fill(to, to + width.length, T{0});
              to += width.length;
            } else {
              row(from + (source_d * height.source + source_h) * width.source, residue_w);
            }
          }
}

template <typename T> void copy_inside(const PlaneLayout& layout, const T* from, T* to) {
  const auto& [depth, height, width] = layout.axes;
  for (const PlaneLayout::Axis& axis : layout.axes)
    if (axis.stride != 1) return copy_plane(layout, from, to);
  const auto inside = [](const PlaneLayout::Axis& axis, int64_t at) { return std::clamp<int64_t>(at, 0, axis.length); };
  const int64_t begin = inside(width, width.before), count = inside(width, width.before + width.source) - begin;
  for (int64_t d = inside(depth, depth.before); d < inside(depth, depth.before + depth.source); ++d)
    for (int64_t h = inside(height, height.before); h < inside(height, height.before + height.source); ++h) {
      const T* source = from + ((d - depth.before) * height.source + h - height.before) * width.source + begin - width.before;
      T* target = to + (d * height.length + h) * width.length + begin;
      // Short lines: a call of memcpy would cost more than the copy.
      for (int64_t i = 0; i < count; ++i) target[i] = source[i];
    }
}

PlaneLayout layout_of_input(const WindowAxes& axes) {
  PlaneLayout layout;
  for (size_t i = 0; i < 3; ++i) {
    const WindowAxis& axis = axes[i];
    PlaneLayout::Axis& plane = layout.axes[i];
    plane.source = axis.input;
    plane.stride = axis.stride;
    plane.before = axis.before;
    plane.length = axis.output + (axis.kernel - 1) * axis.dilation / axis.stride;
    plane.residues.clear();
    for (int64_t k = 0; k < std::min(axis.kernel, axis.stride); ++k) {
      const int64_t residue = k * axis.dilation % axis.stride;
      if (std::find(plane.residues.begin(), plane.residues.end(), residue) != plane.residues.end()) break;
      plane.residues.push_back(residue);
    }
  }
  return layout;
}

std::vector<int64_t> tap_offsets(const WindowAxes& axes, const PlaneLayout& layout) {
  std::vector<int64_t> offsets = {0};
  std::vector<int64_t> places = {0};  // of the sub-plane
  for (size_t i = 0; i < 3; ++i) {
    const auto& residues = layout.axes[i].residues;
    std::vector<int64_t> next_offsets, next_places;
    for (size_t before = 0; before < offsets.size(); ++before)
      for (int64_t k = 0; k < axes[i].kernel; ++k) {
        const int64_t at = k * axes[i].dilation;
        const auto residue = std::find(residues.begin(), residues.end(), at % axes[i].stride) - residues.begin();
        next_offsets.push_back(offsets[before] * layout.axes[i].length + at / axes[i].stride);
        next_places.push_back(places[before] * static_cast<int64_t>(residues.size()) + residue);
      }
    offsets = std::move(next_offsets);
    places = std::move(next_places);
  }
  for (size_t i = 0; i < offsets.size(); ++i) offsets[i] += places[i] * layout.sub_elements();
  return offsets;
}

template void copy_plane<float>(const PlaneLayout&, const float*, float*);
template void copy_plane<double>(const PlaneLayout&, const double*, double*);
template void copy_inside<float>(const PlaneLayout&, const float*, float*);
template void copy_inside<double>(const PlaneLayout&, const double*, double*);

}  // namespace lazuli
