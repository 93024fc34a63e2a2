// The inner loops of window_kernels.h, written once with vector extensions and compiled by every instruction set's source file.
#pragma once

#include "../window_kernels.h"
#include "product_kernels_simd.h"

namespace lazuli {
namespace {
namespace window_simd {

using product_simd::broadcast;
using product_simd::kLanes;
using product_simd::load;
using product_simd::load_first;
using product_simd::multiply_add;
using product_simd::store;
using product_simd::store_first;
using product_simd::Vector;

// Channels share what is read of x, vectors share the weights: together as many sums as hide the latency of a multiply-add.
#if defined(__AVX512F__) || defined(__ARM_NEON)
inline constexpr int kChannels = 4, kVectorsOf[] = {0, 8, 8, 6, 5};  // vectors by channels, of 32 registers
#else
inline constexpr int kChannels = 3, kVectorsOf[] = {0, 8, 6, 4};  // of 16
#endif

template <typename T, int channels, int vectors> void windows_of(const WindowArguments<T>& w, int channel, int first) {
  // Read before the first result is written, which may alias anything for all the compiler knows.
  const int64_t* const offsets = w.offsets;
  const int64_t depth = w.depth, stride = w.weight_stride, y_stride = w.y_stride, width = w.width;
  const T* weight = w.weight + channel;
  T* const y = w.y + channel * y_stride;
  Vector<T> sum[channels][vectors];
  const T* x[vectors];
  int64_t targets[vectors];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) {
    x[v] = w.x + w.sources[first + v];
    targets[v] = w.targets[first + v];
#pragma GCC unroll 4
    for (int c = 0; c < channels; ++c) sum[c][v] = w.bias ? broadcast<T>(w.bias[channel + c]) : Vector<T>{};
  }
  for (int64_t k = 0; k < depth; ++k, weight += stride) {
    const int64_t offset = offsets[k];
    Vector<T> value[channels];
#pragma GCC unroll 4
    for (int c = 0; c < channels; ++c) value[c] = broadcast<T>(weight[c]);
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      const Vector<T> from = load(x[v] + offset);
#pragma GCC unroll 4
      for (int c = 0; c < channels; ++c) sum[c][v] = multiply_add<T>(value[c], from, sum[c][v]);
    }
  }
  const auto finish = [&](auto&& put) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int c = 0; c < channels; ++c)
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) put(y + targets[v] + c * y_stride, sum[c][v]);
  };
  if (width == kLanes<T>) finish([](T* to, Vector<T> value) { store(to, value); });
  else finish([width](T* to, Vector<T> value) { store_first(to, value, width); });
}

/// The last of the vectors, at most `most` of them.
template <typename T, int channels, int most> void rest_of(const WindowArguments<T>& w, int channel, int first) {
  if constexpr (most > 1) {
    if (w.vectors - first < most) return rest_of<T, channels, most - 1>(w, channel, first);
  }
  windows_of<T, channels, most>(w, channel, first);
}

/// The last of the channels, at most `most` of them.
template <typename T, int most> void channels_of(const WindowArguments<T>& w, int channel) {
  if constexpr (most > 1) {
    if (w.channels - channel < most) return channels_of<T, most - 1>(w, channel);
  }
  constexpr int vectors = kVectorsOf[most];
  for (int first = 0; first < w.vectors; first += vectors) rest_of<T, most, vectors>(w, channel, first);
}

template <typename T> void windows(const WindowArguments<T>& w) {
  for (int channel = 0; channel < w.channels; channel += kChannels) channels_of<T, kChannels>(w, channel);
}

/// `columns` vectors of each line, from its column `at` on. The sums of three lines are under way at once.
template <typename T, int columns, typename Put>
inline void squares_of(const SquareArguments<T>& s, const int64_t* at, Put&& put) {
  Vector<T> weight[9], upper[columns], middle[columns], lower[columns];
#pragma GCC unroll 9
  for (int k = 0; k < 9; ++k) weight[k] = broadcast<T>(s.weight[k]);
  const T bias = s.bias;
#pragma GCC unroll 2
  for (int v = 0; v < columns; ++v) upper[v] = middle[v] = lower[v] = broadcast<T>(bias);
  const T* x = s.x;
  T* y = s.y - 2 * s.y_line;
  for (int64_t line = -2; line < s.lines; ++line, x += s.x_line, y += s.y_line) {
#pragma GCC unroll 2
    for (int v = 0; v < columns; ++v) {
#pragma GCC unroll 3
      for (int k = 0; k < 3; ++k) {
        const Vector<T> from = load(x + at[v] + k);
        upper[v] = multiply_add<T>(weight[6 + k], from, upper[v]);
        middle[v] = multiply_add<T>(weight[3 + k], from, middle[v]);
        lower[v] = multiply_add<T>(weight[k], from, lower[v]);
      }
      if (line >= 0) put(y + at[v], upper[v]);
      upper[v] = middle[v];
      middle[v] = lower[v];
      lower[v] = broadcast<T>(bias);
    }
  }
}

template <typename T> void squares(const SquareArguments<T>& s) {
  constexpr int lanes = kLanes<T>;
  if (s.width < lanes) {
    const int64_t start = 0;
    return squares_of<T, 1>(s, &start, [&](T* to, Vector<T> value) { store_first(to, value, s.width); });
  }
  const auto put = [](T* to, Vector<T> value) { store(to, value); };
  // The last vector ends where the line does.
  for (int64_t first = 0; first < s.width; first += 2 * lanes) {
    const int64_t at[2] = {first < s.width - lanes ? first : s.width - lanes,
                           first + lanes < s.width - lanes ? first + lanes : s.width - lanes};
    if (at[0] == at[1]) squares_of<T, 1>(s, at, put);
    else squares_of<T, 2>(s, at, put);
  }
}

/// Adds what `columns` vectors of each line of gy, from its column `at` on, give; the last has `rest` elements. A line of x meets the
/// three lines of gy whose windows it lies in.
template <typename T, int columns, bool is_whole>
inline void square_sums_of(const SquareSums<T>& s, int64_t at, int64_t rest, Vector<T> (&sum)[9]) {
  const auto get = [rest](const T* from, int v) __attribute__((always_inline)) {
    return is_whole || v < columns - 1 ? load(from + v * kLanes<T>) : load_first(from + v * kLanes<T>, rest);
  };
  Vector<T> first[columns], second[columns], third[columns];
#pragma GCC unroll 2
  for (int v = 0; v < columns; ++v) first[v] = second[v] = third[v] = Vector<T>{};
  const T *x = s.x + at, *gy = s.gy + at;
  const int64_t lines = s.lines;
  for (int64_t line = 0; line < lines + 2; ++line, x += s.x_line, gy += s.gy_line) {
#pragma GCC unroll 2
    for (int v = 0; v < columns; ++v) {
      third[v] = second[v];
      second[v] = first[v];
      if (line < lines) first[v] = get(gy, v);
    }
    // Products with lines that are not there would be 0, but for infinite numbers.
    const auto add = [&](bool is_first, bool is_second, bool is_third) __attribute__((always_inline)) {
#pragma GCC unroll 2
      for (int v = 0; v < columns; ++v)
#pragma GCC unroll 3
        for (int k = 0; k < 3; ++k) {
          const Vector<T> from = get(x + k, v);
          if (is_first) sum[k] = multiply_add<T>(first[v], from, sum[k]);
          if (is_second) sum[3 + k] = multiply_add<T>(second[v], from, sum[3 + k]);
          if (is_third) sum[6 + k] = multiply_add<T>(third[v], from, sum[6 + k]);
        }
    };
    if (line >= 2 && line < lines) add(true, true, true);
    else add(line < lines, line >= 1 && line <= lines, line >= 2);
  }
}

template <typename T> void square_sums(const SquareSums<T>& s) {
  constexpr int64_t lanes = kLanes<T>;
  Vector<T> sum[9];
#pragma GCC unroll 9
  for (int k = 0; k < 9; ++k) sum[k] = load(s.sums + k * lanes);
  int64_t at = 0;
  for (; s.width - at >= 2 * lanes; at += 2 * lanes) square_sums_of<T, 2, true>(s, at, lanes, sum);
  const int64_t rest = s.width - at;
  if (rest > lanes) square_sums_of<T, 2, false>(s, at, rest - lanes, sum);
  else if (rest == lanes) square_sums_of<T, 1, true>(s, at, rest, sum);
  else if (rest > 0) square_sums_of<T, 1, false>(s, at, rest, sum);
#pragma GCC unroll 9
  for (int k = 0; k < 9; ++k) store(s.sums + k * lanes, sum[k]);
}

template <typename T> constexpr WindowKernels<T> table() { return {kLanes<T>, windows<T>, squares<T>, square_sums<T>}; }

}  // namespace window_simd
}  // namespace
}  // namespace lazuli
