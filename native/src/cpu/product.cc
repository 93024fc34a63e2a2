// The blocking around the product micro-kernels. Depth is cut into blocks; for each, threads compute parts of C, packing the
// rows of A and columns of B a part needs into memory of their own. Every element of C is summed in one fixed order.
#include "product.h"

#include <algorithm>
#include <utility>

#include "../threads/thread_pool.h"
#include "lent.h"
#include "product_plan.h"

namespace lazuli {
namespace {

constexpr int64_t kPackDepth = 16;     // lines of B packed together: of neighbouring panels they lie side by side
constexpr int64_t kDotDepth = 4096;    // elements of a row read before the next rows
constexpr int64_t kDotColumnBlock = 32;
constexpr int64_t kDotRowBlock = 96;
constexpr int64_t kTaskWork = 32768;   // multiply-adds worth handing to another thread

struct Sequential {
  template <typename Body> void parallel_for(int64_t count, int64_t, Body&& body) const {
    if (count > 0) body(int64_t{0}, count);
  }
};

/// A piece of an operand that lies packed in some memory.
template <typename T> struct Packed {
  T* memory = nullptr;
  const T* from = nullptr;
  int64_t size = 0;
  int64_t depth = 0;

  /// Whether the piece was another one; from now on it is this one.
  bool exchange(const T* new_from, int64_t new_size, int64_t new_depth) {
    if (from == new_from && size == new_size && depth == new_depth) return false;
    from = new_from, size = new_size, depth = new_depth;
    return true;
  }
};

/// Operands of the next product, which the tiles of this one bring into the cache, each its part.
template <typename T> struct Ahead {
  const T* at[2] = {};
  int64_t left[2] = {};  // elements

  /// Where the next `elements` lie; null when all were taken.
  const T* take(int64_t elements) {
    for (int i = 0; i < 2; ++i) {
      if (left[i] <= 0) continue;
      left[i] -= elements;
      return std::exchange(at[i], at[i] + elements);
    }
    return nullptr;
  }
};

/// What one thread packs for itself.
template <typename T> struct Workspace {
  Packed<T> a, b;
  Ahead<T> ahead = {};
};

/// What is left to do to `count` results of a row, `at` elements after the first of all.
template <typename T> void finish(const Product<T>& p, const ProductKernels<T>& kernels, int64_t at, int64_t count) {
  if (p.is_rounded) kernels.round(p.c + at, count);
  if (p.finish) p.finish(p.c + at, count, p.more != nullptr ? p.more + at : nullptr);
}

template <typename T, typename Runner> void multiply_dots(const Product<T>& p, const ProductKernels<T>& kernels, const Runner& runner) {
  const int64_t groups = ceil_div(p.rows, kernels.dot_rows);
  const int64_t block_groups = even_block(groups, std::max<int64_t>(kDotRowBlock / kernels.dot_rows, 1), 1);
  const int64_t row_blocks = ceil_div(groups, block_groups), column_blocks = ceil_div(p.columns, kDotColumnBlock);
  const int64_t work = p.depth * kDotColumnBlock * std::min(p.rows, block_groups * kernels.dot_rows);
  const auto task = [&](int64_t index) {
    const int64_t first_column = index / row_blocks * kDotColumnBlock;
    const int64_t last_column = std::min(p.columns, first_column + kDotColumnBlock);
    const int64_t first_group = index % row_blocks * block_groups;
    const int64_t last_group = std::min(groups, first_group + block_groups);
    for (int64_t depth = 0; depth < p.depth; depth += kDotDepth) {
      const bool is_last = depth + kDotDepth >= p.depth;
      for (int64_t group = first_group; group < last_group; ++group) {
        const int64_t row = group * p.rows / groups, next = (group + 1) * p.rows / groups;
        for (int64_t column = first_column; column < last_column; column += kernels.dot_columns) {
          int64_t offsets[8];
          for (int j = 0; j < kernels.dot_columns; ++j) offsets[j] = j * p.b.column_stride;
          DotArguments<T> dot;
          dot.depth = std::min(kDotDepth, p.depth - depth);
          dot.a = p.a.data + row * p.a.row_stride + depth;
          dot.a_stride = p.a.row_stride;
          dot.b = p.b.data + column * p.b.column_stride + depth;
          dot.b_offsets = offsets;
          dot.c = p.c + row * p.c_stride + column;
          dot.c_stride = p.c_stride;
          dot.rows = static_cast<int>(next - row);
          dot.columns = static_cast<int>(std::min<int64_t>(kernels.dot_columns, last_column - column));
          dot.accumulate = depth > 0;
          if (depth == 0) {
            if (p.row_bias) dot.row_bias = p.row_bias + row;
            if (p.column_bias) dot.column_bias = p.column_bias + column;
          }
          kernels.dot(dot);
        }
        if (is_last && (p.finish || p.is_rounded))
          for (int64_t r = row; r < next; ++r)
            finish(p, kernels, r * p.c_stride + first_column, last_column - first_column);
      }
    }
  };
  runner.parallel_for(row_blocks * column_blocks, std::max<int64_t>(1, kTaskWork / std::max<int64_t>(work, 1)),
                      [&](int64_t begin, int64_t end) {
                        for (int64_t index = begin; index < end; ++index) task(index);
                      });
}

/// What all threads pack together, or null.
template <typename T> struct Shared {
  T* a = nullptr;
  T* b = nullptr;
};

/// The rows [row, row + rows), the columns [column, column + columns) and the depth [start, start + depth) of a product.
template <typename T> struct Block {
  const Product<T>& p;
  const Plan<T>& plan;
  int64_t row, rows, column, columns, start, depth;
  Shared<T> shared;
  int64_t part_panels = plan.part_panels(rows);
  int64_t panels = plan.row_parts * part_panels;
  int64_t height = ceil_div(rows, panels);
  int64_t least_height = rows / panels, higher = rows % panels;  // panels with one row more, the first ones
  int64_t lines = plan.pairs != nullptr ? (depth + 1) / 2 : depth;  // of a packed panel

  int64_t panel_start(int64_t panel) const { return panel * least_height + std::min(panel, higher); }
  const T* a_at(int64_t panel) const {
    return p.a.data + (row + panel_start(panel)) * p.a.row_stride + start * p.a.column_stride;
  }

  void pack_a(int64_t panel, T* to) const {
    pack(to, height, a_at(panel), p.a.row_stride, p.a.column_stride, panel_start(panel + 1) - panel_start(panel), depth);
  }

  /// A panel in the numbers the tiles take.
  void pack(T* to, int64_t width, const T* from, int64_t row_stride, int64_t depth_stride, int64_t count, int64_t length) const {
    if constexpr (sizeof(T) == 4) {
      if (plan.pairs != nullptr) return plan.pairs->pack(to, width, from, row_stride, depth_stride, count, length);
    }
    plan.kernels->pack(to, width, from, row_stride, depth_stride, count, length);
    if (p.is_bfloat16) plan.kernels->round(to, width * length);
  }

  /// The panels of B's columns [begin, end), one after the other; only the last, narrow one where whole panels are read in place.
  void pack_b(int64_t begin, int64_t end, T* to) const {
    const auto pack_part = [&](int64_t at, int64_t k, int64_t count) {
      const int64_t width = std::min(plan.tile_columns, end - at);
      pack(to + (plan.is_b_packed ? (at - begin) * lines : 0) + k * plan.tile_columns, plan.tile_columns,
           p.b.data + at * p.b.column_stride + (start + k) * p.b.row_stride, p.b.column_stride, p.b.row_stride, width, count);
    };
    if (!plan.is_b_packed) {
      if (const int64_t rest = (end - begin) % plan.tile_columns; rest > 0) pack_part(end - rest, 0, depth);
      return;
    }
    // Lines of B that are contiguous are read once, over all panels; pairs of bfloat16 lines are packed by whole panels.
    const int64_t step = p.b.column_stride == 1 && !p.is_bfloat16 ? kPackDepth : depth;
    for (int64_t k = 0; k < depth; k += step)
      for (int64_t at = begin; at < end; at += plan.tile_columns) pack_part(at, k, std::min(step, depth - k));
  }

  void compute(int64_t panel, const T* packed_a, int64_t at, int64_t width, const T* packed_b, Ahead<T>& ahead) const {
    const int64_t first = row + panel_start(panel);
    TileArguments<T> tile;
    tile.depth = lines;
    tile.a = plan.is_a_direct ? a_at(panel) : packed_a;
    tile.a_stride = plan.is_a_direct ? p.a.column_stride : height;
    tile.a_row = plan.is_a_direct ? p.a.row_stride : 1;
    tile.rows = static_cast<int>(panel_start(panel + 1) + row - first);
    tile.columns = static_cast<int>(width);
    tile.b = packed_b;
    tile.b_stride = plan.tile_columns;
    if (!plan.is_b_packed && width == plan.tile_columns) {
      tile.b = p.b.data + at + start * p.b.row_stride;
      tile.b_stride = p.b.row_stride;
    }
    tile.c = p.c + first * p.c_stride + at;
    tile.c_stride = p.c_stride;
    tile.accumulate = start > 0;
    tile.ahead = ahead.take(lines * plan.tile_columns);
    alignas(64) T turned[kMaxTileRows * kMaxTileColumns];
    if (p.is_turned) tile.c = turned, tile.c_stride = plan.tile_columns;
    if (start == 0) {
      if (p.row_bias) tile.row_bias = p.row_bias + first;
      if (p.column_bias) tile.column_bias = p.column_bias + at;
    }
    if constexpr (sizeof(T) == 4) {
      if (plan.pairs != nullptr) return plan.pairs->tile(tile);
    }
    plan.kernels->tile(tile);
    if (p.is_turned)
      plan.kernels->transpose(p.c + at * p.c_stride + first, p.c_stride, turned, plan.tile_columns, tile.rows, tile.columns);
  }

  /// What is left to do to the panels' rows of a turned result, which lie along its lines.
  void finish_turned(int64_t panel, int64_t next, int64_t begin, int64_t end) const {
    if (!p.is_turned || !(p.finish || p.is_rounded)) return;
    for (int64_t line = begin; line < end; ++line)
      finish(p, *plan.kernels, line * p.c_stride + row + panel_start(panel), panel_start(next) - panel_start(panel));
  }

  /// One part of the rows for one group of panels of columns.
  void run_task(int64_t part, int64_t group, Workspace<T>& workspace) const {
    const int64_t first_panel = part * part_panels, panel_end = first_panel + part_panels;
    const int64_t part_rows = panel_start(panel_end) - panel_start(first_panel);
    const T* a = shared.a != nullptr ? shared.a + part * plan.part_elements() : workspace.a.memory;
    if (!plan.is_a_direct && shared.a == nullptr && workspace.a.exchange(a_at(first_panel), part_rows, depth))
      for (int64_t panel = 0; panel < part_panels; ++panel)
        pack_a(first_panel + panel, workspace.a.memory + panel * height * lines);

    const int64_t begin = column + group * plan.column_group * plan.tile_columns;
    const int64_t end = std::min(column + columns, begin + plan.column_group * plan.tile_columns);
    const T* b = shared.b != nullptr ? shared.b + (begin - column) * lines : workspace.b.memory;
    if (shared.b == nullptr &&
        workspace.b.exchange(p.b.data + begin * p.b.column_stride + start * p.b.row_stride, end - begin, depth))
      pack_b(begin, end, workspace.b.memory);

    const auto tile = [&](int64_t panel, int64_t at) {
      compute(panel, a + (panel - first_panel) * height * lines, at, std::min(plan.tile_columns, end - at),
              b + (plan.is_b_packed ? (at - begin) * lines : 0), workspace.ahead);
    };
    const auto finish_rows = [&](int64_t panel, int64_t next) {
      if (!p.is_turned && (p.finish || p.is_rounded) && start + depth == p.depth)
        for (int64_t r = row + panel_start(panel); r < row + panel_start(next); ++r)
          finish(p, *plan.kernels, r * p.c_stride + begin, end - begin);
    };
    // A panel of B, the larger one, stays in the first cache where it fits; else one of A does.
    if (plan.is_b_kept) {
      for (int64_t at = begin; at < end; at += plan.tile_columns)
        for (int64_t panel = first_panel; panel < panel_end; ++panel) tile(panel, at);
      finish_rows(first_panel, panel_end);
      finish_turned(first_panel, panel_end, begin, end);
      return;
    }
    for (int64_t panel = first_panel; panel < panel_end; ++panel) {
      for (int64_t at = begin; at < end; at += plan.tile_columns) tile(panel, at);
      finish_rows(panel, panel + 1);
    }
    finish_turned(first_panel, panel_end, begin, end);
  }

  /// Calls run(runner, tasks, work of one) after packing what all threads share.
  template <typename Runner, typename Run> void run(const Runner& runner, Run&& run_tasks) const {
    if (shared.a != nullptr)
      runner.parallel_for(panels, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, depth * height)),
                          [&](int64_t begin, int64_t end) {
                            for (int64_t panel = begin; panel < end; ++panel)
                              pack_a(panel, shared.a + panel / part_panels * plan.part_elements() +
                                                panel % part_panels * height * lines);
                          });
    const int64_t group_columns = plan.column_group * plan.tile_columns, groups = ceil_div(columns, group_columns);
    if (shared.b != nullptr)
      runner.parallel_for(groups, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, depth * group_columns)),
                          [&](int64_t begin, int64_t end) {
                            for (int64_t group = begin; group < end; ++group)
                              pack_b(column + group * group_columns, std::min(column + columns, column + (group + 1) * group_columns),
                                     shared.b + group * group_columns * lines);
                          });
    const int64_t tasks = plan.row_parts * groups;
    const int64_t work = depth * rows * columns / tasks;
    runner.parallel_for(tasks, std::max<int64_t>(1, kTaskWork / std::max<int64_t>(work, 1)),
                        [&](int64_t begin, int64_t end) {
                          run_tasks([&](Workspace<T>& workspace) {
                            for (int64_t task = begin; task < end; ++task) {
                              if (plan.is_row_major) run_task(task / groups, task % groups, workspace);
                              else run_task(task % plan.row_parts, task / plan.row_parts, workspace);
                            }
                          });
                        });
  }
};

/// `borrow(body)` calls body(workspace) with one for the calling thread.
template <typename T, typename Runner, typename Borrow>
void multiply_with(const Product<T>& p, const Plan<T>& plan, const Shared<T>& shared, const Runner& runner, Borrow&& borrow) {
  if (p.rows == 0 || p.columns == 0) return;
  if (plan.is_dot) return multiply_dots(p, *plan.kernels, runner);
  for (int64_t row = 0; row < p.rows; row += plan.row_block)
    for (int64_t column = 0; column < p.columns; column += plan.column_block) {
      int64_t depth = 0;
      do {  // once even when there is nothing to sum: C gets its bias
        const Block<T> block{p, plan, row, std::min(plan.row_block, p.rows - row), column,
                             std::min(plan.column_block, p.columns - column), depth, std::min(plan.depth_block, p.depth - depth),
                             shared};
        block.run(runner, borrow);
        depth += plan.depth_block;
      } while (depth < p.depth);
    }
}

}  // namespace

template <typename T> void multiply(const Product<T>& product, const Context& context) {
  if (!Plan<T>(product, context.pool.threads()).is_better_turned(product)) return multiply_batch(product, 1, 0, 0, 0, context);
  Product<T> turned = product;
  std::swap(turned.rows, turned.columns);
  turned.a = {product.b.data, product.b.column_stride, product.b.row_stride};
  turned.b = {product.a.data, product.a.column_stride, product.a.row_stride};
  std::swap(turned.row_bias, turned.column_bias);
  turned.is_turned = true;
  multiply_batch(turned, 1, 0, 0, 0, context);
}

template <typename T>
void multiply_batch(const Product<T>& first, int64_t count, int64_t a_step, int64_t b_step, int64_t c_step,
                    const Context& context) {
  const auto at = [&](int64_t index) {
    Product<T> p = first;
    p.a.data += index * a_step;
    p.b.data += index * b_step;
    p.c += index * c_step;
    return p;
  };
  constexpr int64_t kPieces = 64, kLargeWork = 1 << 23;
  const bool is_large = count < 2 || first.rows * first.columns > kLargeWork / std::max<int64_t>(first.depth, 1);
  Plan<T> plan(first, context.pool.threads());
  if (!is_large) plan.keep_whole(first);
  auto workspaces = lent<Workspace<T>>([&]() -> Workspace<T> {
    T* memory = context.scratch_of<T>(plan.workspace_elements());
    return {{memory}, {memory + plan.workspace_elements() - plan.private_b_elements()}};
  });
  const auto borrow = [&](auto&& body) { workspaces.with(body); };
  if (is_large) {
    const auto allocate = [&](int64_t elements) { return elements > 0 ? context.scratch_of<T>(elements) : nullptr; };
    const Shared<T> shared{allocate(plan.shared_a_elements()), allocate(plan.shared_b_elements())};
    for (int64_t index = 0; index < count; ++index) multiply_with(at(index), plan, shared, context, borrow);
    return;
  }
  // Many small products: each piece computes its share alone.
  const bool are_neighbours = a_step == first.rows * first.depth && (b_step == 0 || b_step == first.depth * first.columns);
  const int64_t pieces = std::min(count, kPieces);
  const int64_t work = std::max<int64_t>(1, first.rows * first.columns * first.depth * count / pieces);
  context.parallel_for(pieces, std::max<int64_t>(1, kTaskWork / work), [&](int64_t begin, int64_t end) {
    borrow([&](Workspace<T>& workspace) {
      for (int64_t index = begin * count / pieces; index < end * count / pieces; ++index) {
        if (index + 1 < count && are_neighbours)
          workspace.ahead = {{first.a.data + (index + 1) * a_step, first.b.data + (index + 1) * b_step}, {a_step, b_step}};
        multiply_with(at(index), plan, Shared<T>{}, Sequential{}, [&](auto&& body) { body(workspace); });
      }
    });
  });
}

template void multiply<float>(const Product<float>&, const Context&);
template void multiply<double>(const Product<double>&, const Context&);
template void multiply_batch<float>(const Product<float>&, int64_t, int64_t, int64_t, int64_t, const Context&);
template void multiply_batch<double>(const Product<double>&, int64_t, int64_t, int64_t, int64_t, const Context&);

}  // namespace lazuli
