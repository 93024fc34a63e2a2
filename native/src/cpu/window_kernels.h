// The interface between the convolutions of few channels and their inner loops, compiled once per instruction set: vectors of
// neighbouring outputs, each tap of a window added to several of them.
#pragma once

#include <cstdint>

namespace lazuli {

/// y[targets[v] + c·y_stride + l] = bias[c] + Σ_k weight[k·weight_stride + c] · x[sources[v] + offsets[k] + l], for c < channels,
/// v < vectors and l < width <= lanes. All lanes of x are read. Vectors may overlap: they are given the same numbers.
template <typename T> struct WindowArguments {
  int64_t depth = 0;
  const T* x = nullptr;
  const int64_t* offsets = nullptr;
  const T* weight = nullptr;
  int64_t weight_stride = 0;
  const T* bias = nullptr;  // [channels] or null
  T* y = nullptr;
  int64_t y_stride = 0;
  int channels = 0;
  const int64_t* sources = nullptr;
  const int64_t* targets = nullptr;
  int vectors = 0;
  int width = 0;
};

/// A plane of windows of 3×3 neighbours, one channel: y[i·y_line + j] = bias + Σ_{r, k < 3} weight[3r + k] · x[(i + r)·x_line + j + k]
/// for i < lines and j < width. All lanes of the last vector of a line of x are read.
template <typename T> struct SquareArguments {
  const T* x = nullptr;
  int64_t x_line = 0;
  const T* weight = nullptr;
  T bias = 0;
  T* y = nullptr;
  int64_t y_line = 0;
  int64_t lines = 0;
  int64_t width = 0;
};

/// The weight gradient of such a plane, a vector of partial sums for each of the nine taps: sums[(3r + k)·lanes + l] += Σ over i < lines
/// and j ≡ l (mod lanes) of gy[i·gy_line + j] · x[(i + r)·x_line + j + k], j < width. No other element is read.
template <typename T> struct SquareSums {
  const T* x = nullptr;
  int64_t x_line = 0;
  const T* gy = nullptr;
  int64_t gy_line = 0;
  int64_t lines = 0;
  int64_t width = 0;
  T* sums = nullptr;
};

template <typename T> struct WindowKernels {
  int lanes;
  void (*windows)(const WindowArguments<T>&);
  void (*squares)(const SquareArguments<T>&);
  void (*square_sums)(const SquareSums<T>&);
};

}  // namespace lazuli
