// The weight gradient of a convolution as dot products along the outputs of each image: gy's rows against the padded
// planes read at every tap's offset, or, for few taps, line by line where gy lies. Sums run in an order fixed by the shapes.
#include <algorithm>
#include <cstring>

#include "../threads/thread_pool.h"
#include "convolution.h"
#include "isa/isa_kernels.h"
#include "lent.h"

namespace lazuli {
namespace {

constexpr int64_t kChunkBytes = 8 << 20;  // of copied planes held at once, unless one image needs more
constexpr int64_t kUnitDepth = 1024;      // elements of a row in one dot product
constexpr int64_t kColumnBlock = 32;
constexpr int64_t kTasks = 16;  // wished for; images are shared out when the weight alone gives fewer
constexpr int64_t kTaskWork = 32768;
constexpr int64_t kLineColumns = 80;  // at most so many columns are summed line by line
constexpr int64_t kOwnBytes = 192 << 10;  // of padded planes in a thread's second cache
constexpr int64_t kLineTasks = 8;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

template <typename T> class Engine {
 public:
  Engine(const ConvolutionSizes& sizes, const T* gy, const T* x, T* gweight, const Context& context,
         const IsaKernels& isa = isa_kernels())
      : s_(sizes), gy_(gy), x_(x), gweight_(gweight), context_(context), kernels_(isa.product<T>()),
        windows_(isa.windows<T>()) {
    layout_ = layout_of_input(s_.axes);
    taps_ = tap_offsets(s_.axes, layout_);
    plane_ = layout_.elements();
    is_plain_ = layout_.is_plain();
    columns_ = s_.channels * s_.taps();
    outputs_ = s_.outputs();
    span_ = position(s_.axes[0].output - 1, s_.axes[1].output - 1, s_.axes[2].output - 1) + 1;
    // Rows of gy are widened to the planes' width with zeros, or, where that wastes too much, both are gathered.
    is_gathered_ = span_ > outputs_ + outputs_ / 4 || outputs_ < 128;
    const int64_t width = s_.axes[2].output, vectors = ceil_div(width, kernels_.lanes);
    is_lined_ = columns_ <= kLineColumns && 4 * width >= 3 * vectors * kernels_.lanes && s_.axes[1].output * vectors >= 12 &&
                span_ != outputs_;
    if (is_lined_) is_gathered_ = false;
    const int64_t line = layout_.axes[2].length;
    is_square_ = s_.axes[0].output == 1 &&
                 taps_ == std::vector<int64_t>{0, 1, 2, line, line + 1, line + 2, 2 * line, 2 * line + 1, 2 * line + 2};
    const int64_t gathered = is_gathered_ ? s_.groups * columns_ * outputs_ : 0;
    const int64_t per_image =
        (is_plain_ ? 0 : channels() * plane_) + (is_lined_ ? 0 : s_.groups * s_.rows * span_) + gathered;
    chunk_ = std::clamp<int64_t>(kChunkBytes / static_cast<int64_t>(sizeof(T)) / std::max<int64_t>(per_image, 1), 1,
                                 s_.images);
  }

  void run() {
    if (is_lined_) return run_lines();
    const int64_t row_groups = ceil_div(s_.rows, kernels_.dot_rows);
    row_blocks_ = ceil_div(row_groups, 16);
    column_blocks_ = ceil_div(columns_, kColumnBlock);
    const int64_t tiles = s_.groups * row_blocks_ * column_blocks_;
    const int64_t depth = is_gathered_ ? chunk_ * outputs_ : span_;
    const int64_t unit = ceil_div(depth, ceil_div(depth, kUnitDepth));
    const int64_t units = ceil_div(depth, unit) * (is_gathered_ ? 1 : chunk_);
    const int64_t size = s_.groups * s_.rows * columns_;
    partials_ = std::clamp<int64_t>(kTasks / tiles, 1, units);
    T* sums = partials_ == 1 ? gweight_ : allocate(partials_ * size);
    std::fill_n(sums, partials_ * size, T{0});
    T* planes = is_plain_ ? nullptr : allocate(chunk_ * channels() * plane_);
    const bool is_straight = span_ == outputs_ && !is_gathered_;
    T* rows = is_straight ? nullptr : allocate(chunk_ * s_.groups * s_.rows * (is_gathered_ ? outputs_ : span_));
    T* gathered = is_gathered_ ? allocate(chunk_ * s_.groups * columns_ * outputs_) : nullptr;
    for (int64_t image = 0; image < s_.images; image += chunk_) {
      const int64_t images = std::min(chunk_, s_.images - image);
      const T* from = load(image, images, planes);
      const T* gy = gy_ + image * s_.groups * s_.rows * outputs_;
      if (is_gathered_) {
        gather(images, from, gy, gathered, rows);
        accumulate({1, images * outputs_, unit, 0, 0, images * outputs_}, rows, gathered, sums);
      } else {
        if (!is_straight) {
          each(images * s_.groups * s_.rows, span_,
               [&](int64_t index) { widen(gy + index * outputs_, rows + index * span_); });
          gy = rows;
        }
        accumulate({images, span_, unit, s_.groups * s_.rows * span_, channels() * plane_, span_}, gy, from, sums);
      }
    }
    if (partials_ > 1) {
      each(size, partials_, [&](int64_t index) {
        T sum = sums[index];
        for (int64_t part = 1; part < partials_; ++part) sum += sums[part * size + index];
        gweight_[index] = sum;
      });
    }
  }

 private:
  /// The planes of some images with their padding: copied to `planes` unless they have none.
  const T* load(int64_t image, int64_t images, T* planes) const {
    const T* from = x_ + image * channels() * s_.inputs();
    if (is_plain_) return from;
    each(images * channels(), plane_, [&](int64_t index) {
      copy_plane(layout_, from + index * s_.inputs(), planes + index * plane_);
    });
    return planes;
  }

  /// Parts of the images are summed apart, [part, group, row, column, lane]. Each thread pads the planes it needs
  /// unless they are large.
  void run_lines() const {
    const int64_t planes = s_.channels * plane_;
    const bool is_own = !is_plain_ && planes * static_cast<int64_t>(sizeof(T)) <= kOwnBytes;
    const int64_t chunk = is_own ? s_.images : chunk_;
    const int64_t parts = std::clamp<int64_t>(kLineTasks / s_.groups, 1, chunk), lanes = kernels_.lanes;
    const int64_t size = s_.groups * s_.rows * columns_;
    T* sums = allocate(parts * size * lanes);
    T* shared = is_plain_ || is_own ? nullptr : allocate(chunk * channels() * plane_);
    auto lent_planes = lent<T*>([&] {
      T* own = allocate(is_own ? planes : 1);
      if (is_own) std::fill_n(own, planes, T{0});
      return own;
    });
    each(parts * size, lanes, [&](int64_t index) { std::fill_n(sums + index * lanes, lanes, T{0}); });
    for (int64_t image = 0; image < s_.images; image += chunk) {
      const int64_t images = std::min(chunk, s_.images - image);
      const T* from = is_own ? nullptr : load(image, images, shared);
      const int64_t work = std::max<int64_t>(1, images * s_.rows * columns_ * outputs_ / parts);
      const auto add = [&](int64_t part, int64_t group, int64_t i, T* own) {
        const int64_t index = i * s_.groups + group;
        if (is_own)
          for (int64_t channel = 0; channel < s_.channels; ++channel)
            copy_inside(layout_, x_ + (index * s_.channels + channel) * s_.inputs(), own + channel * plane_);
        add_lines(gy_ + (image * s_.groups + index) * s_.rows * outputs_, is_own ? own : from + index * planes,
                  sums + (part * s_.groups + group) * s_.rows * columns_ * lanes);
      };
      context_.parallel_for(parts * s_.groups, std::max<int64_t>(1, kTaskWork / work), [&](int64_t begin, int64_t end) {
        lent_planes.with([&](T* own) {
          for (int64_t task = begin; task < end; ++task) {
            const int64_t part = task / s_.groups, group = task % s_.groups;
            for (int64_t i = part * images / parts; i < (part + 1) * images / parts; ++i) add(part, group, i, own);
          }
        });
      });
    }
    each(size, parts * lanes, [&](int64_t index) {
      T sum{0};
      for (int64_t part = 0; part < parts; ++part)
        for (int64_t lane = 0; lane < lanes; ++lane) sum += sums[(part * size + index) * lanes + lane];
      gweight_[index] = sum;
    });
  }

  /// One image and group.
  void add_lines(const T* gy, const T* planes, T* sums) const {
    if (is_square_) {
      const int64_t width = s_.axes[2].output;
      for (int64_t row = 0; row < s_.rows; ++row)
        for (int64_t channel = 0; channel < s_.channels; ++channel)
          windows_.square_sums({.x = planes + channel * plane_, .x_line = layout_.axes[2].length, .gy = gy + row * outputs_,
                                .gy_line = width, .lines = s_.axes[1].output, .width = width,
                                .sums = sums + (row * columns_ + channel * 9) * windows_.lanes});
      return;
    }
    int64_t offsets[kLineColumns];
    const auto tap_count = static_cast<int64_t>(taps_.size());
    for (int64_t column = 0; column < columns_; ++column)
      offsets[column] = column / tap_count * plane_ + taps_[static_cast<size_t>(column % tap_count)];
    LineArguments<T> lines;
    lines.lines = s_.axes[1].output;
    lines.length = lines.a_line = s_.axes[2].output;
    lines.a_stride = outputs_;
    lines.b_line = layout_.axes[2].length;
    lines.sums_stride = columns_;
    const int64_t row_groups = ceil_div(s_.rows, kernels_.line_rows);
    const int64_t column_groups = ceil_div(columns_, row_groups == s_.rows ? kernels_.lonely_line_columns : kernels_.line_columns);
    for (int64_t d = 0; d < s_.axes[0].output; ++d)
      for (int64_t row_group = 0; row_group < row_groups; ++row_group)
        for (int64_t column_group = 0; column_group < column_groups; ++column_group) {
          const int64_t row = row_group * s_.rows / row_groups, column = column_group * columns_ / column_groups;
          lines.rows = static_cast<int>((row_group + 1) * s_.rows / row_groups - row);
          lines.columns = static_cast<int>((column_group + 1) * columns_ / column_groups - column);
          lines.a = gy + row * outputs_ + d * lines.lines * lines.length;
          lines.b = planes + position(d, 0, 0);
          lines.b_offsets = offsets + column;
          lines.sums = sums + (row * columns_ + column) * kernels_.lanes;
          kernels_.lines(lines);
        }
  }

  /// Products of `segments` × `depth` elements, cut into units; a row of A is `a_stride` long.
  struct Work {
    int64_t segments, depth, unit, a_segment, b_segment, a_stride;
  };

  T* allocate(int64_t elements) const {
    return static_cast<T*>(context_.scratch(static_cast<size_t>(std::max<int64_t>(elements, 1)) * sizeof(T)));
  }
  int64_t channels() const { return s_.groups * s_.channels; }
  int64_t position(int64_t d, int64_t h, int64_t w) const {
    return (d * layout_.axes[1].length + h) * layout_.axes[2].length + w;
  }

  template <typename Body> void each(int64_t count, int64_t work, Body&& body) const {
    context_.parallel_for(count, std::max<int64_t>(1, 16384 / std::max<int64_t>(work, 1)),
                          [&](int64_t begin, int64_t end) {
                            for (int64_t index = begin; index < end; ++index) body(index);
                          });
  }

  /// Calls body(first output, its position in a plane) for every row of outputs.
  template <typename Body> void each_row(Body&& body) const {
    for (int64_t d = 0; d < s_.axes[0].output; ++d)
      for (int64_t h = 0; h < s_.axes[1].output; ++h)
        body((d * s_.axes[1].output + h) * s_.axes[2].output, position(d, h, 0));
  }

  void widen(const T* from, T* to) const {
    std::fill_n(to, span_, T{0});
    each_row([&](int64_t output, int64_t place) {
      std::memcpy(to + place, from + output, static_cast<size_t>(s_.axes[2].output) * sizeof(T));
    });
  }

  /// rows[o, image, output] from gy, and columns[c·tap, image, output] from the planes.
  void gather(int64_t images, const T* planes, const T* gy, T* columns, T* rows) const {
    const int64_t width = s_.axes[2].output, row_count = s_.groups * s_.rows, depth = images * outputs_;
    each(row_count, depth, [&](int64_t row) {
      for (int64_t image = 0; image < images; ++image)
        std::memcpy(rows + row * depth + image * outputs_, gy + (image * row_count + row) * outputs_,
                    static_cast<size_t>(outputs_) * sizeof(T));
    });
    const auto tap_count = static_cast<int64_t>(taps_.size());
    each(channels() * tap_count, depth, [&](int64_t index) {
      for (int64_t image = 0; image < images; ++image) {
        const T* from = planes + (image * channels() + index / tap_count) * plane_ +
                        taps_[static_cast<size_t>(index % tap_count)];
        T* to = columns + index * depth + image * outputs_;
        each_row([&](int64_t output, int64_t place) {
          for (int64_t w = 0; w < width; ++w) to[output + w] = from[place + w];
        });
      }
    });
  }

  void accumulate(const Work& work, const T* a, const T* b, T* sums) const {
    const int64_t tiles = s_.groups * row_blocks_ * column_blocks_;
    const int64_t cost = work.segments * work.depth * s_.groups * s_.rows * columns_ / (tiles * partials_);
    context_.parallel_for(tiles * partials_, std::max<int64_t>(1, kTaskWork / std::max<int64_t>(cost, 1)),
                          [&](int64_t begin, int64_t end) {
                            for (int64_t index = begin; index < end; ++index)
                              accumulate_tile(work, a, b, index % tiles, index / tiles, sums);
                          });
  }

  void accumulate_tile(const Work& work, const T* a, const T* b, int64_t tile, int64_t part, T* sums) const {
    const int64_t group = tile / (row_blocks_ * column_blocks_), block = tile % (row_blocks_ * column_blocks_);
    const int64_t row_begin = block % row_blocks_ * s_.rows / row_blocks_;
    const int64_t rows = (block % row_blocks_ + 1) * s_.rows / row_blocks_ - row_begin;
    const int64_t column_begin = block / row_blocks_ * kColumnBlock;
    const int64_t column_end = std::min(columns_, column_begin + kColumnBlock);
    int64_t offsets[kColumnBlock];
    for (int64_t column = column_begin; column < column_end; ++column)
      offsets[column - column_begin] = column_offset(work, group, column);
    const int64_t row_groups = ceil_div(rows, kernels_.dot_rows);
    const int64_t per_segment = ceil_div(work.depth, work.unit), units = work.segments * per_segment;
    T* c = sums + ((part * s_.groups + group) * s_.rows + row_begin) * columns_;
    for (int64_t unit = part * units / partials_; unit < (part + 1) * units / partials_; ++unit) {
      const int64_t segment = unit / per_segment, start = unit % per_segment * work.unit;
      DotArguments<T> dot;
      dot.depth = std::min(work.unit, work.depth - start);
      dot.a_stride = work.a_stride;
      dot.b = b + segment * work.b_segment + start;
      dot.c_stride = columns_;
      dot.accumulate = true;
      for (int64_t row_group = 0; row_group < row_groups; ++row_group) {
        const int64_t row = row_group * rows / row_groups;
        dot.rows = static_cast<int>((row_group + 1) * rows / row_groups - row);
        dot.a = a + segment * work.a_segment + (group * s_.rows + row_begin + row) * work.a_stride + start;
        for (int64_t column = column_begin; column < column_end; column += kernels_.dot_columns) {
          dot.columns = static_cast<int>(std::min<int64_t>(kernels_.dot_columns, column_end - column));
          dot.b_offsets = offsets + (column - column_begin);
          dot.c = c + row * columns_ + column;
          kernels_.dot(dot);
        }
      }
    }
  }

  int64_t column_offset(const Work& work, int64_t group, int64_t column) const {
    if (is_gathered_) return (group * columns_ + column) * work.depth;
    const auto tap_count = static_cast<int64_t>(taps_.size());
    return (group * s_.channels + column / tap_count) * plane_ + taps_[static_cast<size_t>(column % tap_count)];
  }

  const ConvolutionSizes& s_;
  const T* gy_;
  const T* x_;
  T* gweight_;
  const Context& context_;
  const ProductKernels<T>& kernels_;  // read once: a test may choose another instruction set meanwhile
  const WindowKernels<T>& windows_;   // of the same set
  PlaneLayout layout_;
  std::vector<int64_t> taps_;
  int64_t plane_ = 0, columns_ = 0, outputs_ = 0, span_ = 0, chunk_ = 1;
  int64_t row_blocks_ = 1, column_blocks_ = 1, partials_ = 1;
  bool is_plain_ = false, is_gathered_ = false, is_lined_ = false, is_square_ = false;
};

}  // namespace

template <typename T>
void convolution_weight_gradient(const ConvolutionSizes& sizes, const T* gy, const T* x, T* gweight,
                                 const Context& context) {
  if (sizes.images == 0) {
    std::fill_n(gweight, sizes.groups * sizes.rows * sizes.channels * sizes.taps(), T{0});
    return;
  }
  Engine<T>(sizes, gy, x, gweight, context).run();
}

template void convolution_weight_gradient<float>(const ConvolutionSizes&, const float*, const float*, float*,
                                                 const Context&);
template void convolution_weight_gradient<double>(const ConvolutionSizes&, const double*, const double*, double*,
                                                  const Context&);

}  // namespace lazuli
