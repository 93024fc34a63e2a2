// How a product is cut into tasks and which operands are packed, by sizes and strides. What an element is the sum of, and in which
// order, depends on the depth blocks alone; everything else may follow the number of threads.
#pragma once

#include <algorithm>

#include "isa/isa_kernels.h"
#include "product.h"

namespace lazuli {

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// The size of equal blocks of `total`, at most `most`, each a multiple of `step` (except the last).
inline int64_t even_block(int64_t total, int64_t most, int64_t step) {
  if (total <= most) return std::max<int64_t>(total, 1);
  return ceil_div(ceil_div(total, ceil_div(total, most)), step) * step;
}

template <typename T> struct Plan {
  const ProductKernels<T>* kernels;  // read once: a test may choose another instruction set meanwhile
  const PairKernels* pairs;          // null where there are no bfloat16 numbers or no instructions for them
  int64_t tile_rows, tile_columns;
  int64_t row_block, depth_block;  // in elements
  int64_t column_group;            // panels
  int64_t row_parts;               // of a block, in one task each
  bool is_dot, is_a_direct, is_a_private, is_b_packed, is_b_kept, is_b_whole, is_b_shared;
  bool is_row_major;     // a thread takes all groups of columns of a part before the next part, else all parts of a group
  int64_t column_block;  // in elements; all of them unless a block's B is packed at once
  bool is_spanned;       // two spans of the depth are summed at the same time

  Plan(const Product<T>& p, int threads);

  int64_t row_panels() const { return ceil_div(row_block, tile_rows); }
  /// Of a packed panel: an odd number of lines of the cache, so that the same line of several panels meets several of its sets.
  static int64_t panel_elements(int64_t elements) { return (ceil_div(elements * kWidth, kLineBytes) | 1) * (kLineBytes / kWidth); }
  int64_t a_elements(int64_t panels) const { return panels * panel_elements(tile_rows * depth_block); }
  int64_t b_elements(int64_t panels) const { return panels * panel_elements(tile_columns * depth_block); }
  int64_t part_elements() const { return is_a_direct ? 0 : a_elements(ceil_div(row_panels(), row_parts)); }
  int64_t group_elements() const { return b_elements(is_b_packed ? column_group : 1); }
  int64_t private_b_elements() const { return is_b_shared ? 0 : group_elements(); }
  int64_t workspace_elements() const { return is_dot ? 0 : (is_a_private ? part_elements() : 0) + private_b_elements(); }
  int64_t shared_a_elements() const { return is_dot || is_a_private || is_a_direct ? 0 : a_elements(row_panels()); }
  int64_t shared_b_elements() const {
    return is_dot || !is_b_shared ? 0 : b_elements(ceil_div(column_block, tile_columns));
  }

  /// Whether the product is quicker as Cᵀ = Bᵀ·Aᵀ, which sums each element in the same order.
  bool is_better_turned(const Product<T>& p) const {
    return !is_dot && !p.is_bfloat16 && !p.is_turned && p.a.column_stride == 1 && p.b.row_stride == 1 &&
           depth_block >= p.depth && p.depth >= kTurnedDepth && p.rows <= kTurnedRows &&
           p.rows % tile_columns == 0 && p.columns >= kTurnedColumns * p.rows && !is_crowded(p.b.column_stride);
  }

  /// One thread computes all of a product.
  void keep_whole(const Product<T>& p) {
    is_a_private = true;
    is_b_whole = is_b_shared = is_spanned = false;
    row_parts = 1;
    column_block = p.columns;
    column_group = std::min(most_group(kColumnBytes), ceil_div(p.columns, tile_columns));
  }

 private:
  static constexpr int64_t kWidth = sizeof(T);
  static constexpr int64_t kLineBytes = 64;  // of any cache
  static constexpr int64_t kFirstCacheBytes = 24 << 10;
  static constexpr int64_t kWholeDepthBytes = 3200;   // of one row of a packed block: so deep products are not cut
  static constexpr int64_t kDepthBytes = 2048;        // of one where they are: panels of A stay in the first cache
  static constexpr int64_t kColumnBytes = 400 << 10;  // of packed B one thread holds, well inside its second cache
  static constexpr int64_t kRowBytes = 3 << 20;       // of packed A
  static constexpr int64_t kPartBytes = 160 << 10;    // of the A of a part that a second cache holds beside a group of B
  static constexpr int64_t kSharedBytes = 512 << 10;  // of B packed at once for all threads
  // Lines packed by another core cost as much as to pack them again, and its cache must be told when they are packed anew: a thread
  // with so many rows packs all of B for itself.
  static constexpr int64_t kPrivateRows = 128;
  static constexpr int64_t kPrivateBytes = 400 << 10;  // of a part's packed A; larger ones are packed once, for all threads
  // Operands are read where they lie if that meets few pages and lines of the first cache:
  static constexpr int64_t kDirectRowBytes = 2048;   // of a row of A, as it lies in memory
  static constexpr int64_t kDirectPanelBytes = 48;   // of a column of A in a panel, as a whole line is fetched for it
  static constexpr int64_t kDirectLineBytes = 512;   // of a row of B
  static constexpr int64_t kDirectDepthBytes = 1024;  // of a part of a row
  static constexpr int64_t kDirectBytes = 16 << 10;  // of all rows of A or B
  // Where both operands lie in lines of one step of the depth, as those of a weight's gradient do, a thread that sums half of the depth
  // meets half of each: the half that it wrote itself, if samples were divided so before.
  static constexpr int64_t kSpanBytes = 512 << 10;  // of the results, at most
  static constexpr int64_t kSpanElements = 1024;    // of a row or column of them
  static constexpr int64_t kColumnGroup = 8;         // panels of B in one task
  static constexpr int64_t kLeastRowPanels = 5;      // that make packing a panel of B worth it
  static constexpr int64_t kLeastTurnedPanels = 4;   // in one task where nothing is packed in it
  static constexpr int64_t kTasksOfThread = 8, kMostTasks = 32;  // wished for: when one thread is late others take its tasks
  // Few rows of A meet contiguous columns of B: turned around, the smaller A is packed and the larger B read in place.
  static constexpr int64_t kTurnedRows = 64;        // at most, and whole panels: others cost more than packing the larger one
  static constexpr int64_t kTurnedColumns = 2;      // at least, times the rows
  static constexpr int64_t kTurnedDepth = 384;      // at least
  static constexpr int64_t kCrowdedBytes = 1024;    // lines so many bytes (or twice as many) apart share few sets of a cache
  static constexpr int64_t kDotRows = 48;            // use dot products up to so many rows or columns
  static constexpr int64_t kLongDepth = 192;         // from this depth on

  static bool is_crowded(int64_t stride) {
    return stride * kWidth > kDirectRowBytes && stride * kWidth % kCrowdedBytes == 0;
  }
  /// Panels of B that so many bytes hold.
  int64_t most_group(int64_t bytes) const { return std::max<int64_t>(1, bytes / kWidth / tile_columns / depth_block); }

  void choose_operands(const Product<T>& p, int threads);
  void choose_tasks(const Product<T>& p, int threads);
  void choose_spans(const Product<T>& p, int threads);
  static int64_t wished_tasks(int threads) { return std::clamp<int64_t>(kTasksOfThread * threads, kTasksOfThread, kMostTasks); }
};

template <typename T> Plan<T>::Plan(const Product<T>& p, int threads) {
  const IsaKernels& isa = isa_kernels();
  kernels = &isa.product<T>();
  pairs = p.is_bfloat16 ? pair_kernels(isa.name) : nullptr;
  tile_rows = kernels->tile_rows;
  tile_columns = kernels->tile_columns;
  // Short dot products spend their time adding up lanes, unless packing would cost more still.
  const int64_t reuse = std::min(p.rows, p.columns);
  is_dot = !p.is_bfloat16 && p.a.column_stride == 1 && p.b.row_stride == 1 && reuse <= kDotRows &&
           (p.depth >= kLongDepth || (p.depth >= 16 && reuse <= 8));
  const int64_t packed_width = p.is_bfloat16 ? kWidth / 2 : kWidth;
  depth_block = p.depth * packed_width <= kWholeDepthBytes ? std::max<int64_t>(p.depth, 1)
                                                           : even_block(p.depth, kDepthBytes / packed_width, 8);
  row_block = even_block(p.rows, std::max<int64_t>(1, kRowBytes / kWidth / depth_block), tile_rows);
  is_spanned = depth_block < p.depth && p.a.row_stride == 1 && p.b.column_stride == 1 && !p.is_turned && !is_dot &&
               std::max(p.rows, p.columns) <= kSpanElements && p.rows * p.columns * kWidth <= kSpanBytes &&
               reuse * depth_block * kWidth <= kPrivateBytes;
  if (is_spanned) {
    choose_spans(p, threads);
  } else {
    choose_operands(p, threads);
    choose_tasks(p, threads);
  }
}

template <typename T> void Plan<T>::choose_operands(const Product<T>& p, int threads) {
  const int64_t a_line = (p.a.column_stride == 1 ? p.a.row_stride : p.a.column_stride) * kWidth;
  const bool is_most_of_line = tile_rows * kWidth >= kDirectPanelBytes;
  is_a_direct = p.is_turned || (!p.is_bfloat16 && (p.a.column_stride == 1
                                       ? a_line <= kDirectRowBytes || depth_block * kWidth <= kDirectDepthBytes
                                       : p.a.row_stride == 1 && (a_line * p.depth <= kDirectBytes ||
                                                                 (is_most_of_line && a_line <= kDirectRowBytes))));
  // Contiguous rows of B that are short or that few rows of A meet are read where they are; the last, narrow panel is packed.
  const int64_t b_line = p.b.row_stride * kWidth;
  is_b_packed = p.is_bfloat16 || p.b.column_stride != 1 ||
                (p.rows > 2 * tile_rows && b_line * p.depth > kDirectBytes && b_line > kDirectLineBytes);
  is_b_kept = is_b_packed && tile_columns * depth_block * kWidth <= kFirstCacheBytes;
  const bool is_whole = ceil_div(p.columns, tile_columns) * tile_columns * depth_block * kWidth <= kSharedBytes;
  const bool is_b_at_once = is_b_packed && (is_b_kept || is_whole) && ceil_div(row_block, tile_rows) >= 2 * kLeastRowPanels;
  is_b_whole = is_b_at_once && p.rows >= kPrivateRows * threads;
  is_b_shared = is_b_at_once && !is_b_whole;
  column_block = is_b_at_once ? even_block(p.columns, kSharedBytes / kWidth / depth_block, tile_columns) : p.columns;
}

/// Each thread packs all of the smaller operand's block and a part of the larger one's in each task.
template <typename T> void Plan<T>::choose_spans(const Product<T>& p, int threads) {
  is_a_private = is_b_packed = true;
  is_a_direct = is_b_kept = is_b_shared = false;
  is_b_whole = is_row_major = p.columns <= p.rows;
  row_block = p.rows, column_block = p.columns;
  const int64_t column_panels = ceil_div(p.columns, tile_columns);
  const int64_t parts = std::max(wished_tasks(threads) / 2, ceil_div(a_elements(row_panels()) * kWidth, kPrivateBytes));
  row_parts = is_b_whole ? std::clamp<int64_t>(row_panels() / kLeastRowPanels, 1, parts) : 1;
  column_group = is_b_whole ? column_panels : ceil_div(column_panels, parts);
}

template <typename T> void Plan<T>::choose_tasks(const Product<T>& p, int threads) {
  const int64_t wished = wished_tasks(threads);
  const int64_t row_panels = this->row_panels(), column_panels = ceil_div(p.columns, tile_columns);
  const auto choose_group = [&](int64_t groups) {
    const int64_t most = std::min({most_group(is_b_shared ? kSharedBytes : kColumnBytes), kColumnGroup,
                                   std::max<int64_t>(column_panels / groups, 1)});
    column_group = ceil_div(column_panels, ceil_div(column_panels, most));
  };
  const auto choose_parts = [&](int64_t parts) {
    const int64_t least = p.is_turned ? kLeastTurnedPanels : kLeastRowPanels;
    row_parts = std::clamp<int64_t>(std::min(parts, row_panels / least), 1, kMostTasks);
    row_parts -= row_parts > 1 ? row_parts % 2 : 0;
  };
  // Where each task packs the B it needs, a thread keeps to its columns; else to its rows, which it may well have written.
  is_row_major = is_b_whole || is_b_shared || !is_b_packed;
  if (is_row_major) {
    choose_parts(wished);
    if (is_b_kept) {
      const int64_t most = std::max<int64_t>(1, kPartBytes / (tile_rows * depth_block * kWidth));
      row_parts = std::max(row_parts, ceil_div(row_panels, most));
      row_parts += row_parts > 1 ? row_parts % 2 : 0;
    }
    if (is_b_whole) column_group = ceil_div(column_block, tile_columns);
    else choose_group(p.is_turned ? 1 : ceil_div(wished, row_parts));
  } else {
    choose_group(wished);
    choose_parts(ceil_div(wished, ceil_div(column_panels, column_group)));
  }
  // Also where nothing is packed.
  is_a_private = row_parts == 1 || is_b_whole || (is_row_major && p.a.row_stride != 1);
  is_a_private = is_a_private && part_elements() * kWidth <= kPrivateBytes;
}

}  // namespace lazuli
