// The loops of winograd.h: planes are copied with their padding, then blocks of tiles are transformed, multiplied and
// transformed back while the cache holds them. Sums run in an order fixed by the shapes.
#include "winograd.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "isa/isa_kernels.h"
#include "lent.h"
#include "window.h"

namespace lazuli {
namespace {

constexpr int64_t kChunkBytes = 4 << 20;      // of padded planes held at once, unless one image needs more
constexpr int64_t kBlockBytes = 256 << 10;    // of transformed inputs in one block
constexpr int64_t kGradientBytes = 400 << 10;  // of transformed inputs and gradients, four terms of each
constexpr int64_t kMostTiles = 512;
constexpr int64_t kGroupRows = 64;            // of gy's channels in one task of the weight gradient
constexpr int64_t kTasks = 8;                 // wished for there; parts of the tiles are summed apart to get so many
constexpr int64_t kTerms = 16;                // of a transformed tile
constexpr int64_t kSlack = 16;                // elements behind a plane that vectors may read
constexpr int64_t kSpread = 16;               // behind rows, for whole vectors; without it their distance would be a large power
                                              // of two and they would share their places in the cache

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// What both directions share: the tiles of the target and the padded planes of the source.
class Tiles {
 public:
  Tiles(const WinogradProduct& product, const Context& context) : p(product), context_(context) {
    for (size_t i = 0; i < 2; ++i) {
      count_[i] = ceil_div(p.target_size[i], 2);
      layout_.axes[i + 1] = {p.source_size[i], count_[i] + 1, 2, p.before[i], {0, 1}};
    }
    target_plane = p.target_size[0] * p.target_size[1];
    plane = layout_.elements();
    chunk = std::clamp<int64_t>(kChunkBytes / 4 / (plane * p.depth_channels), 1, p.images);
    planes_ = context.scratch_of<float>(chunk * p.depth_channels * plane + kSlack);
    std::fill_n(planes_ + chunk * p.depth_channels * plane, kSlack, 0.0f);
  }

  /// Copies the planes of `images` images from `first` on.
  const float* load(int64_t first, int64_t images) const {
    const float* from = p.source + first * p.depth_channels * layout_.source_elements();
    context_.parallel_for(images * p.depth_channels, std::max<int64_t>(1, 16384 / plane), [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index)
        copy_plane(layout_, from + index * layout_.source_elements(), planes_ + index * plane);
    });
    return planes_;
  }

  int64_t per_image() const { return count_[0] * count_[1]; }
  int64_t sub() const { return layout_.sub_elements(); }
  int64_t pitch() const { return count_[1] + 1; }

  /// Lists tiles [begin, end) of some images as runs that end where rows do and at multiples of `panel` from `begin`; the
  /// values of a panel stand `panel_step` elements after those of the one before.
  void list(int64_t begin, int64_t end, int64_t panel, int64_t panel_step, std::vector<WinogradRun>& runs) const {
    runs.clear();
    for (int64_t tile = begin; tile < end;) {
      const int64_t image = tile / per_image(), i = tile % per_image() / count_[1], j = tile % count_[1];
      const int64_t number = tile - begin, in_panel = number % panel;
      WinogradRun run;
      run.length = std::min({count_[1] - j, end - tile, panel - in_panel});
      run.source = image * p.depth_channels * plane + i * pitch() + j;
      run.place = number / panel * panel_step + in_panel;
      run.target = image * p.row_channels * target_plane + 2 * i * p.target_size[1] + 2 * j;
      run.tile = number;
      run.width = std::min(2 * run.length, p.target_size[1] - 2 * j);
      run.has_second_row = 2 * i + 1 < p.target_size[0];
      runs.push_back(run);
      tile += run.length;
    }
  }

  const WinogradProduct& p;
  int64_t plane = 0, target_plane = 0, chunk = 1;

 private:
  const Context& context_;
  std::array<int64_t, 2> count_ = {};
  PlaneLayout layout_;
  float* planes_ = nullptr;
};

/// (G w Gᵀ)[r, s] for the 3×3 kernel at `w`.
void transform_kernel(const float* w, bool is_flipped, float (&to)[4][4]) {
  const auto term = [](int r, float w0, float w1, float w2) {
    return r == 0 ? w0 : r == 1 ? (w0 + w1 + w2) * 0.5f : r == 2 ? (w0 - w1 + w2) * 0.5f : w2;
  };
  float rows[4][3];
  for (int r = 0; r < 4; ++r)
    for (int s = 0; s < 3; ++s) {
      const auto at = [&](int k) { return w[is_flipped ? 8 - (3 * k + s) : 3 * k + s]; };
      rows[r][s] = term(r, at(0), at(1), at(2));
    }
  for (int r = 0; r < 4; ++r)
    for (int s = 0; s < 4; ++s) to[r][s] = term(s, rows[r][0], rows[r][1], rows[r][2]);
}

/// Gᵀ m G.
void transform_back(const float (&m)[4][4], float* w) {
  const auto term = [](int k, float m0, float m1, float m2, float m3) {
    return k == 0 ? m0 + (m1 + m2) * 0.5f : k == 1 ? (m1 - m2) * 0.5f : (m1 + m2) * 0.5f + m3;
  };
  for (int k = 0; k < 3; ++k) {
    float row[4];
    for (int s = 0; s < 4; ++s) row[s] = term(k, m[0][s], m[1][s], m[2][s], m[3][s]);
    for (int l = 0; l < 3; ++l) w[3 * k + l] = term(l, row[0], row[1], row[2], row[3]);
  }
}

class Forward {
 public:
  Forward(const WinogradProduct& product, const Context& context)
      : p_(product), context_(context), kernels_(isa_kernels()), tiles_(product, context) {
    const ProductKernels<float>& tile = kernels_.product<float>();
    columns_ = tile.tile_columns;
    row_panels_ = ceil_div(p_.row_channels, tile.tile_rows);
    height_ = ceil_div(p_.row_channels, row_panels_);
    block_ = std::clamp(kBlockBytes / 4 / kTerms / p_.depth_channels / columns_ * columns_, columns_, kMostTiles / 4);
    group_ = std::clamp<int64_t>(kBlockBytes / 4 / kTerms / block_ / height_, 1, row_panels_);
    for (int64_t k = 0; k < p_.depth_channels; ++k) offsets_.push_back(k * columns_);
    weight_ = context.scratch_of<float>(kTerms * row_panels_ * panel_elements());
    context.parallel_for(row_panels_ * p_.depth_channels, std::max<int64_t>(1, 512 / height_), [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index) pack(index / p_.depth_channels, index % p_.depth_channels);
    });
  }

  bool run() {
    const int64_t values = kTerms * value_step();
    const int64_t products = kTerms * (group_ * height_ * block_ + kSpread);
    auto workspaces = lent<float*>([&] { return context_.scratch_of<float>(values + products + 4 * block_); });
    std::atomic<bool> is_finite{true};
    for (int64_t image = 0; image < p_.images; image += tiles_.chunk) {
      const int64_t images = std::min(tiles_.chunk, p_.images - image), count = images * tiles_.per_image();
      const float* planes = tiles_.load(image, images);
      context_.parallel_for(ceil_div(count, block_), 1, [&](int64_t begin, int64_t end) {
        workspaces.with([&](float* memory) {
          std::vector<WinogradRun> runs;
          for (int64_t block = begin; block < end; ++block)
            if (!run_block(planes, image, block * block_, std::min(count, (block + 1) * block_), runs, memory,
                           memory + values, memory + values + products))
              is_finite.store(false, std::memory_order_relaxed);
        });
      });
      if (!is_finite.load()) return false;
    }
    return true;
  }

 private:
  // A vector written behind a panel's last channel must not meet the next panel.
  int64_t panel_step() const { return p_.depth_channels * columns_ + kSpread; }
  int64_t value_step() const { return block_ / columns_ * panel_step(); }
  int64_t panel_elements() const { return p_.depth_channels * height_; }
  int64_t row_start(int64_t panel) const { return panel * p_.row_channels / row_panels_; }

  /// Weights of one channel for a panel of rows: [term, panel, channel, height].
  void pack(int64_t panel, int64_t channel) const {
    for (int64_t r = 0; r < height_; ++r) {
      float terms[4][4] = {};
      if (const int64_t row = row_start(panel) + r; row < row_start(panel + 1))
        transform_kernel(p_.weight + row * p_.weight_row + channel * p_.weight_channel, p_.is_flipped, terms);
      for (int64_t term = 0; term < kTerms; ++term)
        weight_[(term * row_panels_ + panel) * panel_elements() + channel * height_ + r] = terms[term / 4][term % 4];
    }
  }

  /// `values` [term, panel of tiles, channel, columns], `products` [term, row, tile]; false where something is not finite.
  bool run_block(const float* planes, int64_t image, int64_t begin, int64_t end, std::vector<WinogradRun>& runs,
                 float* values, float* products, float* rows) const {
    const int64_t step = value_step();
    const int64_t tile_count = end - begin, panels = ceil_div(tile_count, columns_);
    tiles_.list(begin, end, columns_, panel_step(), runs);
    const auto run_count = static_cast<int64_t>(runs.size());
    if (tile_count % columns_ != 0) std::fill_n(values, kTerms * step, 0.0f);
    for (int64_t channel = 0; channel < p_.depth_channels; ++channel)
      kernels_.winograd.input(planes + channel * tiles_.plane, tiles_.sub(), tiles_.pitch(), runs.data(), run_count, -1,
                              values + channel * columns_, step);
    float check = 0;
    for (int64_t first = 0; first < row_panels_; first += group_) {
      const int64_t last = std::min(row_panels_, first + group_);
      const int64_t row_count = row_start(last) - row_start(first), product_step = row_count * block_ + kSpread;
      for (int64_t term = 0; term < kTerms; ++term)
        for (int64_t panel = first; panel < last; ++panel)
          for (int64_t column = 0; column < panels; ++column) {
            TileArguments<float> tile;
            tile.depth = p_.depth_channels;
            tile.a = weight_ + (term * row_panels_ + panel) * panel_elements();
            tile.a_stride = height_;
            tile.b = values + term * step + column * panel_step();
            tile.b_offsets = offsets_.data();
            tile.c = products + term * product_step + (row_start(panel) - row_start(first)) * block_ + column * columns_;
            tile.c_stride = block_;
            tile.rows = static_cast<int>(row_start(panel + 1) - row_start(panel));
            tile.columns = static_cast<int>(columns_);
            kernels_.product_float.tile(tile);
          }
      for (int64_t row = row_start(first); row < row_start(last); ++row) {
        float* const even = rows;
        float* const odd = rows + 2 * block_;
        check += kernels_.winograd.output(products + (row - row_start(first)) * block_, product_step, panels * columns_,
                                          p_.bias ? p_.bias[row] : 0.0f, even, odd);
        if (p_.finish) {
          p_.finish(even, 2 * tile_count);
          p_.finish(odd, 2 * tile_count);
        }
        kernels_.winograd.scatter(even, odd, runs.data(), run_count,
                                  p_.target + (image * p_.row_channels + row) * tiles_.target_plane, p_.target_size[1]);
      }
    }
    return check == 0;
  }

  const WinogradProduct& p_;
  const Context& context_;
  const IsaKernels& kernels_;  // read once: a test may choose another instruction set meanwhile
  Tiles tiles_;
  int64_t columns_ = 0, row_panels_ = 0, height_ = 0, block_ = 0, group_ = 1;
  std::vector<int64_t> offsets_;
  float* weight_ = nullptr;
};

/// Each task sums a part of the tiles for a group of gy's channels, one row of terms after the other.
class WeightGradient {
 public:
  WeightGradient(const WinogradProduct& product, const float* gy, float* gweight, const Context& context)
      : p_(product), gy_(gy), gweight_(gweight), context_(context), kernels_(isa_kernels()), tiles_(product, context) {
    groups_ = ceil_div(p_.row_channels, kGroupRows);
    parts_ = std::clamp<int64_t>(kTasks / groups_, 1, std::max<int64_t>(1, tiles_.chunk * tiles_.per_image() / 64));
    const int64_t channels = std::min(p_.row_channels, kGroupRows) + p_.depth_channels;
    block_ = std::clamp<int64_t>(kGradientBytes / 4 / 4 / channels / 64 * 64, kMostTiles / 2, kMostTiles);
    pitch_ = block_ + kSpread;
  }

  bool run() {
    auto workspaces =
        lent<float*>([&] { return context_.scratch_of<float>(4 * (kGroupRows + p_.depth_channels) * pitch_); });
    float* sums = context_.scratch_of<float>(parts_ * kTerms * size());  // [part, term, row, channel]
    for (int64_t image = 0; image < p_.images; image += tiles_.chunk) {
      const int64_t images = std::min(tiles_.chunk, p_.images - image), count = images * tiles_.per_image();
      const float* planes = tiles_.load(image, images);
      context_.parallel_for(parts_ * groups_, 1, [&](int64_t begin, int64_t end) {
        workspaces.with([&](float* memory) {
          std::vector<WinogradRun> runs;
          for (int64_t task = begin; task < end; ++task) {
            const int64_t part = task / groups_, first = part * count / parts_, last = (part + 1) * count / parts_;
            const Rows rows = {task % groups_ * p_.row_channels / groups_, (task % groups_ + 1) * p_.row_channels / groups_};
            for (int64_t tile = first; tile < last; tile += block_) {
              tiles_.list(tile, std::min(last, tile + block_), block_, 0, runs);
              for (int term_row = 0; term_row < 4; ++term_row)
                add_block(planes, image, rows, term_row, image > 0 || tile > first, runs, memory,
                          sums + (part * kTerms + 4 * term_row) * size());
            }
          }
        });
      });
    }
    return finish(sums);
  }

 private:
  struct Rows {
    int64_t begin, end;
  };

  int64_t size() const { return p_.row_channels * p_.depth_channels; }

  /// sums[s, row, channel] (+)= Σ over the runs of terms (term_row, s) of gy and x.
  void add_block(const float* planes, int64_t image, Rows rows, int term_row, bool accumulate,
                 std::vector<WinogradRun>& runs, float* memory, float* sums) const {
    const auto run_count = static_cast<int64_t>(runs.size());
    const int64_t x_step = p_.depth_channels * pitch_, gy_step = (rows.end - rows.begin) * pitch_;
    float* const x = memory;
    float* const gy = memory + 4 * x_step;
    for (int64_t channel = 0; channel < p_.depth_channels; ++channel)
      kernels_.winograd.input(planes + channel * tiles_.plane, tiles_.sub(), tiles_.pitch(), runs.data(), run_count, term_row,
                              x + channel * pitch_, x_step);
    for (int64_t row = rows.begin; row < rows.end; ++row)
      kernels_.winograd.output_gradient(gy_ + (image * p_.row_channels + row) * tiles_.target_plane, p_.target_size[1],
                                        runs.data(), run_count, term_row, gy + (row - rows.begin) * pitch_, gy_step);
    const ProductKernels<float>& product = kernels_.product_float;
    const int64_t panels = ceil_div(rows.end - rows.begin, product.dot_rows);
    int64_t offsets[8];
    for (int j = 0; j < product.dot_columns; ++j) offsets[j] = j * pitch_;
    for (int64_t s = 0; s < 4; ++s)
      for (int64_t panel = 0; panel < panels; ++panel) {
        const int64_t row = rows.begin + panel * (rows.end - rows.begin) / panels;
        const int64_t next = rows.begin + (panel + 1) * (rows.end - rows.begin) / panels;
        for (int64_t channel = 0; channel < p_.depth_channels; channel += product.dot_columns) {
          DotArguments<float> dot;
          dot.depth = runs.back().tile + runs.back().length;
          dot.a = gy + s * gy_step + (row - rows.begin) * pitch_;
          dot.a_stride = pitch_;
          dot.b = x + s * x_step + channel * pitch_;
          dot.b_offsets = offsets;
          dot.c = sums + (s * p_.row_channels + row) * p_.depth_channels + channel;
          dot.c_stride = p_.depth_channels;
          dot.rows = static_cast<int>(next - row);
          dot.columns = static_cast<int>(std::min<int64_t>(product.dot_columns, p_.depth_channels - channel));
          dot.accumulate = accumulate;
          product.dot(dot);
        }
      }
  }

  bool finish(const float* sums) const {
    constexpr int64_t kWidth = 64;
    std::atomic<bool> is_finite{true};
    context_.parallel_for(ceil_div(size(), kWidth), 4, [&](int64_t begin, int64_t end) {
      float check = 0;
      for (int64_t index = begin * kWidth; index < std::min(size(), end * kWidth); index += kWidth) {
        const int64_t count = std::min(kWidth, size() - index);
        float terms[kTerms][kWidth] = {};
        for (int64_t part = 0; part < parts_; ++part)
          for (int64_t term = 0; term < kTerms; ++term) {
            const float* from = sums + (part * kTerms + term) * size() + index;
            for (int64_t i = 0; i < count; ++i) terms[term][i] += from[i];
          }
        for (int64_t i = 0; i < count; ++i) {
          float m[4][4];
          for (int64_t term = 0; term < kTerms; ++term) m[term / 4][term % 4] = terms[term][i];
          float* to = gweight_ + (index + i) * 9;
          transform_back(m, to);
          for (int tap = 0; tap < 9; ++tap) check += to[tap] * 0.0f;
        }
      }
      if (check != 0) is_finite.store(false, std::memory_order_relaxed);
    });
    return is_finite.load();
  }

  const WinogradProduct& p_;
  const float* gy_;
  float* gweight_;
  const Context& context_;
  const IsaKernels& kernels_;
  Tiles tiles_;
  int64_t groups_ = 1, parts_ = 1, block_ = 0, pitch_ = 0;
};

}  // namespace

bool is_winograd_worthwhile(int64_t depth_channels, int64_t row_channels, int64_t outputs) {
  return depth_channels >= 16 && row_channels >= 16 && outputs >= 256;
}

bool run_winograd(const WinogradProduct& product, const Context& context) { return Forward(product, context).run(); }

bool run_winograd_weight_gradient(const WinogradProduct& product, const float* gy, float* gweight, const Context& context) {
  return WeightGradient(product, gy, gweight, context).run();
}

}  // namespace lazuli
