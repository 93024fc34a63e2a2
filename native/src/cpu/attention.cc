// self_attention and its gradient: a block of queries of one head at a time, so that the scores stay in the cache and no
// [n, heads, t, t] is ever stored. Scores are held transposed, [keys, queries], and every operand that can be is read where it
// lies. The gradient computes the scores again from the saved logarithms. https://arxiv.org/abs/2205.14135
#include <algorithm>
#include <limits>
#include <optional>

#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"
#include "lent.h"

namespace lazuli {
namespace {

constexpr int64_t kQueries = 64;  // whose scores are held at once
constexpr int64_t kGrainWork = 1 << 16;
constexpr int64_t kStrip = 5;      // tiles of one call
constexpr int64_t kRowsAhead = 2;  // of the next head, for each tile

int64_t padded(int64_t count) { return (count + kColumnStep - 1) / kColumnStep * kColumnStep; }

/// Sizes of a call; `row` is the distance of two steps in qkv.
struct Heads {
  int64_t samples, steps, width, heads, size, row;
  double scale;
  bool is_causal;

  int64_t count() const { return samples * heads; }
  int64_t blocks() const { return (steps + kQueries - 1) / kQueries; }
  int64_t block_rows(int64_t block) const { return std::min(kQueries, steps - block * kQueries); }
  /// Keys that some query of a block sees.
  int64_t seen(int64_t block) const { return is_causal ? block * kQueries + block_rows(block) : steps; }
  /// Columns of the scores of a block.
  int64_t columns() const { return padded(std::min(steps, kQueries)); }
  bool is_padded() const { return padded(size) != size; }
};

Heads heads_of(Arguments& args, const Attributes& attributes, const Shape& qkv) {
  const int64_t heads = args.integer(attributes, "heads", 1, int64_t{1} << 20);
  if (qkv.size() != 3 || qkv[2] % (3 * heads) != 0)
    args.refuse("shape of qkv", "[n, t, 3·e], e a multiple of heads", shape_text(qkv));
  args.elements("qkv", qkv);
  const int64_t width = qkv[2] / 3;
  return {qkv[0], qkv[1], width, heads, width / heads, qkv[2], attributes.number("scale"), attributes.boolean("is_causal")};
}

/// What a piece of the work writes between its products.
template <typename T> struct Memory {
  T *queries, *gradients;             // [size, columns], transposed
  T *scores, *slopes;                 // [steps, columns]
  T *rows[4];                         // copies with padded rows, where the size is no multiple of kColumnStep
  static constexpr int kCopies = 4;

  static int64_t elements(const Heads& h) {
    return 2 * (h.size + h.steps) * h.columns() + (h.is_padded() ? kCopies * h.steps * padded(h.size) : 0);
  }
  Memory(const Heads& h, T* memory) {
    queries = memory;
    gradients = queries + h.size * h.columns();
    scores = gradients + h.size * h.columns();
    slopes = scores + h.steps * h.columns();
    for (int i = 0; i < kCopies; ++i) rows[i] = slopes + h.steps * h.columns() + i * (h.is_padded() ? h.steps * padded(h.size) : 0);
  }
};

/// The strides of a call's second operands: of transposed ones, of rows of qkv and of rows of gy.
struct Strides {
  int64_t columns, row, gradient;

  explicit Strides(const Heads& h)
      : columns(h.columns()), row(h.is_padded() ? padded(h.size) : h.row), gradient(h.is_padded() ? padded(h.size) : h.width) {}
};

/// A matrix of a product: row r, column k at data[r·row + k·column].
template <typename T> struct Left {
  const T* data;
  int64_t row, column;
};

/// Brings the rows of the head after this one into the cache, some with each tile of this one.
template <typename T> class Ahead {
 public:
  /// `parts` blocks of `h.width` columns, of which the head at `from` has `h.size` each.
  Ahead(const Heads& h, const T* from, int64_t row, int64_t parts) : h_(h), from_(from), row_(row), parts_(parts) {}

  void fetch(int64_t rows) {
    constexpr int64_t line = 64 / static_cast<int64_t>(sizeof(T));
    for (const int64_t end = std::min(step_ + rows, h_.steps); step_ < end; ++step_)
      for (int64_t part = 0; part < parts_; ++part)
        for (int64_t at = 0; at < h_.size; at += line) __builtin_prefetch(from_ + step_ * row_ + part * h_.width + at);
  }

 private:
  const Heads& h_;
  const T* from_;
  int64_t row_, parts_, step_ = 0;
};

template <typename T> class Head {
 public:
  /// `gy` where there is one.
  Head(const Heads& h, const Strides& strides, const T* qkv, const T* gy, int64_t index)
      : h_(h), strides_(strides), sample_(index / h.heads), head_(index % h.heads),
        queries_(qkv + sample_ * h.steps * h.row + head_ * h.size), keys_(queries_ + h.width), values_(keys_ + h.width) {
    const int64_t next = index + 1;
    if (next == h.count()) return;
    const int64_t row = next / h.heads * h.steps, column = next % h.heads * h.size;
    next_[0].emplace(h, qkv + row * h.row + column, h.row, 3);
    if (gy != nullptr) next_[1].emplace(h, gy + row * h.width + column, h.width, 1);
  }

  /// y [n, t, e], lse [n, heads, t], of one block of queries.
  void forward(int64_t block, T* y, T* lse, const Memory<T>& memory) {
    const int64_t first = block * kQueries, rows = h_.block_rows(block), seen = h_.seen(block), columns = h_.columns();
    const T* values = whole(values_, h_.row, h_.steps, memory.rows[0]);
    score(block, memory);
    T largest[kQueries], logarithms[kQueries];
    double sums[kQueries];
    columns_.exponentials(memory.scores, columns, seen, columns, largest, sums);
    multiply({memory.scores, 1, columns}, values, strides_.row, rows, h_.size, seen, at(y, first), h_.width, false);
    for (int64_t r = 0; r < rows; ++r) {
      const T share = static_cast<T>(1 / sums[r]);
      T* to = at(y, first + r);
      for (int64_t c = 0; c < h_.size; ++c) to[c] *= share;
    }
    std::transform(sums, sums + columns, logarithms, [](double sum) { return static_cast<T>(sum); });
    isa_kernels().math<T>().function(ScalarFunction::log)(logarithms, logarithms, rows);
    for (int64_t r = 0; r < rows; ++r) lse_at(lse)[first + r] = largest[r] + logarithms[r];
  }

  /// gy [n, t, e], lse [n, heads, t] → gqkv.
  void backward(const T* gy, const T* lse, T* gqkv, const Memory<T>& memory) {
    const int64_t columns = h_.columns();
    const T* queries = whole(queries_, h_.row, h_.steps, memory.rows[0]);
    const T* keys = whole(keys_, h_.row, h_.steps, memory.rows[1]);
    const T* gradients = whole(at(gy, 0), h_.width, h_.steps, memory.rows[2]);
    // From the last block on, whose queries see every key: it writes what the others add to.
    for (int64_t block = h_.blocks() - 1; block >= 0; --block) {
      const int64_t first = block * kQueries, rows = h_.block_rows(block), seen = h_.seen(block);
      const bool is_added = block != h_.blocks() - 1;
      score(block, memory);
      product_.pack(memory.gradients, columns, at(gy, first), h_.width, 1, rows, h_.size);
      multiply({values_, h_.row, 1}, memory.gradients, strides_.columns, seen, columns, h_.size, memory.slopes, columns, false);
      T logarithms[kQueries] = {};
      std::copy_n(lse_at(lse) + first, rows, logarithms);
      columns_.slopes(memory.scores, memory.slopes, columns, seen, columns, logarithms, static_cast<T>(h_.scale));
      multiply({memory.scores, columns, 1}, gradients + first * strides_.gradient, strides_.gradient, seen, h_.size,
               rows, place(gqkv, 0, 2), h_.row, is_added);
      multiply({memory.slopes, columns, 1}, queries + first * strides_.row, strides_.row, seen, h_.size, rows,
               place(gqkv, 0, 1), h_.row, is_added);
      multiply({memory.slopes, 1, columns}, keys, strides_.row, rows, h_.size, seen, place(gqkv, first, 0), h_.row, false);
    }
  }

 private:
  template <typename Element> Element* at(Element* y, int64_t step) const {
    return y + (sample_ * h_.steps + step) * h_.width + head_ * h_.size;
  }
  template <typename Element> Element* lse_at(Element* lse) const { return lse + (sample_ * h_.heads + head_) * h_.steps; }
  T* place(T* gqkv, int64_t step, int64_t part) const {
    return gqkv + (sample_ * h_.steps + step) * h_.row + part * h_.width + head_ * h_.size;
  }

  /// Rows that may be read by whole vectors: as they lie, or copied where a vector would reach beyond the last one.
  const T* whole(const T* from, int64_t row, int64_t rows, T* memory) const {
    if (!h_.is_padded()) return from;
    const int64_t width = padded(h_.size);
    for (int64_t i = 0; i < rows; ++i) {
      std::copy_n(from + i * row, h_.size, memory + i * width);
      std::fill_n(memory + i * width + h_.size, width - h_.size, T{0});
    }
    return memory;
  }

  /// The scores [keys, queries] of a block, -∞ where a query does not see a key.
  void score(int64_t block, const Memory<T>& memory) {
    const int64_t first = block * kQueries, rows = h_.block_rows(block), seen = h_.seen(block), columns = h_.columns();
    product_.pack(memory.queries, columns, queries_ + first * h_.row, h_.row, 1, rows, h_.size);
    const T scale = static_cast<T>(h_.scale);
    for (int64_t i = 0; i < h_.size * columns; ++i) memory.queries[i] *= scale;
    multiply({keys_, h_.row, 1}, memory.queries, strides_.columns, seen, columns, h_.size, memory.scores, columns, false);
    if (h_.is_causal)
      for (int64_t key = first + 1; key < seen; ++key)
        std::fill_n(memory.scores + key * columns, key - first, -std::numeric_limits<T>::infinity());
  }

  /// c[r, j] (+)= Σ_k a[r, k]·b[k, j] by register tiles, some of a height at each call.
  void multiply(Left<T> a, const T* b, int64_t b_stride, int64_t rows, int64_t columns, int64_t depth, T* c,
                int64_t c_stride, bool is_added) {
    const int64_t panels = (rows + product_.tile_rows - 1) / product_.tile_rows, height = (rows + panels - 1) / panels;
    TileArguments<T> tile;
    tile.depth = depth;
    tile.a_stride = a.column;
    tile.a_row = a.row;
    tile.a_step = height * a.row;
    tile.b_stride = b_stride;
    tile.c_stride = c_stride;
    tile.c_step = height * c_stride;
    tile.accumulate = is_added;
    for (int64_t column = 0; column < columns; column += product_.tile_columns) {
      tile.b = b + column;
      tile.columns = static_cast<int>(std::min<int64_t>(product_.tile_columns, columns - column));
      for (int64_t row = 0; row < rows; row += tile.tiles * tile.rows) {
        tile.a = a.data + row * a.row;
        tile.c = c + row * c_stride + column;
        tile.rows = static_cast<int>(std::min(height, rows - row));
        tile.tiles = std::clamp<int64_t>((rows - row) / height, 1, kStrip);
        product_.tile(tile);
        for (std::optional<Ahead<T>>& ahead : next_)
          if (ahead) ahead->fetch(kRowsAhead * tile.tiles);
      }
    }
  }

  const Heads& h_;
  const Strides& strides_;
  int64_t sample_, head_;
  const T *queries_, *keys_, *values_;
  const ProductKernels<T>& product_ = isa_kernels().product<T>();
  const ColumnKernels<T>& columns_ = isa_kernels().columns<T>();
  std::optional<Ahead<T>> next_[2];
};

/// Calls body(index, memory) for 0 <= index < count, where `work` is about the multiply-adds of one.
template <typename T, typename Body>
void each_piece(const Heads& h, int64_t count, int64_t work, const Context& context, Body&& body) {
  auto memories = lent<Memory<T>>([&] { return Memory<T>(h, context.scratch_of<T>(Memory<T>::elements(h))); });
  context.parallel_for(count, std::max<int64_t>(1, kGrainWork / std::max<int64_t>(1, work)), [&](int64_t begin, int64_t end) {
    memories.with([&](Memory<T>& memory) {
      for (int64_t index = begin; index < end; ++index) body(index, memory);
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
  const Strides strides(h);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_piece<T>(h, h.count() * h.blocks(), kQueries * h.steps * h.size, context, [&](int64_t index, Memory<T>& memory) {
      Head<T> head(h, strides, qkv.as<const T>(), nullptr, index / h.blocks());
      head.forward(index % h.blocks(), y.as<T>(), lse.as<T>(), memory);
    });
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
  const Strides strides(h);
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_piece<T>(h, h.count(), h.steps * h.steps * h.size, context, [&](int64_t index, Memory<T>& memory) {
      Head<T> head(h, strides, qkv.as<const T>(), gy.as<const T>(), index);
      head.backward(gy.as<const T>(), lse.as<const T>(), gqkv.as<T>(), memory);
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
