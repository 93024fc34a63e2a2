// What the ops of convolution.cc share with the weight gradient's loops in convolution_weight_gradient.cc.
#pragma once

#include "window.h"

namespace lazuli {

/// The sizes of one convolution, checked: x [n, groups·channels, s], weight [groups·rows, channels, k].
struct ConvolutionSizes {
  WindowAxes axes;
  int64_t images = 0;
  int64_t groups = 1;
  int64_t channels = 0;  // of x, per group
  int64_t rows = 0;      // of the convolution's output, per group

  int64_t taps() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }
  int64_t outputs() const { return axes[0].output * axes[1].output * axes[2].output; }
  int64_t inputs() const { return axes[0].input * axes[1].input * axes[2].input; }
};

/// gweight [groups·rows, channels, k] = Σ over images and outputs of gy ⊗ the inputs under the window.
/// Where x is not finite, taps whose window passes it only in padding may get NaN as well.
template <typename T>
void convolution_weight_gradient(const ConvolutionSizes& sizes, const T* gy, const T* x, T* gweight,
                                 const Context& context);

}  // namespace lazuli
