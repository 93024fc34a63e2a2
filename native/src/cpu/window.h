// The geometry of sliding windows over up to three spatial axes, shared by convolution and pooling: sizes, checks, and
// planes copied with their padding so that every tap of a window lies at one constant offset.
#pragma once

#include <array>

#include "arguments.h"

namespace lazuli {

/// One spatial axis. Padding may be negative (the input is then cropped).
struct WindowAxis {
  int64_t input = 1;
  int64_t output = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t before = 0;
  int64_t after = 0;
  int64_t dilation = 1;

  int64_t reach() const { return dilation * (kernel - 1) + 1; }
};

/// Always three axes; a 1-D or 2-D window has leading axes of size 1.
using WindowAxes = std::array<WindowAxis, 3>;

/// Reads stride, padding and dilation, with the sizes of x ([n, c, s]) and of the kernel; fills in the output sizes.
/// Refuses windows that do not fit. `with_ceil` rounds up as torch's ceil_mode does.
WindowAxes window_axes(const Arguments& args, const Attributes& attributes, const Shape& x, const Shape& kernel,
                       bool with_dilation, bool with_ceil);

/// [n, channels, spatial output sizes], as many of them as x has.
Shape window_output_shape(const WindowAxes& axes, int64_t batch, int64_t channels, int64_t spatial_rank);

/// How one padded plane is stored: for every combination of residues (of the padded index modulo the stride) a
/// sub-plane of `length` per axis, so that a step of one output is a step of one element.
struct PlaneLayout {
  struct Axis {
    int64_t source = 1;
    int64_t length = 1;
    int64_t stride = 1;
    int64_t before = 0;
    std::vector<int64_t> residues = {0};
  };
  std::array<Axis, 3> axes;

  int64_t sub_elements() const { return axes[0].length * axes[1].length * axes[2].length; }
  int64_t elements() const {
    return sub_elements() *
           static_cast<int64_t>(axes[0].residues.size() * axes[1].residues.size() * axes[2].residues.size());
  }
  int64_t source_elements() const { return axes[0].source * axes[1].source * axes[2].source; }
  /// Whether the copy would be the plane itself.
  bool is_plain() const;
};

/// Copies one plane into its padded layout; what lies outside the plane is 0.
template <typename T> void copy_plane(const PlaneLayout& layout, const T* from, T* to);

/// The same into a plane whose padding is 0 already, which it stays.
template <typename T> void copy_inside(const PlaneLayout& layout, const T* from, T* to);

/// The layout in which output o's tap k lies at o + tap_offsets(...)[k].
PlaneLayout layout_of_input(const WindowAxes& axes);
/// The offsets of all taps, the last axis fastest, in the layout of layout_of_input.
std::vector<int64_t> tap_offsets(const WindowAxes& axes, const PlaneLayout& layout);

}  // namespace lazuli
