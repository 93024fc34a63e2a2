// The interface between winograd.cc and its transforms, compiled once per instruction set. F(2×2, 3×3): A. Lavin, S. Gray,
// "Fast Algorithms for Convolutional Neural Networks" (2016); a tile of 4×4 inputs gives 2×2 outputs by 16 products.
#pragma once

#include <cstdint>

namespace lazuli {

/// Tiles that follow each other in one row of tiles.
struct WinogradRun {
  int64_t source = 0;  // of the first tile in the planes it is read from
  int64_t place = 0;   // of the first tile among the transformed values of one channel
  int64_t target = 0;  // of the first tile's outputs in a target plane
  int64_t tile = 0;    // its number in the block
  int64_t length = 0;  // tiles
  int64_t width = 0;   // outputs of a target row; one less than 2·length where the last tile leaves the plane
  bool has_second_row = true;
};

struct WinogradKernels {
  /// to[(4·r + s)·step + place] = (Bᵀ d B)[r, s] for every tile d of the runs; of one `row` r alone to[s·step + place], of
  /// all if it is -1. A plane is four sub-planes, `sub` elements apart, by row and column modulo 2, with rows of `pitch`; one
  /// vector behind is readable. Writes whole vectors, so up to one vector behind each run's places.
  void (*input)(const float* plane, int64_t sub, int64_t pitch, const WinogradRun* runs, int64_t run_count, int row, float* to,
                int64_t step);
  /// to[s·step + place] = (A g Aᵀ)[row, s] for tiles g of 2×2 of a target plane with rows of `pitch`; what lies outside it is 0. Writes
  /// as above.
  void (*output_gradient)(const float* plane, int64_t pitch, const WinogradRun* runs, int64_t run_count, int row, float* to,
                          int64_t step);
  /// even and odd [2·tiles] = the two rows of Aᵀ m A + bias, where m[r, s] of tile t is from[(4·r + s)·step + t]. Reads and
  /// writes whole vectors of tiles. Returns 0, or NaN where a result is not finite.
  float (*output)(const float* from, int64_t step, int64_t tiles, float bias, float* even, float* odd);
  /// Writes the runs' outputs from such rows into a target plane with rows of `pitch`.
  void (*scatter)(const float* even, const float* odd, const WinogradRun* runs, int64_t run_count, float* plane,
                  int64_t pitch);
};

}  // namespace lazuli
