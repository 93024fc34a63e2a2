// What the normalizations over channels and those over rows share.
#pragma once

#include <algorithm>
#include <string>

#include "arguments.h"

namespace lazuli {

/// Elements worth handing to another thread.
inline constexpr int64_t kNormalizationWork = 16384;

inline int64_t normalization_grain(int64_t work) { return std::max<int64_t>(1, kNormalizationWork / std::max<int64_t>(work, 1)); }

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

inline Planes planes_of(const Arguments& args, const char* what, const TensorView& x) {
  args.expect_rank(what, x, 2, 64);
  if (x.shape[1] < 1) args.refuse(std::string("channels of ") + what, "at least 1", shape_text(x.shape));
  return {x.shape[0], x.shape[1], args.elements(what, Shape(x.shape.begin() + 2, x.shape.end()))};
}

}  // namespace lazuli
