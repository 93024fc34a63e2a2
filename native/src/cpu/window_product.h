// Convolution as products over padded planes: output o of channel m is Σ_k weight[m, k]·plane[o + offset_k], so the
// register tiles read the planes directly and no matrix of patches is built. Serves the forward product (one phase) and
// the input gradient (one phase per residue of the stride).
#pragma once

#include <functional>

#include "product.h"
#include "window.h"

namespace lazuli {

/// The outputs start + t·step (t < count, per axis) that share one set of taps.
struct WindowPhase {
  std::array<int64_t, 3> count = {1, 1, 1};
  std::array<int64_t, 3> start = {0, 0, 0};
  std::array<int64_t, 3> step = {1, 1, 1};
  std::vector<int64_t> offsets;  // of the taps in a plane, for t = 0; none when no tap meets these outputs
  std::vector<int64_t> taps;     // their positions in the kernel

  int64_t outputs() const { return count[0] * count[1] * count[2]; }
};

template <typename T> struct WindowProduct {
  int64_t images = 0;
  int64_t groups = 1;
  int64_t depth_channels = 0;  // of the source, per group
  int64_t row_channels = 0;    // of the target, per group
  const T* source = nullptr;   // [images, groups·depth_channels, source plane]
  T* target = nullptr;         // [images, groups·row_channels, target plane]
  std::array<int64_t, 3> target_size = {1, 1, 1};
  PlaneLayout layout;
  std::vector<WindowPhase> phases;
  const T* weight = nullptr;  // element (group, row, depth channel, tap) lies at the sum of the strides, tap counted 1
  int64_t weight_group = 0, weight_row = 0, weight_channel = 0;
  const T* bias = nullptr;  // [groups·row_channels] or null
  Finish<T> finish = {};
};

template <typename T> void run_window_product(const WindowProduct<T>& product, const Context& context);

}  // namespace lazuli
