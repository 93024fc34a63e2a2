// The interface between the product families (matmul, convolution) and the micro-kernels compiled once per instruction
// set: a register tile of A·B, and a tile of dot products for operands that are both contiguous along the depth.
#pragma once

#include <cstdint>
#include <string_view>

namespace lazuli {

/// One register tile: c[r, j] (+)= Σ_k a[k·a_stride + r·a_row] · b[k·b_stride + j], r < rows, j < columns; where there are b_offsets,
/// b[b_offsets[k] + j] instead, which is slower and asks for a_row = 1. Another a_row than 1 asks for a_stride = 1. One vector, if `columns` fits it, else two must be readable in each line of b; only
/// `columns` of this call are written. Of a strip of `tiles` each next one's operands, results and biases lie its steps further.
template <typename T> struct TileArguments {
  int64_t depth = 0;
  const T* a = nullptr;
  int64_t a_stride = 0;
  int64_t a_row = 1;
  const T* b = nullptr;
  int64_t b_stride = 0;
  const int64_t* b_offsets = nullptr;  // [depth] or null
  T* c = nullptr;
  int64_t c_stride = 0;
  int rows = 0;
  int columns = 0;
  bool accumulate = false;
  const T* row_bias = nullptr;     // [rows] or null
  const T* column_bias = nullptr;  // [columns] or null
  int64_t tiles = 1;
  int64_t a_step = 0, b_step = 0, c_step = 0, row_bias_step = 0, column_bias_step = 0;
  const void* ahead = nullptr;  // for each k what lies here is fetched into the cache, not a later line of b, ...
  int64_t ahead_stride = 0;     // ... for the next one what lies so many bytes further, ...
  int64_t ahead_step = 0;       // ... and for the next tile
};

/// A tile of dot products: c[r, j] (+)= Σ_k a[r·a_stride + k] · b[b_offsets[j] + k].
template <typename T> struct DotArguments {
  int64_t depth = 0;
  const T* a = nullptr;
  int64_t a_stride = 0;
  const T* b = nullptr;
  const int64_t* b_offsets = nullptr;
  T* c = nullptr;
  int64_t c_stride = 0;
  int rows = 0;
  int columns = 0;
  bool accumulate = false;
  const T* row_bias = nullptr;
  const T* column_bias = nullptr;
};

/// Dot products of many short lines, a vector of partial sums each: sums[(r·sums_stride + j)·lanes + l] += Σ over lines i and
/// k ≡ l (mod lanes) of a[r·a_stride + i·a_line + k] · b[b_offsets[j] + i·b_line + k], k < length.
template <typename T> struct LineArguments {
  int64_t lines = 0;
  int64_t length = 0;
  const T* a = nullptr;
  int64_t a_stride = 0;
  int64_t a_line = 0;
  const T* b = nullptr;
  const int64_t* b_offsets = nullptr;
  int64_t b_line = 0;
  T* sums = nullptr;
  int64_t sums_stride = 0;
  int rows = 0;
  int columns = 0;
};

/// The largest tile of any instruction set, for buffers on the stack.
inline constexpr int kMaxTileRows = 16;
inline constexpr int kMaxTileColumns = 64;

/// Register tiles of bfloat16 products on machines with instructions for them: float32 sums of pairs of products.
struct PairKernels {
  /// As ProductKernels::tile, where the depth counts pairs and each float holds two bfloat16 numbers, the first in its low half.
  void (*tile)(const TileArguments<float>&);
  /// As ProductKernels::pack, but rounded to even and in pairs: [(depth + 1) / 2, height].
  void (*pack)(float* to, int64_t height, const float* from, int64_t row_stride, int64_t depth_stride, int64_t rows,
               int64_t depth);
};

/// Those that fit the tiles of the instruction set named, or null.
const PairKernels* pair_kernels(std::string_view isa);

/// The micro-kernels of one instruction set for float or double.
template <typename T> struct ProductKernels {
  int tile_rows;
  int tile_columns;
  void (*tile)(const TileArguments<T>&);
  int dot_rows;
  int dot_columns;
  void (*dot)(const DotArguments<T>&);
  /// to[k·height + r] = from[r·row_stride + k·depth_stride] for r < rows, 0 for rows <= r < height.
  void (*pack)(T* to, int64_t height, const T* from, int64_t row_stride, int64_t depth_stride, int64_t rows,
               int64_t depth);
  /// to[i·panel_step + k·height + r] = from[k·depth_stride + i·rows + r] for r < rows <= height and i < panels: each line is read
  /// once, over all panels. Rows are those of a tile, or its columns; what lies between rows and height is left arbitrary.
  void (*pack_lines)(T* to, int64_t height, int64_t panel_step, const T* from, int64_t depth_stride, int64_t rows, int64_t panels,
                     int64_t depth);
  /// to[j·to_stride + r] = from[r·from_stride + j], r < rows, j < columns.
  void (*transpose)(T* to, int64_t to_stride, const T* from, int64_t from_stride, int64_t rows, int64_t columns);
  int lanes;
  int line_rows;
  int line_columns;
  int lonely_line_columns;  // of one row
  void (*lines)(const LineArguments<T>&);
  /// Rounds `count` numbers to bfloat16, in place.
  void (*round)(T* values, int64_t count);
  /// Multiply-adds on registers alone, `rounds` times kPeakOperations; returns something that depends on all of them.
  T (*peak)(int64_t rounds);
  double peak_operations;
};

}  // namespace lazuli
