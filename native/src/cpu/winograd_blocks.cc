// See winograd_blocks.h.
#include "winograd_blocks.h"

namespace lazuli {
namespace {

constexpr int64_t kLine = 16;  // elements of a cache line

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

WinogradBlocks::WinogradBlocks(int64_t images, std::array<int64_t, 2> size, int64_t wished)
    : images_(images), rows_(ceil_div(size[0], 2)), columns_(ceil_div(size[1], 2)) {
  image_parts_ = ceil_div(images_, std::max<int64_t>(1, wished / (rows_ * columns_)));
  row_parts_ = ceil_div(rows_, std::max<int64_t>(1, wished / columns_));
  column_parts_ = ceil_div(columns_, wished);
  most_images_ = ceil_div(images_, image_parts_);
  most_rows_ = ceil_div(rows_, row_parts_);
  most_columns_ = ceil_div(columns_, column_parts_);
}

WinogradBlock WinogradBlocks::at(int64_t index) const {
  WinogradBlock block;
  const auto part = [](int64_t total, int64_t parts, int64_t i, int64_t& begin, int64_t& length) {
    begin = i * total / parts;
    length = (i + 1) * total / parts - begin;
  };
  part(columns_, column_parts_, index % column_parts_, block.column, block.columns);
  index /= column_parts_;
  part(rows_, row_parts_, index % row_parts_, block.row, block.rows);
  part(images_, image_parts_, index / row_parts_, block.image, block.images);
  return block;
}

void WinogradSource::load(const IsaKernels& kernels, const WinogradBlock& block, int64_t first, float* to) const {
  const int64_t chunk = kernels.winograd.chunk, plane = size[0] * size[1];
  const int64_t count = std::min(chunk, channels - first), width = 2 * block.columns + 2 * halo;
  const int64_t x = 2 * block.column - before[1];  // of the first pixel
  const int64_t left = std::clamp<int64_t>(-x, 0, width), right = std::clamp<int64_t>(size[1] - x, left, width);
  const int64_t top = std::max<int64_t>(0, 2 * block.row - before[0]);
  const int64_t bottom = std::min(size[0], 2 * (block.row + block.rows) + 2 * halo - before[0]);
  for (int64_t image = block.image; image < block.image + block.images; ++image) {
    // Rows of many planes are read side by side, which the processor does not foresee.
    for (int64_t channel = first; channel < first + count; ++channel)
      for (int64_t at = top * size[1]; at < bottom * size[1]; at += kLine)
        __builtin_prefetch(planes + (image * channels + channel) * plane + at);
    for (int64_t row = 0; row < 2 * block.rows + 2 * halo; ++row, to += width * chunk) {
      const int64_t y = 2 * block.row + row - before[0];
      if (y < 0 || y >= size[0] || left == right) {
        std::fill_n(to, width * chunk, 0.0f);
        continue;
      }
      std::fill_n(to, left * chunk, 0.0f);
      kernels.product_float.pack(to + left * chunk, chunk, planes + (image * channels + first) * plane + y * size[1] + x + left,
                                 plane, 1, count, right - left);
      std::fill_n(to + right * chunk, (width - right) * chunk, 0.0f);
    }
  }
}

}  // namespace lazuli
