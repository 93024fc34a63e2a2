// The loops of window_product.h: pad the planes of some images, then compute panels of outputs, both on all threads.
#include "window_product.h"

#include <algorithm>
#include <cstring>

#include "../threads/thread_pool.h"
#include "isa/isa_kernels.h"
#include "window_vectors.h"

namespace lazuli {
namespace {

constexpr int64_t kChunkBytes = 8 << 20;  // of padded planes held at once, unless one image needs more
constexpr int64_t kPieces = 16;           // shares of the panels; each has its own memory for gathered columns
constexpr int64_t kTaskWork = 32768;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Columns of a panel that lie in one row of outputs.
struct Run {
  int column;
  int length;
  int64_t source;  // element of the padded planes, channel 0, tap offset 0
  int64_t target;  // element of the target, channel 0
};

template <typename T> class Engine {
 public:
  Engine(const WindowProduct<T>& product, const Context& context)
      : p_(product), context_(context), kernels_(isa_kernels().product<T>()) {
    tile_rows_ = ceil_div(p_.row_channels, ceil_div(p_.row_channels, kernels_.tile_rows));
    tile_columns_ = kernels_.tile_columns;
    plane_ = p_.layout.elements();
    target_plane_ = p_.target_size[0] * p_.target_size[1] * p_.target_size[2];
    is_plain_ = p_.layout.is_plain();
    source_plane_ = p_.layout.source_elements();
    image_ = p_.groups * p_.depth_channels * plane_;
    chunk_ = is_plain_ ? p_.images
                       : std::clamp<int64_t>(kChunkBytes / static_cast<int64_t>(sizeof(T)) /
                                                 std::max<int64_t>(image_, 1),
                                             1, p_.images);
    int64_t taps = 0;
    for (const WindowPhase& phase : p_.phases) taps += static_cast<int64_t>(phase.taps.size());
    const int64_t rows = ceil_div(p_.row_channels, tile_rows_) * tile_rows_;
    T* packed = allocate(p_.groups * rows * p_.depth_channels * taps);
    for (const WindowPhase& phase : p_.phases) {
      prepare(phase, packed);
      packed += p_.groups * rows * p_.depth_channels * static_cast<int64_t>(phase.taps.size());
    }
  }

  void run() {
    T* planes = is_plain_ ? nullptr : allocate(chunk_ * image_ + tile_columns_);
    T* gathered = allocate(kPieces * max_depth_ * tile_columns_);
    for (int64_t image = 0; image < p_.images; image += chunk_) {
      const int64_t images = std::min(chunk_, p_.images - image);
      base_ = is_plain_ ? p_.source : planes;
      readable_ = images * image_ + (is_plain_ ? 0 : tile_columns_);
      if (!is_plain_) pad(image, images, planes);
      for (const Prepared& phase : prepared_) compute(phase, image, images, gathered);
    }
  }

 private:
  /// How outputs are put together: places of the padded plane in a row, outputs in a row whose columns are gathered, or the
  /// outputs of one line.
  enum class Panels { direct, packed, lines };

  struct Prepared {
    const WindowPhase* phase;
    int64_t depth;
    std::vector<int64_t> offsets;  // [depth] within the padded planes of a group
    int64_t reach;                 // the largest offset
    int64_t last;                  // the padded position of the last output
    int64_t row_panels;
    const T* weight;  // [groups, row panels, depth, tile rows]
  };

  T* allocate(int64_t elements) const {
    return static_cast<T*>(context_.scratch(static_cast<size_t>(std::max<int64_t>(elements, 1)) * sizeof(T)));
  }

  void prepare(const WindowPhase& phase, T* packed) {
    if (phase.outputs() == 0) return;
    Prepared prepared{};
    prepared.phase = &phase;
    const auto taps = static_cast<int64_t>(phase.taps.size());
    prepared.depth = taps * p_.depth_channels;
    for (int64_t channel = 0; channel < p_.depth_channels; ++channel)
      for (const int64_t offset : phase.offsets) prepared.offsets.push_back(channel * plane_ + offset);
    prepared.reach = prepared.offsets.empty() ? 0 : *std::max_element(prepared.offsets.begin(), prepared.offsets.end());
    prepared.last = position(phase.count[0] - 1, phase.count[1] - 1, phase.count[2] - 1);
    prepared.row_panels = ceil_div(p_.row_channels, tile_rows_);
    max_depth_ = std::max(max_depth_, prepared.depth);
    prepared.weight = packed;
    const bool is_contiguous = taps == p_.weight_channel;
    context_.parallel_for(p_.groups * prepared.row_panels,
                          std::max<int64_t>(1, 8192 / std::max<int64_t>(prepared.depth * tile_rows_, 1)),
                          [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index) {
        const int64_t row = index % prepared.row_panels * tile_rows_;
        const int64_t rows = std::min(tile_rows_, p_.row_channels - row);
        const T* from = p_.weight + index / prepared.row_panels * p_.weight_group + row * p_.weight_row;
        T* to = packed + index * prepared.depth * tile_rows_;
        if (is_contiguous) {
          kernels_.pack(to, tile_rows_, from, p_.weight_row, 1, rows, prepared.depth);
          continue;
        }
        for (int64_t channel = 0; channel < p_.depth_channels; ++channel)
          for (const int64_t tap : phase.taps) {
            for (int64_t r = 0; r < rows; ++r)
              to[r] = from[r * p_.weight_row + channel * p_.weight_channel + tap];
            std::fill(to + rows, to + tile_rows_, T{0});
            to += tile_rows_;
          }
      }
    });
    prepared_.push_back(std::move(prepared));
  }

  int64_t position(int64_t d, int64_t h, int64_t w) const {
    return (d * p_.layout.axes[1].length + h) * p_.layout.axes[2].length + w;
  }

  void pad(int64_t first_image, int64_t images, T* planes) const {
    const int64_t channels = p_.groups * p_.depth_channels;
    context_.parallel_for(images * channels, std::max<int64_t>(1, 16384 / plane_), [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index)
        copy_plane(p_.layout, p_.source + (first_image * channels + index) * source_plane_, planes + index * plane_);
    });
    std::fill_n(planes + images * image_, tile_columns_, T{0});
  }

  /// Walks `columns` positions from `start` and lists those that are outputs. Packed positions count outputs only and
  /// run through all images; direct ones are places in the padded plane of one image.
  int runs_of(const Prepared& prepared, bool is_packed, int64_t image, int64_t start, int64_t columns, int64_t group,
              Run* runs) const {
    const auto& [count, first, step, offsets, taps] = *prepared.phase;
    const int64_t height = is_packed ? count[1] : p_.layout.axes[1].length;
    const int64_t width = is_packed ? count[2] : p_.layout.axes[2].length;
    if (is_packed) {
      image += start / (count[0] * height * width);
      start %= count[0] * height * width;
    }
    int64_t w = start % width, h = start / width % height, d = start / width / height;
    int total = 0;
    for (int64_t column = 0; column < columns;) {
      const int64_t room = std::min(width - w, columns - column);
      const int64_t length = h < count[1] && d < count[0] ? std::min(room, count[2] - w) : 0;
      if (length > 0) {
        const int64_t target_row = ((first[0] + d * step[0]) * p_.target_size[1] + first[1] + h * step[1]);
        runs[total++] = {static_cast<int>(column), static_cast<int>(length),
                         image * image_ + group * p_.depth_channels * plane_ + position(d, h, w),
                         (image * p_.groups + group) * p_.row_channels * target_plane_ +
                             target_row * p_.target_size[2] + first[2] + w * step[2]};
      }
      column += room;
      w += room;
      if (w == width) {
        w = 0;
        if (++h == height) {
          h = 0;
          if (++d == count[0] && is_packed) d = 0, ++image;
        }
      }
    }
    return total;
  }

  void compute(const Prepared& prepared, int64_t first_image, int64_t images, T* gathered) const {
    const WindowPhase& phase = *prepared.phase;
    const int64_t direct = ceil_div(prepared.last + 1, tile_columns_) * images;
    const int64_t tight = ceil_div(phase.outputs() * images, tile_columns_);
    // Gathering costs about as much as 20 rows of products.
    Panels kind = (direct - tight) * p_.row_channels > 20 * tight ? Panels::packed : Panels::direct;
    int64_t group_panels = kind == Panels::packed ? tight : direct;
    // Panels that end where a line of outputs does are stored where they belong; others are scattered. Half a panel costs half.
    const int64_t lines = phase.count[0] * phase.count[1] * images;
    const int64_t halves = ceil_div(phase.count[2], tile_columns_ / 2);
    if (phase.step[2] == 1 && lines * halves * (prepared.depth + 4) < 2 * group_panels * (prepared.depth + 12)) {
      kind = Panels::lines;
      group_panels = lines * ceil_div(phase.count[2], tile_columns_);
    }
    const int64_t panels = p_.groups * group_panels;
    const int64_t work = std::max<int64_t>(1, prepared.depth * p_.row_channels * tile_columns_);
    const int64_t pieces = std::min(std::min(panels, kPieces), ceil_div(panels * work, kTaskWork));
    T* target = p_.target + first_image * p_.groups * p_.row_channels * target_plane_;
    context_.parallel_for(pieces, 1, [&](int64_t begin, int64_t end) {
      for (int64_t piece = begin; piece < end; ++piece)
        for (int64_t panel = piece * panels / pieces; panel < (piece + 1) * panels / pieces; ++panel)
          compute_panel(prepared, kind, panel, images, group_panels, gathered + piece * max_depth_ * tile_columns_, target);
    });
  }

  void compute_panel(const Prepared& prepared, Panels kind, int64_t panel, int64_t images, int64_t group_panels,
                     T* gathered, T* target) const {
    const int64_t group = panel / group_panels;
    panel %= group_panels;
    const bool is_packed = kind == Panels::packed;
    int64_t image = 0, start = 0, columns = 0;
    if (kind == Panels::lines) {
      const auto& count = prepared.phase->count;
      const int64_t per_line = ceil_div(count[2], tile_columns_), line = panel / per_line;
      image = line / (count[0] * count[1]);
      const int64_t first = panel % per_line * tile_columns_;
      start = position(line / count[1] % count[0], line % count[1], first);
      columns = std::min(tile_columns_, count[2] - first);
    } else if (is_packed) {
      start = panel * tile_columns_;
      columns = std::min(tile_columns_, prepared.phase->outputs() * images - start);
    } else {
      const int64_t per_image = group_panels / images;
      image = panel / per_image;
      start = panel % per_image * tile_columns_;
      columns = std::min(tile_columns_, prepared.last + 1 - start);
    }
    Run runs[kMaxTileColumns];
    const int run_count = runs_of(prepared, is_packed, image, start, columns, group, runs);
    if (run_count == 0) return;

    TileArguments<T> tile;
    tile.depth = prepared.depth;
    tile.a_stride = tile_rows_;
    tile.columns = static_cast<int>(columns);
    const int64_t source = image * image_ + group * p_.depth_channels * plane_ + start;
    if (is_packed || source + prepared.reach + tile_columns_ > readable_) {
      gather(prepared, runs, run_count, gathered);
      tile.b = gathered;
      tile.b_stride = tile_columns_;
    } else {
      tile.b = base_ + source;
      tile.b_offsets = prepared.offsets.data();
    }
    const bool is_straight = run_count == 1 && runs[0].length == columns && prepared.phase->step[2] == 1;
    T values[kMaxTileRows * kMaxTileColumns];
    for (int64_t row_panel = 0; row_panel < prepared.row_panels; ++row_panel) {
      const int64_t row = row_panel * tile_rows_;
      tile.a = prepared.weight + (group * prepared.row_panels + row_panel) * prepared.depth * tile_rows_;
      tile.rows = static_cast<int>(std::min(tile_rows_, p_.row_channels - row));
      tile.row_bias = p_.bias ? p_.bias + group * p_.row_channels + row : nullptr;
      tile.c = is_straight ? target + runs[0].target + row * target_plane_ : values;
      tile.c_stride = is_straight ? target_plane_ : tile_columns_;
      if (!is_straight) tile.columns = static_cast<int>(tile_columns_);
      kernels_.tile(tile);
      if (!is_straight) {
        // Where a run's elements lie apart they are finished before they are scattered.
        if (p_.finish) p_.finish(values, tile.rows * tile_columns_);
        scatter(prepared, runs, run_count, values, tile.rows, target + row * target_plane_);
      } else if (p_.finish) {
        for (int64_t r = 0; r < tile.rows; ++r) p_.finish(tile.c + r * target_plane_, columns);
      }
    }
  }

  /// to[k, column] = the tap k of the output in that column.
  void gather(const Prepared& prepared, const Run* runs, int run_count, T* to) const {
    for (const int64_t offset : prepared.offsets) {
      for (int i = 0; i < run_count; ++i) {
        const T* from = base_ + runs[i].source + offset;
        T* columns = to + runs[i].column;
        for (int j = 0; j < runs[i].length; ++j) columns[j] = from[j];
      }
      to += tile_columns_;
    }
  }

  void scatter(const Prepared& prepared, const Run* runs, int run_count, const T* values, int rows, T* target) const {
    const int64_t step = prepared.phase->step[2];
    for (int row = 0; row < rows; ++row, values += tile_columns_, target += target_plane_) {
      for (int i = 0; i < run_count; ++i) {
        const T* from = values + runs[i].column;
        T* to = target + runs[i].target;
        if (step == 1)
          for (int j = 0; j < runs[i].length; ++j) to[j] = from[j];
        else
          for (int j = 0; j < runs[i].length; ++j) to[j * step] = from[j];
      }
    }
  }

  const WindowProduct<T>& p_;
  const Context& context_;
  const ProductKernels<T>& kernels_;  // read once: a test may choose another instruction set meanwhile
  int64_t tile_rows_ = 0, tile_columns_ = 0;
  int64_t plane_ = 0, source_plane_ = 0, target_plane_ = 0, image_ = 0, chunk_ = 1, max_depth_ = 0;
  bool is_plain_ = false;
  const T* base_ = nullptr;
  int64_t readable_ = 0;
  std::vector<Prepared> prepared_;
};

}  // namespace

template <typename T> void run_window_product(const WindowProduct<T>& product, const Context& context) {
  if (suits_window_vectors(product)) return run_window_vectors(product, context);
  Engine<T>(product, context).run();
}

template void run_window_product<float>(const WindowProduct<float>&, const Context&);
template void run_window_product<double>(const WindowProduct<double>&, const Context&);

}  // namespace lazuli
