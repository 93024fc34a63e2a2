// The vector steps optimizer updates are made of, named after the tensor methods torch.optim calls. Each
// rounds exactly where PyTorch's CPU kernels do, so explicit fused multiply-adds are part of the meaning.
#pragma once

#include <cstdint>

namespace lazuli {

/// The numbers of one Adam step, alike for all elements.
template <typename T> struct AdamUpdate {
  T one_minus_beta1, beta2, one_minus_beta2;
  T eps, bias_correction2_sqrt, negative_step_size;
  T coupled_decay = 0;  // added to the gradient, times the parameter
  T kept = 1;           // what decoupled decay leaves of the parameter
  bool maximize = false;
};

/// A gradient as the sum it is: of element i, Σ_k a[k·a_stride] · b[k·b_stride + i], in order.
template <typename T> struct GradientSum {
  int64_t depth = 0;
  const T* a = nullptr;
  int64_t a_stride = 0;
  const T* b = nullptr;
  int64_t b_stride = 0;
};

/// `y` may be any of the operands.
template <typename T> struct UpdateMath {
  /// y = alpha · a.
  void (*mul)(T alpha, const T* a, T* y, int64_t count);
  /// y = a + alpha · b, fused.
  void (*add)(const T* a, T alpha, const T* b, T* y, int64_t count);
  /// y = a + weight · (b - a), fused, from whichever end is nearer.
  void (*lerp)(const T* a, const T* b, T weight, T* y, int64_t count);
  /// y = a + (value · b) · c, the outer product and sum fused.
  void (*addcmul)(const T* a, T value, const T* b, const T* c, T* y, int64_t count);
  /// y = a + (value · b) / c.
  void (*addcdiv)(const T* a, T value, const T* b, const T* c, T* y, int64_t count);
  /// y = sqrt(a) / divisor + addend.
  void (*sqrt_div_add)(const T* a, T divisor, T addend, T* y, int64_t count);
  /// One step of Adam: parameter, gradient, both moments and (or null) the largest second moment.
  void (*adam)(const AdamUpdate<T>& update, T* p, const T* g, T* m, T* v, T* largest, int64_t count);
  /// y = the gradient, each element summed as the tiles of products do.
  void (*sum)(const GradientSum<T>& gradient, T* y, int64_t count);
};

}  // namespace lazuli
