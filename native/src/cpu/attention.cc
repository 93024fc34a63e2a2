// self_attention and its gradient: each head of each sample is computed by one thread, a block of queries at a time, so that
// the scores stay in the cache and no [n, heads, t, t] is ever stored. The gradient computes them again from the saved
// logarithms. https://arxiv.org/abs/2205.14135
#include <algorithm>
#include <cmath>
#include <mutex>
#include <vector>

#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"

namespace lazuli {
namespace {

constexpr int64_t kQueries = 64;  // queries whose scores are held at once
constexpr int64_t kGrainWork = 1 << 16;

int64_t padded(int64_t count) { return (count + kSmallColumns - 1) / kSmallColumns * kSmallColumns; }

/// Sizes of a call; `row` is the distance of two steps in qkv.
struct Heads {
  int64_t samples, steps, width, heads, size, row;
  double scale;
  bool is_causal;

  int64_t padded_steps() const { return padded(steps); }
  int64_t padded_size() const { return padded(size); }
  /// Keys that query `step` sees.
  int64_t seen(int64_t step) const { return is_causal ? step + 1 : steps; }
};

Heads heads_of(Arguments& args, const Attributes& attributes, const Shape& qkv) {
  const int64_t heads = args.integer(attributes, "heads", 1, int64_t{1} << 20);
  if (qkv.size() != 3 || qkv[2] % (3 * heads) != 0)
    args.refuse("shape of qkv", "[n, t, 3·e], e a multiple of heads", shape_text(qkv));
  args.elements("qkv", qkv);
  const int64_t width = qkv[2] / 3;
  return {qkv[0], qkv[1], width, heads, width / heads, qkv[2], attributes.number("scale"), attributes.boolean("is_causal")};
}

/// Scratch that as many pieces share as run at once.
template <typename T> class Workspaces {
 public:
  Workspaces(const Context& context, int64_t elements) : context_(context), elements_(elements) {}
  template <typename Body> void with(Body&& body) {
    T* memory = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        memory = free_.back();
        free_.pop_back();
      }
    }
    if (memory == nullptr) memory = context_.scratch_of<T>(elements_);
    body(memory);
    const std::lock_guard lock(mutex_);
    free_.push_back(memory);
  }

 private:
  const Context& context_;
  int64_t elements_;
  std::mutex mutex_;
  std::vector<T*> free_;
};

/// A matrix [rows, size] whose rows lie `row` apart, with `size` padded: itself where nothing is to pad, else a copy.
template <typename T> struct Padded {
  const T* data;
  int64_t row;

  Padded(const T* from, int64_t from_row, int64_t rows, int64_t size, T* memory) : data(from), row(from_row) {
    const int64_t width = padded(size);
    if (width == size) return;
    for (int64_t i = 0; i < rows; ++i) {
      std::copy_n(from + i * from_row, size, memory + i * width);
      std::fill_n(memory + i * width + size, width - size, T{0});
    }
    data = memory;
    row = width;
  }
};

/// to[c·padded steps + i] = from[i·row + c], 0 where there is no step i.
template <typename T> void transpose(const Heads& h, const T* from, int64_t row, T* to) {
  const int64_t width = h.padded_steps();
  for (int64_t c = 0; c < h.size; ++c) {
    for (int64_t i = 0; i < h.steps; ++i) to[c * width + i] = from[i * row + c];
    std::fill_n(to + c * width + h.steps, width - h.steps, T{0});
  }
}

template <typename T> class Head {
 public:
  Head(const Heads& h, const T* qkv, int64_t index)
      : h_(h), sample_(index / h.heads), head_(index % h.heads),
        queries_(qkv + sample_ * h.steps * h.row + head_ * h.size), keys_(queries_ + h.width), values_(keys_ + h.width) {}

  /// y [n, t, e], lse [n, heads, t].
  void forward(T* y, T* lse, T* memory) const {
    const int64_t width = h_.padded_steps();
    T* keys = take(memory, h_.size * width);
    T* scores = take(memory, kQueries * width);
    T* sums = take(memory, kQueries * h_.padded_size());
    const Padded<T> values(values_, h_.row, h_.steps, h_.size, take(memory, h_.steps * h_.padded_size()));
    transpose(h_, keys_, h_.row, keys);
    const auto& math = isa_kernels().math<T>();
    for (int64_t first = 0; first < h_.steps; first += kQueries) {
      const int64_t rows = std::min(kQueries, h_.steps - first), columns = padded(h_.seen(first + rows - 1));
      score(first, rows, columns, keys, scores);
      T shares[kQueries];
      for (int64_t r = 0; r < rows; ++r) {
        T* row = scores + r * width;
        const int64_t seen = h_.seen(first + r);
        const T largest = math.max(row, seen);
        const double sum = math.exp_minus(row, largest, row, seen);
        std::fill(row + seen, row + columns, T{0});
        shares[r] = static_cast<T>(1 / sum);
        lse[(sample_ * h_.heads + head_) * h_.steps + first + r] = static_cast<T>(static_cast<double>(largest) + std::log(sum));
      }
      multiply({.rows = rows, .columns = h_.padded_size(), .depth = h_.seen(first + rows - 1), .a = scores, .a_row = width,
                .a_column = 1, .b = values.data, .b_row = values.row, .c = sums, .c_row = h_.padded_size()});
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < h_.size; ++c) at(y, first + r)[c] = sums[r * h_.padded_size() + c] * shares[r];
    }
  }

  /// gy, y [n, t, e], lse [n, heads, t] → gqkv.
  void backward(const T* gy, const T* y, const T* lse, T* gqkv, T* memory) const {
    const int64_t width = h_.padded_steps(), size = h_.padded_size();
    T* keys = take(memory, h_.size * width);
    T* values = take(memory, h_.size * width);
    T* scores = take(memory, kQueries * width);
    T* slopes = take(memory, kQueries * width);
    T* sums = take(memory, kQueries * size);
    T* key_sums = take(memory, h_.steps * size);
    T* value_sums = take(memory, h_.steps * size);
    const Padded<T> queries(queries_, h_.row, h_.steps, h_.size, take(memory, h_.steps * size));
    const Padded<T> own_keys(keys_, h_.row, h_.steps, h_.size, take(memory, h_.steps * size));
    const Padded<T> gradients(at(gy, 0), h_.width, h_.steps, h_.size, take(memory, h_.steps * size));
    transpose(h_, keys_, h_.row, keys);
    transpose(h_, values_, h_.row, values);
    std::fill_n(key_sums, h_.steps * size, T{0});
    std::fill_n(value_sums, h_.steps * size, T{0});
    const auto& math = isa_kernels().math<T>();
    const auto& lines = isa_kernels().rows<T>();
    const T scale = static_cast<T>(h_.scale);
    for (int64_t first = 0; first < h_.steps; first += kQueries) {
      const int64_t rows = std::min(kQueries, h_.steps - first), most = h_.seen(first + rows - 1), columns = padded(most);
      score(first, rows, columns, keys, scores);
      multiply({.rows = rows, .columns = columns, .depth = h_.size, .a = at(gy, first), .a_row = h_.width, .a_column = 1,
                .b = values, .b_row = width, .c = slopes, .c_row = width});
      for (int64_t r = 0; r < rows; ++r) {
        T *share = scores + r * width, *slope = slopes + r * width;
        const int64_t seen = h_.seen(first + r);
        math.exp_minus(share, lse[(sample_ * h_.heads + head_) * h_.steps + first + r], share, seen);
        double moments[2] = {0, 0};
        lines.moments(at(gy, first + r), at(y, first + r), nullptr, 0.0, moments, h_.size);
        lines.softmax_gradient(slope, share, static_cast<T>(moments[1]), slope, seen);
        std::fill(share + seen, share + columns, T{0});
        std::fill(slope + seen, slope + columns, T{0});
      }
      multiply({.rows = most, .columns = size, .depth = rows, .a = scores, .a_row = 1, .a_column = width,
                .b = gradients.data + first * gradients.row, .b_row = gradients.row, .c = value_sums, .c_row = size,
                .accumulate = true});
      multiply({.rows = most, .columns = size, .depth = rows, .a = slopes, .a_row = 1, .a_column = width,
                .b = queries.data + first * queries.row, .b_row = queries.row, .c = key_sums, .c_row = size,
                .alpha = scale, .accumulate = true});
      multiply({.rows = rows, .columns = size, .depth = most, .a = slopes, .a_row = width, .a_column = 1,
                .b = own_keys.data, .b_row = own_keys.row, .c = sums, .c_row = size, .alpha = scale});
      for (int64_t r = 0; r < rows; ++r) std::copy_n(sums + r * size, h_.size, place(gqkv, first + r, 0));
    }
    for (int64_t i = 0; i < h_.steps; ++i) {
      std::copy_n(key_sums + i * size, h_.size, place(gqkv, i, 1));
      std::copy_n(value_sums + i * size, h_.size, place(gqkv, i, 2));
    }
  }

  /// Elements of memory a call takes; the gradient takes more.
  static int64_t memory_of(const Heads& h) {
    const int64_t width = h.padded_steps(), size = h.padded_size();
    return 2 * h.size * width + 2 * kQueries * width + kQueries * size + 5 * h.steps * size + 10 * kSmallColumns;
  }

 private:
  static void multiply(const SmallProduct<T>& product) { isa_kernels().small<T>()(product); }
  static T* take(T*& memory, int64_t count) {
    T* taken = memory;
    memory += padded(count);
    return taken;
  }
  template <typename Element> Element* at(Element* y, int64_t step) const {
    return y + (sample_ * h_.steps + step) * h_.width + head_ * h_.size;
  }
  T* place(T* gqkv, int64_t step, int64_t part) const {
    return gqkv + (sample_ * h_.steps + step) * h_.row + part * h_.width + head_ * h_.size;
  }
  void score(int64_t first, int64_t rows, int64_t columns, const T* keys, T* scores) const {
    multiply({.rows = rows, .columns = columns, .depth = h_.size, .a = queries_ + first * h_.row, .a_row = h_.row,
              .a_column = 1, .b = keys, .b_row = h_.padded_steps(), .c = scores, .c_row = h_.padded_steps(),
              .alpha = static_cast<T>(h_.scale)});
  }

  const Heads& h_;
  int64_t sample_, head_;
  const T *queries_, *keys_, *values_;
};

/// Calls body(Head, memory) for every head of every sample.
template <typename T, typename Body>
void each_head(const Heads& h, const T* qkv, const Context& context, Body&& body) {
  Workspaces<T> workspaces(context, Head<T>::memory_of(h));
  const int64_t work = std::max<int64_t>(1, h.steps * h.steps * h.size);
  context.parallel_for(h.samples * h.heads, std::max<int64_t>(1, kGrainWork / work), [&](int64_t begin, int64_t end) {
    workspaces.with([&](T* memory) {
      for (int64_t index = begin; index < end; ++index) body(Head<T>(h, qkv, index), memory);
    });
  });
}

/// self_attention (qkv [n, t, 3·e]) → (y [n, t, e], lse [n, heads, t]).
void self_attention(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("self_attention", inputs, outputs, 1, 1, 2);
  const TensorView& qkv = args.floating(0, "qkv");
  const Heads h = heads_of(args, attributes, qkv.shape);
  TensorView& y = args.output(0, "y", {h.samples, h.steps, h.width});
  TensorView& lse = args.output(1, "lse", {h.samples, h.heads, h.steps});
  if (y.numel() == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_head<T>(h, qkv.as<const T>(), context,
                 [&](const Head<T>& head, T* memory) { head.forward(y.as<T>(), lse.as<T>(), memory); });
  });
}

/// self_attention_gradient (gy, qkv, y, lse) → gqkv.
void self_attention_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("self_attention_gradient", inputs, outputs, 4, 4, 1);
  const TensorView& gy = args.floating(0, "gy");
  const TensorView& qkv = args.floating(1, "qkv");
  const TensorView& y = args.floating(2, "y");
  const TensorView& lse = args.floating(3, "lse");
  const Heads h = heads_of(args, attributes, qkv.shape);
  args.expect_shape("gy", gy, {h.samples, h.steps, h.width});
  args.expect_shape("y", y, gy.shape);
  args.expect_shape("lse", lse, {h.samples, h.heads, h.steps});
  TensorView& gqkv = args.output(0, "gqkv", qkv.shape);
  if (gqkv.numel() == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_head<T>(h, qkv.as<const T>(), context, [&](const Head<T>& head, T* memory) {
      head.backward(gy.as<const T>(), y.as<const T>(), lse.as<const T>(), gqkv.as<T>(), memory);
    });
  });
}

constexpr OpEntry kOps[] = {
    {"self_attention", 1, 1, 2, self_attention},
    {"self_attention_gradient", 4, 4, 1, self_attention_gradient},
};

}  // namespace

std::span<const OpEntry> attention_ops() { return kOps; }

}  // namespace lazuli
