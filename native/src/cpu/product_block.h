// One block of a product: what of its operands is packed, by whom, and the tiles of its tasks. Included by product.cc alone.
#pragma once

#include <algorithm>
#include <utility>

#include "product_dots.h"
#include "product_plan.h"

namespace lazuli {
namespace {

constexpr int64_t kPackDepth = 32;     // lines worth packing in a piece of their own
constexpr int64_t kTurnedPanels = 4;   // whose results are turned together, ...
constexpr int64_t kTurnedWidth = 64; // ... so many columns: of whole panels of any instruction set
constexpr int64_t kPackWork = 16384;   // elements worth packing on another thread

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

/// What all threads pack together, or null.
template <typename T> struct Shared {
  T* a = nullptr;
  T* b = nullptr;
  T* sums = nullptr;  // of the second span of the depth
};

/// The rows [row, row + rows), the columns [column, column + columns) and the depth [start, start + depth) of a product.
template <typename T> struct Block {
  const Product<T>& p;
  const Plan<T>& plan;
  int64_t row, rows, column, columns, start, depth;
  Shared<T> shared;
  bool is_first = start == 0;  // of what is summed in its C
  int64_t panels = ceil_div(rows, plan.tile_rows);
  int64_t height = ceil_div(rows, panels);
  int64_t least_height = rows / panels, higher = rows % panels;  // panels with one row more, the first ones
  int64_t lines = plan.pairs != nullptr ? (depth + 1) / 2 : depth;  // of a packed panel

  int64_t a_panel = plan.panel_elements(height * lines), b_panel = plan.panel_elements(plan.tile_columns * lines);

  int64_t panel_of(int64_t columns_before) const { return columns_before / plan.tile_columns; }
  int64_t panel_start(int64_t panel) const { return panel * least_height + std::min(panel, higher); }
  int64_t panel_rows(int64_t panel) const { return least_height + (panel < higher ? 1 : 0); }
  const T* a_at(int64_t panel) const {
    return p.a.data + (row + panel_start(panel)) * p.a.row_stride + start * p.a.column_stride;
  }

  /// Whether lines of A or B hold neighbouring rows or columns: they are packed as they lie, over many panels. Pairs of bfloat16
  /// lines are not.
  bool is_a_in_lines() const { return p.a.row_stride == 1 && !p.is_bfloat16; }
  bool is_b_in_lines() const { return p.b.column_stride == 1 && !p.is_bfloat16; }

  /// The lines [first, last) of the panels [begin, end) of A.
  void pack_a(int64_t begin, int64_t end, int64_t first, int64_t last, T* to) const {
    if (!is_a_in_lines()) {
      for (int64_t panel = begin; panel < end; ++panel)
        pack(to + (panel - begin) * a_panel, height, a_at(panel), p.a.row_stride, p.a.column_stride, panel_rows(panel), depth);
      return;
    }
    for (int64_t panel = begin; panel < end;) {  // the higher ones, then the others
      const int64_t next = panel < higher ? std::min(end, higher) : end;
      plan.kernels->pack_lines(to + (panel - begin) * a_panel + first * height, height, a_panel, a_at(panel) + first * p.a.column_stride,
                               p.a.column_stride, panel_rows(panel), next - panel, last - first);
      panel = next;
    }
  }

  /// A panel in the numbers the tiles take.
  void pack(T* to, int64_t width, const T* from, int64_t row_stride, int64_t depth_stride, int64_t count, int64_t length) const {
    if constexpr (sizeof(T) == 4) {
      if (plan.pairs != nullptr) return plan.pairs->pack(to, width, from, row_stride, depth_stride, count, length);
    }
    plan.kernels->pack(to, width, from, row_stride, depth_stride, count, length);
    if (p.is_bfloat16) plan.kernels->round(to, width * length);
  }

  /// The lines [first, last) of the panels of B's columns [begin, end); only the last, narrow one where whole panels are read in place.
  void pack_b(int64_t begin, int64_t end, int64_t first, int64_t last, T* to) const {
    const T* from = p.b.data + begin * p.b.column_stride + (start + first) * p.b.row_stride;
    int64_t at = begin, whole = (end - begin) / plan.tile_columns;
    to += first * plan.tile_columns;
    if (!plan.is_b_packed || (is_b_in_lines() && whole > 0)) {
      if (plan.is_b_packed) {
        plan.kernels->pack_lines(to, plan.tile_columns, b_panel, from, p.b.row_stride, plan.tile_columns, whole, last - first);
        to += whole * b_panel;
      }
      at += whole * plan.tile_columns;
    }
    for (; at < end; at += plan.tile_columns, to += b_panel)
      pack(to, plan.tile_columns, from + (at - begin) * p.b.column_stride, p.b.column_stride, p.b.row_stride,
           std::min(plan.tile_columns, end - at), last - first);
  }

  /// The tile of one panel of A and one of B, the first of a strip.
  TileArguments<T> first_tile(int64_t panel, const T* packed_a, int64_t at, int64_t width, const T* packed_b) const {
    const int64_t first = row + panel_start(panel);
    TileArguments<T> tile;
    tile.depth = lines;
    tile.a = plan.is_a_direct ? a_at(panel) : packed_a;
    tile.a_stride = plan.is_a_direct ? p.a.column_stride : height;
    tile.a_row = plan.is_a_direct ? p.a.row_stride : 1;
    tile.rows = static_cast<int>(panel_rows(panel));
    tile.columns = static_cast<int>(width);
    tile.b = packed_b;
    tile.b_stride = plan.tile_columns;
    if (!plan.is_b_packed && width == plan.tile_columns) {
      tile.b = p.b.data + at + start * p.b.row_stride;
      tile.b_stride = p.b.row_stride;
    }
    tile.c = p.c + first * p.c_stride + at;
    tile.c_stride = p.c_stride;
    tile.accumulate = !is_first;
    if (is_first) {
      if (p.row_bias) tile.row_bias = p.row_bias + first;
      if (p.column_bias) tile.column_bias = p.column_bias + at;
    }
    return tile;
  }

  void compute(TileArguments<T>& tile, Ahead<T>& ahead) const {
    if (const T* next = ahead.take(lines * plan.tile_columns * tile.tiles); next != nullptr) {
      tile.ahead = next;
      tile.ahead_stride = plan.tile_columns * static_cast<int64_t>(sizeof(T));
      tile.ahead_step = lines * tile.ahead_stride;
    }
    if constexpr (sizeof(T) == 4) {
      if (plan.pairs != nullptr) return plan.pairs->tile(tile);
    }
    plan.kernels->tile(tile);
  }

  /// The panels [begin, end) of A, which lie one after the other, with one of B.
  void compute_rows(int64_t begin, int64_t end, const T* packed_a, int64_t at, int64_t width, const T* packed_b, Ahead<T>& ahead) const {
    while (begin < end) {  // the higher ones, then the others
      const int64_t next = begin < higher ? std::min(end, higher) : end;
      TileArguments<T> tile = first_tile(begin, packed_a, at, width, packed_b);
      tile.tiles = next - begin;
      tile.a_step = plan.is_a_direct ? tile.rows * p.a.row_stride : a_panel;
      tile.c_step = tile.rows * p.c_stride;
      tile.row_bias_step = tile.rows;
      if (!plan.is_a_direct || p.a.row_stride == depth) {  // B stays in the cache, of A the next panel is to come
        tile.ahead = tile.a + tile.a_step;
        tile.ahead_stride = (plan.is_a_direct ? tile.rows : height) * static_cast<int64_t>(sizeof(T));
        tile.ahead_step = tile.a_step * static_cast<int64_t>(sizeof(T));
      }
      compute(tile, ahead);
      packed_a += (next - begin) * a_panel;
      begin = next;
    }
  }

  /// One panel of A with the panels of B of the columns [begin, end); `to` is where the results go if not to C, in lines of kTurnedWidth.
  void compute_columns(int64_t panel, const T* packed_a, int64_t begin, int64_t end, const T* packed_b, Ahead<T>& ahead,
                       T* to = nullptr) const {
    const int64_t rest = (end - begin) % plan.tile_columns, whole = end - rest;
    const auto strip = [&](int64_t at, int64_t width, int64_t tiles) {
      TileArguments<T> tile = first_tile(panel, packed_a, at, width, packed_b + (plan.is_b_packed ? panel_of(at - begin) * b_panel : 0));
      tile.tiles = tiles;
      tile.b_step = plan.is_b_packed ? b_panel : plan.tile_columns;
      tile.c_step = plan.tile_columns;
      tile.column_bias_step = plan.tile_columns;
      if (to != nullptr) tile.c = to + (at - begin), tile.c_stride = kTurnedWidth;
      compute(tile, ahead);
    };
    if (whole > begin) strip(begin, plan.tile_columns, (whole - begin) / plan.tile_columns);
    if (rest > 0) strip(whole, rest, 1);
  }

  /// As compute_columns of the panels [first, last), their results turned.
  void compute_turned(int64_t first, int64_t last, const T* a, int64_t begin, int64_t end, const T* b, Ahead<T>& ahead) const {
    alignas(64) T turned[kTurnedPanels * kMaxTileRows * kTurnedWidth];
    for (int64_t at = begin; at < end; at += kTurnedWidth) {
      const int64_t next = std::min(end, at + kTurnedWidth);
      for (int64_t panel = first; panel < last; panel += kTurnedPanels) {
        const int64_t panel_end = std::min(last, panel + kTurnedPanels);
        for (int64_t i = panel; i < panel_end; ++i)
          compute_columns(i, a + (i - first) * a_panel, at, next, b + (plan.is_b_packed ? panel_of(at - begin) * b_panel : 0), ahead,
                          turned + (panel_start(i) - panel_start(panel)) * kTurnedWidth);
        plan.kernels->transpose(p.c + at * p.c_stride + row + panel_start(panel), p.c_stride, turned, kTurnedWidth,
                                panel_start(panel_end) - panel_start(panel), next - at);
      }
    }
  }

  /// What is left to do to the panels' rows of a turned result, which lie along its lines.
  void finish_turned(int64_t panel, int64_t next, int64_t begin, int64_t end) const {
    if (!(p.finish || p.is_rounded)) return;
    for (int64_t line = begin; line < end; ++line)
      finish(p, *plan.kernels, line * p.c_stride + row + panel_start(panel), panel_start(next) - panel_start(panel));
  }

  /// One part of the rows for one group of panels of columns.
  void run_task(int64_t part, int64_t group, Workspace<T>& workspace) const {
    const int64_t first_panel = part * panels / plan.row_parts, panel_end = (part + 1) * panels / plan.row_parts;
    const int64_t part_rows = panel_start(panel_end) - panel_start(first_panel);
    const T* a = shared.a != nullptr ? shared.a + first_panel * a_panel : workspace.a.memory;
    if (!plan.is_a_direct && shared.a == nullptr && workspace.a.exchange(a_at(first_panel), part_rows, depth))
      pack_a(first_panel, panel_end, 0, depth, workspace.a.memory);

    const int64_t begin = column + group * plan.column_group * plan.tile_columns;
    const int64_t end = std::min(column + columns, begin + plan.column_group * plan.tile_columns);
    const T* b = shared.b != nullptr ? shared.b + panel_of(begin - column) * b_panel : workspace.b.memory;
    if (shared.b == nullptr &&
        workspace.b.exchange(p.b.data + begin * p.b.column_stride + start * p.b.row_stride, end - begin, depth))
      pack_b(begin, end, 0, depth, workspace.b.memory);

    const auto finish_rows = [&](int64_t panel, int64_t next) {
      if ((p.finish || p.is_rounded) && start + depth == p.depth)
        for (int64_t r = row + panel_start(panel); r < row + panel_start(next); ++r)
          finish(p, *plan.kernels, r * p.c_stride + begin, end - begin);
    };
    if (p.is_turned) {
      compute_turned(first_panel, panel_end, a, begin, end, b, workspace.ahead);
      finish_turned(first_panel, panel_end, begin, end);
    } else if (plan.is_b_kept) {  // A panel of B, the larger one, stays in the first cache where it fits; else one of A does.
      for (int64_t at = begin; at < end; at += plan.tile_columns)
        compute_rows(first_panel, panel_end, a, at, std::min(plan.tile_columns, end - at), b + panel_of(at - begin) * b_panel,
                     workspace.ahead);
      finish_rows(first_panel, panel_end);
    } else {
      for (int64_t panel = first_panel; panel < panel_end; ++panel) {
        compute_columns(panel, a + (panel - first_panel) * a_panel, begin, end, b, workspace.ahead);
        finish_rows(panel, panel + 1);
      }
    }
  }

  int64_t groups() const { return ceil_div(columns, plan.column_group * plan.tile_columns); }

  /// Calls run(runner, tasks, work of one) after packing what all threads share.
  template <typename Runner, typename Run> void run(const Runner& runner, Run&& run_tasks) const {
    // By lines where they are packed as they lie, else by panels.
    const auto pack_all = [&](bool is_in_lines, int64_t count, int64_t width, auto&& pack_piece) {
      const int64_t steps = is_in_lines ? ceil_div(depth, kPackDepth) : 1;
      const int64_t work = std::max<int64_t>(1, steps > 1 ? kPackDepth * width * count : depth * width);
      runner.parallel_for(steps > 1 ? steps : count, std::max<int64_t>(1, kPackWork / work), [&](int64_t begin, int64_t end) {
        if (steps > 1) pack_piece(int64_t{0}, count, begin * kPackDepth, std::min(depth, end * kPackDepth));
        else pack_piece(begin, end, int64_t{0}, depth);
      });
    };
    if (shared.a != nullptr)
      pack_all(is_a_in_lines(), panels, height, [&](int64_t begin, int64_t end, int64_t first, int64_t last) {
        pack_a(begin, end, first, last, shared.a + begin * a_panel);
      });
    const int64_t width = plan.tile_columns, column_panels = ceil_div(columns, width);
    if (shared.b != nullptr)
      pack_all(is_b_in_lines(), column_panels, width, [&](int64_t begin, int64_t end, int64_t first, int64_t last) {
        pack_b(column + begin * width, std::min(column + columns, column + end * width), first, last, shared.b + begin * b_panel);
      });
    const int64_t groups = this->groups(), tasks = plan.row_parts * groups;
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

}  // namespace
}  // namespace lazuli
