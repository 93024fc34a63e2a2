// The weight gradient of winograd.h: for every block of tiles the transformed pixels of x meet the transformed gradients, and
// the sums are transformed back at the end. Sums run in an order fixed by the shapes.
#include <atomic>

#include "lent.h"
#include "winograd.h"
#include "winograd_blocks.h"

namespace lazuli {
namespace {

constexpr int64_t kBlockChannels = 6400;  // tiles times channels of a block: 400 KiB of transformed pixels and gradients
constexpr int64_t kLeastTiles = 28;
constexpr int64_t kMostTiles = 112;
constexpr int64_t kGroupChannels = 64;  // of gy in one task
constexpr int64_t kTasks = 8;           // wished for; parts of the tiles are summed apart to get so many

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

class WeightGradient {
 public:
  WeightGradient(const WinogradProduct& product, const float* gy, float* gweight, const Context& context)
      : p_(product),
        gweight_(gweight),
        context_(context),
        kernels_(isa_kernels()),
        chunk_(kernels_.winograd.chunk),
        source_chunks_(ceil_div(p_.depth_channels, chunk_)),
        target_chunks_(ceil_div(p_.row_channels, chunk_)),
        group_chunks_(std::min(std::max<int64_t>(1, kGroupChannels / chunk_), target_chunks_)),
        groups_(ceil_div(target_chunks_, group_chunks_)),
        blocks_(p_.images, p_.target_size,
                std::clamp(kBlockChannels / ((source_chunks_ + group_chunks_) * chunk_), kLeastTiles, kMostTiles)),
        source_{p_.source, p_.depth_channels, p_.source_size, p_.before, 1},
        target_{gy, p_.row_channels, p_.target_size, {0, 0}, 0},
        parts_(std::clamp<int64_t>(kTasks / groups_, 1, blocks_.count())) {}

  bool run() {
    const int64_t tiles = blocks_.most_tiles(), pixels = blocks_.most_pixels(1) * chunk_;
    const int64_t values = kWinogradTerms * source_chunks_ * tiles * chunk_;
    const int64_t gradients = kWinogradTerms * group_chunks_ * tiles * chunk_;
    auto workspaces = lent<float*>([&] { return context_.scratch_of<float>(pixels + values + gradients); });
    sums_ = context_.scratch_of<float>(parts_ * part_step());
    context_.parallel_for(parts_ * groups_, 1, [&](int64_t begin, int64_t end) {
      workspaces.with([&](float* memory) {
        for (int64_t task = begin; task < end; ++task) {
          const int64_t part = task / groups_, group = task % groups_;
          const int64_t first = part * blocks_.count() / parts_, last = (part + 1) * blocks_.count() / parts_;
          for (int64_t index = first; index < last; ++index)
            add_block(blocks_.at(index), group, index > first, memory, memory + pixels, memory + pixels + values,
                      sums_ + part * part_step());
        }
      });
    });
    return finish();
  }

 private:
  int64_t row_step() const { return source_chunks_ * chunk_; }
  int64_t term_step() const { return p_.row_channels * row_step(); }
  int64_t part_step() const { return kWinogradTerms * term_step(); }

  /// to [term, chunk of channels, tile, chunk] for `count` chunks from `first` on.
  template <typename Transform>
  void transform(const WinogradSource& source, const WinogradBlock& block, int64_t first, int64_t count, float* pixels, float* to,
                 Transform transform_row) const {
    const int64_t pitch = source.pitch(block, chunk_), image_step = source.image_step(block, chunk_);
    const int64_t chunk_step = block.tiles() * chunk_;
    for (int64_t c = 0; c < count; ++c) {
      source.load(kernels_, block, (first + c) * chunk_, pixels);
      float* place = to + c * chunk_step;
      for (int64_t image = 0; image < block.images; ++image)
        for (int64_t row = 0; row < block.rows; ++row, place += block.columns * chunk_)
          transform_row(pixels + image * image_step + 2 * row * pitch, pitch, block.columns, place, count * chunk_step);
    }
  }

  /// sums[term, row, channel] (+)= Σ over the block's tiles of gradients and values.
  void add_block(const WinogradBlock& block, int64_t group, bool accumulate, float* pixels, float* values, float* gradients,
                 float* sums) const {
    const int64_t first = group * group_chunks_, count = std::min(group_chunks_, target_chunks_ - first);
    transform(source_, block, 0, source_chunks_, pixels, values, kernels_.winograd.input);
    transform(target_, block, first, count, pixels, gradients, kernels_.winograd.output_gradient);
    const ProductKernels<float>& product = kernels_.product_float;
    const int64_t chunk_step = block.tiles() * chunk_;
    for (int64_t term = 0; term < kWinogradTerms; ++term)
      for (int64_t target = 0; target < count; ++target) {
        const int64_t row = (first + target) * chunk_, rows = std::min(chunk_, p_.row_channels - row);
        const int64_t panels = ceil_div(rows, product.tile_rows);
        for (int64_t panel = 0; panel < panels; ++panel)
          for (int64_t c = 0; c < source_chunks_; ++c) {
            const int64_t start = panel * rows / panels;
            TileArguments<float> tile;
            tile.depth = block.tiles();
            tile.a = gradients + (term * count + target) * chunk_step + start;
            tile.a_stride = chunk_;
            tile.b = values + (term * source_chunks_ + c) * chunk_step;
            tile.b_stride = chunk_;
            tile.c = sums + term * term_step() + (row + start) * row_step() + c * chunk_;
            tile.c_stride = row_step();
            tile.rows = static_cast<int>((panel + 1) * rows / panels - start);
            tile.columns = static_cast<int>(std::min(chunk_, p_.depth_channels - c * chunk_));
            tile.accumulate = accumulate;
            product.tile(tile);
          }
      }
  }

  /// Joins the parts and transforms back.
  bool finish() const {
    std::atomic<bool> is_finite{true};
    context_.parallel_for(p_.row_channels * source_chunks_, 4, [&](int64_t begin, int64_t end) {
      float terms[kWinogradTerms * kMaxTileColumns] = {}, taps[9 * kMaxTileColumns];
      float check = 0;
      for (int64_t index = begin; index < end; ++index) {
        const int64_t row = index / source_chunks_, channel = index % source_chunks_ * chunk_;
        const int64_t count = std::min(chunk_, p_.depth_channels - channel);
        for (int64_t term = 0; term < kWinogradTerms; ++term)
          for (int64_t part = 0; part < parts_; ++part) {
            const float* from = sums_ + part * part_step() + term * term_step() + row * row_step() + channel;
            float* to = terms + term * chunk_;
            for (int64_t i = 0; i < count; ++i) to[i] = part == 0 ? from[i] : to[i] + from[i];
          }
        check += kernels_.winograd.kernel_gradient(terms, chunk_, taps);
        kernels_.winograd.transpose(gweight_ + (row * p_.depth_channels + channel) * 9, 9, taps, chunk_, 9, count);
      }
      if (check != 0) is_finite.store(false, std::memory_order_relaxed);
    });
    return is_finite.load();
  }

  const WinogradProduct& p_;
  float* gweight_;
  const Context& context_;
  const IsaKernels& kernels_;  // read once: a test may choose another instruction set meanwhile
  const int64_t chunk_, source_chunks_, target_chunks_, group_chunks_, groups_;
  const WinogradBlocks blocks_;
  const WinogradSource source_, target_;
  const int64_t parts_;
  float* sums_ = nullptr;  // [part, term, row, channel]
};

}  // namespace

bool run_winograd_weight_gradient(const WinogradProduct& product, const float* gy, float* gweight, const Context& context) {
  return WeightGradient(product, gy, gweight, context).run();
}

}  // namespace lazuli
