// The convolution and input gradient of winograd.h: the pixels of a block of tiles are copied channels last, transformed,
// multiplied and transformed back while the cache holds them. Sums run in an order fixed by the shapes.
#include "winograd.h"

#include <atomic>

#include "lent.h"
#include "winograd_blocks.h"

namespace lazuli {
namespace {

constexpr int64_t kBlockChannels = 4096;  // tiles times channels of a block: 256 KiB of transformed pixels
constexpr int64_t kLeastTiles = 28;       // of a block: weights are read again for each
constexpr int64_t kMostTiles = 112;
constexpr int64_t kNearBytes = 256 << 10;  // of one chunk's weights that stay in the second cache

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

class Forward {
 public:
  Forward(const WinogradProduct& product, const Context& context)
      : p_(product),
        context_(context),
        kernels_(isa_kernels()),
        chunk_(kernels_.winograd.chunk),
        source_chunks_(ceil_div(p_.depth_channels, chunk_)),
        target_chunks_(ceil_div(p_.row_channels, chunk_)),
        blocks_(p_.images, p_.target_size,
                std::clamp(kBlockChannels / (source_chunks_ * chunk_), kLeastTiles, kMostTiles)),
        source_{p_.source, p_.depth_channels, p_.source_size, p_.before, 1} {
    is_near_ = kWinogradTerms * p_.depth_channels * chunk_ * 4 <= kNearBytes;
    bias_ = context.scratch_of<float>(target_chunks_ * chunk_);
    std::fill_n(bias_, target_chunks_ * chunk_, 0.0f);
    if (p_.bias) std::copy_n(p_.bias, p_.row_channels, bias_);
    weight_ = context.scratch_of<float>(target_chunks_ * kWinogradTerms * term_elements());
  }

  bool run() {
    const int64_t tiles = blocks_.most_tiles();
    const int64_t pixels = std::max(blocks_.most_pixels(1), 4 * tiles) * chunk_;  // of the source, then of the target
    const int64_t values = kWinogradTerms * source_chunks_ * tiles * chunk_;
    const int64_t products = kWinogradTerms * (is_near_ ? kernels_.winograd.tile_rows : tiles) * chunk_;
    auto workspaces =
        lent<float*>([&] { return context_.scratch_of<float>(std::max(pixels + values + products, taps_elements())); });
    context_.parallel_for(target_chunks_ * weight_parts(), 1, [&](int64_t begin, int64_t end) {
      workspaces.with([&](float* memory) {
        for (int64_t index = begin; index < end; ++index)
          transform_weight(index / weight_parts(), index % weight_parts(), memory);
      });
    });
    std::atomic<bool> is_finite{true};
    context_.parallel_for(blocks_.count(), 1, [&](int64_t begin, int64_t end) {
      workspaces.with([&](float* memory) {
        std::vector<int64_t> places(static_cast<size_t>(tiles));
        for (int64_t index = begin; index < end; ++index) {
          const WinogradBlock block = blocks_.at(index);
          transform_source(block, memory, memory + pixels);
          if (!multiply_block(block, memory + pixels, memory + pixels + values, memory, places.data()))
            is_finite.store(false, std::memory_order_relaxed);
        }
      });
    });
    return is_finite.load();
  }

 private:
  int64_t term_elements() const { return p_.depth_channels * chunk_; }
  // Kernels of a chunk of rows are transposed for so many channels at once.
  static constexpr int64_t kWeightChannels = 16;
  int64_t weight_parts() const { return ceil_div(p_.depth_channels, kWeightChannels); }
  int64_t taps_elements() const { return kWeightChannels * 9 * chunk_; }

  /// weight [target chunk, term, channel, chunk].
  void transform_weight(int64_t target, int64_t part, float* taps) const {
    const int64_t first = part * kWeightChannels, count = std::min(kWeightChannels, p_.depth_channels - first);
    const int64_t row = target * chunk_, rows = std::min(chunk_, p_.row_channels - row);
    const float* from = p_.weight + row * p_.weight_row + first * p_.weight_channel;
    const auto& pack = kernels_.product_float.pack;
    if (p_.weight_channel == 9) {
      pack(taps, chunk_, from, p_.weight_row, 1, rows, count * 9);
    } else {
      for (int64_t channel = 0; channel < count; ++channel)
        pack(taps + channel * 9 * chunk_, chunk_, from + channel * p_.weight_channel, p_.weight_row, 1, rows, 9);
    }
    float* to = weight_ + target * kWinogradTerms * term_elements() + first * chunk_;
    for (int64_t channel = 0; channel < count; ++channel)
      kernels_.winograd.kernel(taps + channel * 9 * chunk_, p_.is_flipped, to + channel * chunk_, term_elements());
  }

  /// values [term, chunk of channels, tile, chunk].
  void transform_source(const WinogradBlock& block, float* pixels, float* values) const {
    const int64_t pitch = source_.pitch(block, chunk_), image_step = source_.image_step(block, chunk_);
    const int64_t chunk_step = block.tiles() * chunk_, term_step = source_chunks_ * chunk_step;
    for (int64_t c = 0; c < source_chunks_; ++c) {
      source_.load(kernels_, block, c * chunk_, pixels);
      float* to = values + c * chunk_step;
      for (int64_t image = 0; image < block.images; ++image)
        for (int64_t row = 0; row < block.rows; ++row, to += block.columns * chunk_)
          kernels_.winograd.input(pixels + image * image_step + 2 * row * pitch, pitch, block.columns, to, term_step);
    }
  }

  /// False where something is not finite. `pixels` [image, row, column, chunk] holds one chunk of the block's outputs.
  bool multiply_block(const WinogradBlock& block, const float* values, float* products, float* pixels, int64_t* places) const {
    const int64_t tiles = block.tiles(), pitch = 2 * block.columns * chunk_;
    for (int64_t tile = 0; tile < tiles; ++tile)
      places[tile] = tile / block.columns * 2 * pitch + tile % block.columns * 2 * chunk_;
    const int64_t panels = ceil_div(tiles, kernels_.winograd.tile_rows), group = is_near_ ? 1 : panels;
    const auto start = [&](int64_t panel) { return panel * tiles / panels; };
    float check = 0;
    for (int64_t target = 0; target < target_chunks_; ++target) {
      for (int64_t panel = 0; panel < panels; panel += group) {
        const int64_t first = start(panel), last = start(panel + group), step = (last - first) * chunk_;
        for (int64_t term = 0; term < kWinogradTerms; ++term)
          for (int64_t i = panel; i < panel + group; ++i)
            multiply_panel(target, term, start(i), start(i + 1), tiles, values,
                           products + term * step + (start(i) - first) * chunk_);
        check += kernels_.winograd.output(products, step, last - first, bias_ + target * chunk_, pixels, places + first, pitch);
      }
      if (p_.finish) p_.finish(pixels, 4 * tiles * chunk_);
      store(block, target, pixels);
    }
    return check == 0;
  }

  void multiply_panel(int64_t target, int64_t term, int64_t first, int64_t last, int64_t tiles, const float* values,
                      float* products) const {
    WinogradPanel panel;
    panel.a_step = tiles * chunk_;
    panel.a = values + term * source_chunks_ * panel.a_step + first * chunk_;
    panel.b = weight_ + (target * kWinogradTerms + term) * term_elements();
    panel.c = products;
    panel.depth = p_.depth_channels;
    panel.rows = static_cast<int>(last - first);
    panel.columns = static_cast<int>(std::min(chunk_, p_.row_channels - target * chunk_));
    kernels_.winograd.product(panel);
  }

  void store(const WinogradBlock& block, int64_t target, const float* pixels) const {
    const int64_t plane = p_.target_size[0] * p_.target_size[1], width = 2 * block.columns;
    const int64_t rows = std::min(2 * block.rows, p_.target_size[0] - 2 * block.row);
    const int64_t columns = std::min(width, p_.target_size[1] - 2 * block.column);
    const int64_t row = target * chunk_, channels = std::min(chunk_, p_.row_channels - row);
    const bool is_whole = columns == width && columns == p_.target_size[1];
    for (int64_t image = 0; image < block.images; ++image, pixels += 4 * block.per_image() * chunk_) {
      float* to = p_.target + ((block.image + image) * p_.row_channels + row) * plane +
                  2 * block.row * p_.target_size[1] + 2 * block.column;
      if (is_whole) {
        kernels_.winograd.transpose(to, plane, pixels, chunk_, rows * columns, channels);
        continue;
      }
      for (int64_t y = 0; y < rows; ++y)
        kernels_.winograd.transpose(to + y * p_.target_size[1], plane, pixels + y * width * chunk_, chunk_, columns, channels);
    }
  }

  const WinogradProduct& p_;
  const Context& context_;
  const IsaKernels& kernels_;  // read once: a test may choose another instruction set meanwhile
  const int64_t chunk_, source_chunks_, target_chunks_;
  const WinogradBlocks blocks_;
  const WinogradSource source_;
  bool is_near_ = false;
  float* bias_ = nullptr;
  float* weight_ = nullptr;
};

}  // namespace

bool is_winograd_worthwhile(int64_t depth_channels, int64_t row_channels, int64_t outputs) {
  return depth_channels >= 16 && row_channels >= 16 && outputs >= 256;
}

bool run_winograd(const WinogradProduct& product, const Context& context) { return Forward(product, context).run(); }

}  // namespace lazuli
