// Convolutions of planes by 3×3 kernels with stride 1 in 4/9 of the products, for float32 with enough channels that the
// transforms cost less than they save. Errors are about those of the direct sums (docs/benchmarks/winograd-error.md).
#pragma once

#include <array>

#include "product.h"

namespace lazuli {

/// target[n, m] = Σ_c source[n, c] ⋆ weight[m, c] + bias[m]: a convolution, or its input gradient with flipped kernels.
struct WinogradProduct {
  int64_t images = 0;
  int64_t depth_channels = 0;
  int64_t row_channels = 0;
  const float* source = nullptr;  // [images, depth_channels, source_size]
  std::array<int64_t, 2> source_size = {};
  std::array<int64_t, 2> before = {};  // padding
  float* target = nullptr;             // [images, row_channels, target_size]
  std::array<int64_t, 2> target_size = {};
  const float* weight = nullptr;  // element (row, channel, tap) lies at the sum of the strides, tap counted 1
  int64_t weight_row = 0, weight_channel = 0;
  bool is_flipped = false;
  const float* bias = nullptr;
  Finish<float> finish = {};
};

/// Whether so many channels and outputs are worth the transforms.
bool is_winograd_worthwhile(int64_t depth_channels, int64_t row_channels, int64_t outputs);

/// False where some result is not finite: the direct sums then decide which ones really are not.
bool run_winograd(const WinogradProduct& product, const Context& context);

/// gweight [row_channels, depth_channels, 3, 3] of the same convolution, from x (its source) and gy (its target's
/// gradient); the product's target, weight, bias and finish are not looked at. False as above.
bool run_winograd_weight_gradient(const WinogradProduct& product, const float* gy, float* gweight, const Context& context);

}  // namespace lazuli
