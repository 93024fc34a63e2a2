// The interface between the Winograd loops and their transforms, compiled once per instruction set. F(2×2, 3×3): A. Lavin,
// S. Gray, "Fast Algorithms for Convolutional Neural Networks" (2016); a tile of 4×4 inputs gives 2×2 outputs by 16 products.
// All values stand channels last, in chunks of `chunk` channels, so that every transform works on whole vectors.
#pragma once

#include <cstdint>

namespace lazuli {

/// A panel of tiles times one chunk of output channels:
/// c[r, j] = Σ_k a[k / chunk · a_step + r·chunk + k % chunk] · b[k·chunk + j].
struct WinogradPanel {
  const float* a = nullptr;
  int64_t a_step = 0;
  const float* b = nullptr;
  float* c = nullptr;  // rows of `chunk`
  int64_t depth = 0;   // input channels
  int rows = 0;        // tiles, at most tile_rows
  int columns = 0;     // output channels, at most chunk; only their vectors are computed
};

/// Pointers name one chunk of a pixel; `pitch` is the distance of rows of pixels, `step` that of the 16 terms.
struct WinogradKernels {
  int chunk;
  int tile_rows;
  /// to[(4·r + s)·step] = (G w Gᵀ)[r, s] for the kernel whose taps are the 9 chunks at `taps`, read backwards if flipped.
  void (*kernel)(const float* taps, bool is_flipped, float* to, int64_t step);
  /// to[(4·r + s)·step + t·chunk] = (Bᵀ d B)[r, s] for the tiles t of a row, 4×4 pixels each, two apart.
  void (*input)(const float* pixels, int64_t pitch, int64_t tiles, float* to, int64_t step);
  /// to[(4·r + s)·step + t·chunk] = (A g Aᵀ)[r, s] for the tiles t of a row, 2×2 pixels each.
  void (*output_gradient)(const float* pixels, int64_t pitch, int64_t tiles, float* to, int64_t step);
  void (*product)(const WinogradPanel&);
  /// The 2×2 pixels from pixels[places[t]] on = Aᵀ m A + bias, where m[r, s] of tile t is from[(4·r + s)·step + t·chunk].
  /// Returns 0, or NaN where a result is not finite.
  float (*output)(const float* from, int64_t step, int64_t tiles, const float* bias, float* pixels, const int64_t* places,
                  int64_t pitch);
  /// The 9 chunks at `taps` = Gᵀ m G, where m[r, s] is from[(4·r + s)·step]. Returns as `output`.
  float (*kernel_gradient)(const float* from, int64_t step, float* taps);
  /// to[k·to_step + r] = from[r·from_step + k] for r < rows, k < columns.
  void (*transpose)(float* to, int64_t to_step, const float* from, int64_t from_step, int64_t rows, int64_t columns);
};

}  // namespace lazuli
