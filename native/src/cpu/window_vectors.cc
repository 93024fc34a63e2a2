// The loops of window_vectors.h: a task takes one image of one group, pads its planes into memory of its own thread and computes
// blocks of outputs, all channels of a block while its inputs are in the first cache.
#include "window_vectors.h"

#include <algorithm>

#include "../threads/thread_pool.h"
#include "isa/isa_kernels.h"
#include "lent.h"

namespace lazuli {
namespace {

constexpr int64_t kFewRows = 8;         // output channels of a group that fill no tile
constexpr int64_t kFewTaps = 32;        // products of an output that a tile's start and end outweigh
constexpr int64_t kLeastWidth = 4;      // outputs of a line
constexpr int64_t kOwnBytes = 192 << 10;  // of padded planes in a thread's second cache
constexpr int64_t kChunkBytes = 8 << 20;  // of padded planes that all threads share, unless one image needs more
constexpr int64_t kBlockVectors = 24;   // of outputs whose inputs stay in the first cache
constexpr int64_t kBlockLines = 32;     // of windows of 3×3, which share the sums of two lines
constexpr int64_t kFewTasks = 16;
constexpr int64_t kTaskWork = 32768;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

template <typename T> class Engine {
 public:
  Engine(const WindowProduct<T>& product, const Context& context)
      : p_(product), phase_(product.phases.front()), context_(context), kernels_(isa_kernels().windows<T>()) {
    plane_ = p_.layout.elements();
    source_plane_ = p_.layout.source_elements();
    target_plane_ = phase_.outputs();
    for (size_t tap = 0; tap < phase_.taps.size(); ++tap) taps_.push_back({phase_.offsets[tap], phase_.taps[tap]});
    std::sort(taps_.begin(), taps_.end());
    for (int64_t channel = 0; channel < p_.depth_channels; ++channel)
      for (const auto& [offset, tap] : taps_) offsets_.push_back(channel * plane_ + offset);
    const int64_t width = phase_.count[2], line = p_.layout.axes[2].length;
    is_square_ = p_.row_channels == 1 && phase_.count[0] == 1 &&
                 offsets_ == std::vector<int64_t>{0, 1, 2, line, line + 1, line + 2, 2 * line, 2 * line + 1, 2 * line + 2};
    pieces_ = is_square_ ? 1 : ceil_div(width, kBlockVectors * kernels_.lanes);
    segments_ = phase_.count[0] * phase_.count[1] * pieces_;
    const int64_t vectors = ceil_div(ceil_div(width, pieces_), kernels_.lanes);
    block_ = is_square_ ? kBlockLines : std::max<int64_t>(1, kBlockVectors / vectors);
    // Lines narrower than a vector are read beyond their end.
    is_plain_ = p_.layout.is_plain() && width >= kernels_.lanes;
    pack_weight();
  }

  void run() {
    const int64_t tasks = p_.images * p_.groups, planes = p_.depth_channels * plane_;
    const int64_t blocks = ceil_div(segments_, block_);
    const int64_t work = std::max<int64_t>(1, target_plane_ * p_.row_channels * static_cast<int64_t>(offsets_.size()));
    if (!is_plain_ && tasks >= kFewTasks && planes * static_cast<int64_t>(sizeof(T)) <= kOwnBytes) {
      auto lent_planes = lent<T*>([&] {
        T* own = context_.scratch_of<T>(planes + kernels_.lanes);
        std::fill_n(own, planes + kernels_.lanes, T{0});
        return own;
      });
      context_.parallel_for(tasks, std::max<int64_t>(1, kTaskWork / work), [&](int64_t begin, int64_t end) {
        lent_planes.with([&](T* own) {
          for (int64_t task = begin; task < end; ++task) {
            for (int64_t channel = 0; channel < p_.depth_channels; ++channel)
              copy_inside(p_.layout, p_.source + (task * p_.depth_channels + channel) * source_plane_, own + channel * plane_);
            compute(own, task, 0, blocks);
          }
        });
      });
      return;
    }
    const int64_t image = p_.groups * planes;
    const int64_t chunk =
        is_plain_ ? p_.images
                  : std::clamp<int64_t>(kChunkBytes / static_cast<int64_t>(sizeof(T)) / std::max<int64_t>(image, 1), 1, p_.images);
    T* shared = is_plain_ ? nullptr : context_.scratch_of<T>(chunk * image + kernels_.lanes);
    if (shared) std::fill_n(shared + chunk * image, kernels_.lanes, T{0});
    for (int64_t first = 0; first < p_.images; first += chunk) {
      const int64_t images = std::min(chunk, p_.images - first), start = first * p_.groups;
      const T* source = p_.source + start * p_.depth_channels * source_plane_;
      if (shared)
        context_.parallel_for(images * p_.groups * p_.depth_channels, std::max<int64_t>(1, 16384 / plane_),
                              [&](int64_t begin, int64_t end) {
                                for (int64_t index = begin; index < end; ++index)
                                  copy_plane(p_.layout, source + index * source_plane_, shared + index * plane_);
                              });
      const T* from = shared ? shared : source;
      context_.parallel_for(images * p_.groups * blocks, std::max<int64_t>(1, kTaskWork * blocks / work),
                            [&](int64_t begin, int64_t end) {
                              for (int64_t index = begin; index < end; ++index)
                                compute(from + index / blocks * planes, start + index / blocks, index % blocks, index % blocks + 1);
                            });
    }
  }

 private:
  /// [groups, depth, rows].
  void pack_weight() {
    const auto taps = static_cast<int64_t>(taps_.size());
    const auto depth = static_cast<int64_t>(offsets_.size());
    T* packed = context_.scratch_of<T>(std::max<int64_t>(1, p_.groups * depth * p_.row_channels));
    for (int64_t group = 0; group < p_.groups; ++group)
      for (int64_t channel = 0; channel < p_.depth_channels; ++channel)
        for (int64_t tap = 0; tap < taps; ++tap)
          for (int64_t row = 0; row < p_.row_channels; ++row)
            packed[((group * p_.depth_channels + channel) * taps + tap) * p_.row_channels + row] =
                p_.weight[group * p_.weight_group + row * p_.weight_row + channel * p_.weight_channel +
                          taps_[static_cast<size_t>(tap)].second];
    weight_ = packed;
  }

  /// A segment is a line of outputs or one of `pieces_` even pieces of it.
  int64_t piece_start(int64_t piece) const { return piece * phase_.count[2] / pieces_; }

  /// Where a segment begins among the outputs.
  int64_t place(int64_t segment) const { return segment / pieces_ * phase_.count[2] + piece_start(segment % pieces_); }
  /// Where a line of outputs begins in the padded planes.
  int64_t source(int64_t line) const {
    return (line / phase_.count[1] * p_.layout.axes[1].length + line % phase_.count[1]) * p_.layout.axes[2].length;
  }

  /// Blocks [first, last) of the outputs of one image and group, from its padded planes.
  void compute(const T* planes, int64_t task, int64_t first, int64_t last) const {
    T* y = p_.target + task * p_.row_channels * target_plane_;
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = block * block_, end = std::min(segments_, begin + block_);
      if (is_square_) compute_squares(planes, task % p_.groups, begin, end, y);
      else compute_windows(planes, task % p_.groups, begin, end, y);
      if (!p_.finish) continue;
      for (int64_t row = 0; row < p_.row_channels; ++row)
        p_.finish(y + row * target_plane_ + place(begin), place(end) - place(begin));
    }
  }

  void compute_squares(const T* planes, int64_t group, int64_t begin, int64_t end, T* y) const {
    SquareArguments<T> s;
    s.x = planes + source(begin);
    s.x_line = p_.layout.axes[2].length;
    s.weight = weight_ + group * 9;
    s.bias = p_.bias ? p_.bias[group] : T{0};
    s.y = y + place(begin);
    s.y_line = s.width = phase_.count[2];
    s.lines = end - begin;
    kernels_.squares(s);
  }

  void compute_windows(const T* planes, int64_t group, int64_t begin, int64_t end, T* y) const {
    const int64_t width = phase_.count[2], lanes = kernels_.lanes;
    int64_t sources[kBlockVectors], targets[kBlockVectors];
    WindowArguments<T> w;
    for (int64_t segment = begin; segment < end; ++segment) {
      const int64_t line = segment / pieces_, stop = piece_start(segment % pieces_ + 1);
      for (int64_t at = piece_start(segment % pieces_); at < stop; at += lanes, ++w.vectors) {
        // The last vector of a piece ends where the piece does, over what the one before it computed.
        const int64_t column = std::max<int64_t>(std::min(at, stop - lanes), 0);
        sources[w.vectors] = source(line) + column;
        targets[w.vectors] = line * width + column;
      }
    }
    w.depth = static_cast<int64_t>(offsets_.size());
    w.x = planes;
    w.offsets = offsets_.data();
    w.weight = weight_ + group * w.depth * p_.row_channels;
    w.weight_stride = p_.row_channels;
    w.bias = p_.bias ? p_.bias + group * p_.row_channels : nullptr;
    w.y = y;
    w.y_stride = target_plane_;
    w.channels = static_cast<int>(p_.row_channels);
    w.sources = sources;
    w.targets = targets;
    w.width = static_cast<int>(std::min(width, lanes));
    kernels_.windows(w);
  }

  const WindowProduct<T>& p_;
  const WindowPhase& phase_;
  const Context& context_;
  const WindowKernels<T>& kernels_;  // read once: a test may choose another instruction set meanwhile
  std::vector<std::pair<int64_t, int64_t>> taps_;  // offset in a plane, place in the kernel
  std::vector<int64_t> offsets_;     // [depth] within the padded planes of a group
  const T* weight_ = nullptr;
  int64_t plane_ = 0, source_plane_ = 0, target_plane_ = 0;
  int64_t pieces_ = 1;    // of a line
  int64_t segments_ = 0;  // of a plane
  int64_t block_ = 1;     // segments computed together
  bool is_plain_ = false, is_square_ = false;
};

}  // namespace

template <typename T> bool suits_window_vectors(const WindowProduct<T>& product) {
  if (product.phases.size() != 1) return false;
  const WindowPhase& phase = product.phases.front();
  const int64_t depth = product.depth_channels * static_cast<int64_t>(phase.taps.size());
  return (product.row_channels <= kFewRows || depth <= kFewTaps) && phase.count == product.target_size &&
         phase.step == std::array<int64_t, 3>{1, 1, 1} && phase.count[2] >= kLeastWidth;
}

template <typename T> void run_window_vectors(const WindowProduct<T>& product, const Context& context) {
  if (product.images > 0) Engine<T>(product, context).run();
}

template bool suits_window_vectors<float>(const WindowProduct<float>&);
template bool suits_window_vectors<double>(const WindowProduct<double>&);
template void run_window_vectors<float>(const WindowProduct<float>&, const Context&);
template void run_window_vectors<double>(const WindowProduct<double>&, const Context&);

}  // namespace lazuli
