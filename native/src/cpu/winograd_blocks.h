// What the directions of winograd.h share: which tiles are computed together, and pixels copied channels last.
#pragma once

#include <algorithm>

#include "isa/isa_kernels.h"
#include "winograd.h"

namespace lazuli {

inline constexpr int64_t kWinogradTerms = 16;  // of a transformed tile

/// Tiles [row, row + rows) × [column, column + columns) of some images.
struct WinogradBlock {
  int64_t image = 0, images = 1;
  int64_t row = 0, rows = 0;
  int64_t column = 0, columns = 0;

  int64_t per_image() const { return rows * columns; }
  int64_t tiles() const { return images * per_image(); }
};

/// The tiles of 2×2 outputs that cover `size`, cut into blocks of about `wished` that depend on nothing else: several images
/// where they are small, parts of one where they are large.
class WinogradBlocks {
 public:
  WinogradBlocks(int64_t images, std::array<int64_t, 2> size, int64_t wished);

  int64_t count() const { return image_parts_ * row_parts_ * column_parts_; }
  WinogradBlock at(int64_t index) const;
  /// The most tiles, and the most pixels with `halo` of them around each image's part, of any block.
  int64_t most_tiles() const { return most_images_ * most_rows_ * most_columns_; }
  int64_t most_pixels(int64_t halo) const {
    return most_images_ * (2 * most_rows_ + 2 * halo) * (2 * most_columns_ + 2 * halo);
  }

 private:
  int64_t images_, rows_, columns_;
  int64_t image_parts_ = 1, row_parts_ = 1, column_parts_ = 1;
  int64_t most_images_ = 1, most_rows_ = 1, most_columns_ = 1;
};

/// Planes [images, channels, size] that are read as pixels from -before on; what lies outside is 0.
struct WinogradSource {
  const float* planes = nullptr;
  int64_t channels = 0;
  std::array<int64_t, 2> size = {};
  std::array<int64_t, 2> before = {};
  int64_t halo = 0;  // pixels that a block's tiles read beyond its own, on all sides together 2·halo

  int64_t pitch(const WinogradBlock& block, int64_t chunk) const { return (2 * block.columns + 2 * halo) * chunk; }
  int64_t image_step(const WinogradBlock& block, int64_t chunk) const {
    return (2 * block.rows + 2 * halo) * pitch(block, chunk);
  }
  /// Copies a block's pixels of the channels [first, first + chunk) to [image, row, column, chunk]; channels there are not
  /// are 0.
  void load(const IsaKernels& kernels, const WinogradBlock& block, int64_t first, float* to) const;
};

}  // namespace lazuli
