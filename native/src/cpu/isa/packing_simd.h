// Packing and transposing panels of products, written once with vector extensions. Included only through product_kernels_simd.h.
#pragma once

#include "tiles_simd.h"

namespace lazuli {
namespace {
namespace product_simd {

inline constexpr int kAheadLines = 4;  // asked for before they are packed
/// Whole ones in a line of a panel, at most.
template <typename T> inline constexpr int kMostVectors = kTileRows / kLanes<T> > 2 ? kTileRows / kLanes<T> : 2;

template <typename T, int distance, int... lane>
inline void exchange(Vector<T>& a, Vector<T>& b, Numbers<lane...>) {
  constexpr int lanes = kLanes<T>;
  const Vector<T> first = __builtin_shufflevector(a, b, ((lane & distance) == 0 ? lane : lanes + lane - distance)...);
  b = __builtin_shufflevector(a, b, ((lane & distance) == 0 ? lane + distance : lanes + lane)...);
  a = first;
}

/// Transposes a square of kLanes rows: exchanges the off-diagonal blocks of every size from `distance` down.
template <typename T, int distance> inline void transpose(Vector<T> (&rows)[kLanes<T>]) {
  if constexpr (distance > 0) {
#pragma GCC unroll 16
    for (int r = 0; r < kLanes<T>; ++r)
      if ((r & distance) == 0)
        exchange<T, distance>(rows[r], rows[r + distance], typename NumbersBelow<kLanes<T>>::type{});
    transpose<T, distance / 2>(rows);
  }
}

/// Line k of `width` elements of a packed panel. Where a line is all of the panel's height, what a whole vector writes beyond it
/// belongs to the next line, which is written next: that is quicker than a masked store.
template <typename T>
inline void store_line(T* to, int64_t height, int64_t width, int64_t depth, int64_t k, Vector<T> value) {
  const bool is_whole = width == kLanes<T> || (width == height && k * height + kLanes<T> <= depth * height);
  if (is_whole) store(to + k * height, value);
  else store_first(to + k * height, value, width);
}

/// to[k·height + r] = from[r·row_stride + k] for the `rows` <= kLanes rows of a panel, 0 for rows <= r < width.
template <typename T>
inline void pack_transposed(T* to, int64_t height, const T* from, int64_t row_stride, int64_t rows, int64_t width,
                            int64_t depth) {
  constexpr int lanes = kLanes<T>;
  for (int64_t k = 0; k < depth; k += lanes) {
    const int64_t count = depth - k < lanes ? depth - k : lanes;
    Vector<T> square[lanes];
#pragma GCC unroll 16
    for (int r = 0; r < lanes; ++r) {
      if (r >= rows) square[r] = Vector<T>{};
      else if (count == lanes) square[r] = load(from + r * row_stride + k);
      else square[r] = load_first(from + r * row_stride + k, count);
    }
    transpose<T, lanes / 2>(square);
#pragma GCC unroll 16
    for (int j = 0; j < lanes; ++j)
      if (j < count) store_line(to, height, width, depth, k + j, square[j]);
  }
}

template <typename T>
void pack(T* to, int64_t height, const T* from, int64_t row_stride, int64_t depth_stride, int64_t rows, int64_t depth) {
  constexpr int lanes = kLanes<T>;
  if (row_stride == 1 && height == 2 * lanes && rows >= height) {
    // Both vectors of a line at once: their line of the cache may be gone before a second pass.
    for (int64_t k = 0; k < depth; ++k) {
      const T* source = from + k * depth_stride;
      __builtin_prefetch(source + kAheadLines * depth_stride);
      __builtin_prefetch(source + kAheadLines * depth_stride + lanes);
      const Vector<T> first = load(source), second = load(source + lanes);
      store(to + k * height, first);
      store(to + k * height + lanes, second);
    }
  } else if (row_stride == 1) {
    for (int64_t r = 0; r < height; r += lanes) {
      const int64_t width = height - r < lanes ? height - r : lanes;
      const int64_t count = rows - r < width ? rows - r : width;
      const T* source = from + r;
      T* target = to + r;
      if (count == lanes) {
        for (int64_t k = 0; k < depth; ++k) store(target + k * height, load(source + k * depth_stride));
      } else if (count > 0) {
        for (int64_t k = 0; k < depth; ++k)
          store_line(target, height, width, depth, k, load_first(source + k * depth_stride, count));
      } else {
        for (int64_t k = 0; k < depth; ++k) store_line(target, height, width, depth, k, Vector<T>{});
      }
    }
  } else if (depth_stride == 1) {
    for (int64_t r = 0; r < height; r += lanes)
      pack_transposed(to + r, height, from + r * row_stride, row_stride, rows - r,
                      height - r < lanes ? height - r : int64_t{lanes}, depth);
  } else {
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t r = 0; r < height; ++r) to[k * height + r] = r < rows ? from[r * row_stride + k * depth_stride] : T{0};
  }
}

/// Rows of a panel are so many whole vectors and perhaps a rest. The vector that holds the rest is written whole: what lies beyond
/// belongs to later lines, which are written later, except near the end.
template <typename T, int whole, bool has_rest>
void pack_lines_of(T* to, int64_t height, int64_t panel_step, const T* from, int64_t depth_stride, int64_t rows, int64_t panels,
                   int64_t depth) {
  constexpr int lanes = kLanes<T>;
  const int64_t rest = rows - whole * lanes;
  const auto pack = [&](int64_t k, auto count, auto put_rest) __attribute__((always_inline)) {
    const T* source = from + k * depth_stride;
    T* target = to + k * height;
    for (int64_t panel = 0; panel < panels; ++panel, source += rows, target += panel_step) {
      for (int i = 0; i < count; ++i) {
        const T* line = source + i * depth_stride;
        __builtin_prefetch(line + kAheadLines * depth_stride);
        for (int v = 0; v < whole; ++v) store(target + i * height + v * lanes, load(line + v * lanes));
        if (has_rest) put_rest(target + i * height + whole * lanes, load_first(line + whole * lanes, rest));
      }
    }
  };
  const int64_t beyond = has_rest ? (whole + 1) * lanes - height : 0;  // of a line
  const int64_t safe = beyond > 0 ? depth - (beyond + height - 1) / height : depth;
  const auto put = [](T* at, Vector<T> value) { store(at, value); };
  int64_t k = 0;
  for (; k + kAheadLines <= safe; k += kAheadLines) pack(k, std::integral_constant<int, kAheadLines>{}, put);
  for (; k < safe; ++k) pack(k, std::integral_constant<int, 1>{}, put);
  for (; k < depth; ++k) pack(k, std::integral_constant<int, 1>{}, [&](T* at, Vector<T> value) { store_first(at, value, rest); });
}

template <typename T, int whole = 0>
void pack_lines(T* to, int64_t height, int64_t panel_step, const T* from, int64_t depth_stride, int64_t rows, int64_t panels,
                int64_t depth) {
  if constexpr (whole < kMostVectors<T>) {
    if (rows >= (whole + 1) * kLanes<T>) return pack_lines<T, whole + 1>(to, height, panel_step, from, depth_stride, rows, panels, depth);
  }
  if (rows % kLanes<T> > 0) pack_lines_of<T, whole, true>(to, height, panel_step, from, depth_stride, rows, panels, depth);
  else if constexpr (whole > 0) pack_lines_of<T, whole, false>(to, height, panel_step, from, depth_stride, rows, panels, depth);
}

template <typename T>
void transposed(T* to, int64_t to_stride, const T* from, int64_t from_stride, int64_t rows, int64_t columns) {
  constexpr int64_t lanes = kLanes<T>;
  for (int64_t r = 0; r < rows; r += lanes) {
    const int64_t width = rows - r < lanes ? rows - r : lanes;
    pack_transposed(to + r, to_stride, from + r * from_stride, from_stride, width, width, columns);
  }
}

}  // namespace product_simd
}  // namespace
}  // namespace lazuli
