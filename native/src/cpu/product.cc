// The blocking around the product micro-kernels. Depth is cut into blocks; for each, panels of A and B are packed by
// all threads, then tiles of C are computed by all threads. Every element of C is summed in one fixed order.
#include "product.h"

#include <algorithm>
#include <cstring>

#include "../threads/thread_pool.h"
#include "isa/isa_kernels.h"

namespace lazuli {
namespace {

constexpr int64_t kRowPanels = 72;      // panels of A packed at once
constexpr int64_t kColumnPanels = 64;   // panels of B packed at once
constexpr int64_t kRowGroup = 6;        // panels of A in one task
constexpr int64_t kColumnGroup = 4;     // panels of B in one task
constexpr int64_t kDepthBytes = 1536;   // of one row of a packed block
constexpr int64_t kDotDepth = 4096;     // elements of a row read before the next rows
constexpr int64_t kDotColumnBlock = 32;
constexpr int64_t kDotRowBlock = 96;
constexpr int64_t kDotRows = 96;        // use dot products up to so many rows or columns
constexpr int64_t kLongDepth = 192;     // from this depth on
constexpr int64_t kTaskWork = 32768;    // multiply-adds worth handing to another thread

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// The size of equal blocks of `total`, at most `most`, each a multiple of `step` (except the last).
int64_t even_block(int64_t total, int64_t most, int64_t step) {
  if (total <= most) return std::max<int64_t>(total, 1);
  return ceil_div(ceil_div(total, ceil_div(total, most)), step) * step;
}

struct Sequential {
  template <typename Body> void parallel_for(int64_t count, int64_t, Body&& body) const {
    if (count > 0) body(int64_t{0}, count);
  }
};

template <typename T> struct Plan {
  const ProductKernels<T>* kernels;  // read once: a test may choose another instruction set meanwhile
  int64_t tile_rows, tile_columns;
  int64_t row_block, column_block, depth_block;  // in elements
  bool is_dot, is_b_packed;
  int64_t a_elements, b_elements;

  size_t bytes() const {
    return is_dot ? 0
                  : static_cast<size_t>(a_elements + b_elements) * sizeof(T) +
                        static_cast<size_t>(depth_block) * 2 * sizeof(int64_t) + 256;
  }
};

template <typename T> Plan<T> plan_of(const Product<T>& p) {
  Plan<T> plan{};
  plan.kernels = &isa_kernels().product<T>();
  plan.tile_rows = plan.kernels->tile_rows;
  plan.tile_columns = plan.kernels->tile_columns;
  // Short dot products spend their time adding up lanes, unless packing would cost more still.
  const int64_t reuse = std::min(p.rows, p.columns);
  plan.is_dot = p.a.column_stride == 1 && p.b.row_stride == 1 && reuse <= kDotRows &&
                (p.depth >= kLongDepth || (p.depth >= 16 && reuse <= 8));
  plan.depth_block = even_block(p.depth, kDepthBytes / static_cast<int64_t>(sizeof(T)), 8);
  plan.row_block = even_block(p.rows, kRowPanels * plan.tile_rows, plan.tile_rows);
  plan.column_block = even_block(p.columns, kColumnPanels * plan.tile_columns, plan.tile_columns);
  // Contiguous rows of B that few rows of A meet are read where they are; the last, narrow panel is packed.
  plan.is_b_packed = p.b.column_stride != 1 || p.rows > 2 * plan.tile_rows;
  const int64_t packed_columns =
      plan.is_b_packed ? ceil_div(plan.column_block, plan.tile_columns) * plan.tile_columns : plan.tile_columns;
  plan.a_elements = ceil_div(plan.row_block, plan.tile_rows) * plan.tile_rows * plan.depth_block;
  plan.b_elements = packed_columns * plan.depth_block;
  return plan;
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
      }
    }
  };
  runner.parallel_for(row_blocks * column_blocks, std::max<int64_t>(1, kTaskWork / std::max<int64_t>(work, 1)),
                      [&](int64_t begin, int64_t end) {
                        for (int64_t index = begin; index < end; ++index) task(index);
                      });
}

/// One block of C: packs, then computes. `depth_start` > 0 adds to what C holds.
template <typename T> struct Block {
  const Product<T>& p;
  const Plan<T>& plan;
  int64_t row_start, column_start, depth_start;
  int64_t rows, columns, depth;
  T* packed_a;
  T* packed_b;
  const int64_t* packed_offsets;   // k · tile_columns
  const int64_t* strided_offsets;  // k · b.row_stride

  void pack_a(int64_t panel) const {
    const int64_t row = panel * plan.tile_rows;
    pack_panel(packed_a + row * depth, plan.tile_rows,
               p.a.data + (row_start + row) * p.a.row_stride + depth_start * p.a.column_stride, p.a.row_stride,
               p.a.column_stride, std::min(plan.tile_rows, rows - row), depth);
  }

  void pack_b(int64_t panel, T* to) const {
    const int64_t column = panel * plan.tile_columns;
    pack_panel(to, plan.tile_columns,
               p.b.data + (column_start + column) * p.b.column_stride + depth_start * p.b.row_stride,
               p.b.column_stride, p.b.row_stride, std::min(plan.tile_columns, columns - column), depth);
  }

  void compute(int64_t row_panel, int64_t column_panel) const {
    const int64_t row = row_panel * plan.tile_rows, column = column_panel * plan.tile_columns;
    TileArguments<T> tile;
    tile.depth = depth;
    tile.a = packed_a + row * depth;
    tile.a_stride = plan.tile_rows;
    tile.rows = static_cast<int>(std::min(plan.tile_rows, rows - row));
    tile.columns = static_cast<int>(std::min(plan.tile_columns, columns - column));
    if (plan.is_b_packed) {
      tile.b = packed_b + column * depth;
      tile.b_offsets = packed_offsets;
    } else if (tile.columns < plan.tile_columns) {
      tile.b = packed_b;
      tile.b_offsets = packed_offsets;
    } else {
      tile.b = p.b.data + column_start + column + depth_start * p.b.row_stride;
      tile.b_offsets = strided_offsets;
    }
    tile.c = p.c + (row_start + row) * p.c_stride + column_start + column;
    tile.c_stride = p.c_stride;
    tile.accumulate = depth_start > 0;
    if (depth_start == 0) {
      if (p.row_bias) tile.row_bias = p.row_bias + row_start + row;
      if (p.column_bias) tile.column_bias = p.column_bias + column_start + column;
    }
    plan.kernels->tile(tile);
  }
};

template <typename T, typename Runner> void run_block(const Block<T>& block, const Runner& runner) {
  const Plan<T>& plan = block.plan;
  const int64_t row_panels = ceil_div(block.rows, plan.tile_rows);
  const int64_t column_panels = ceil_div(block.columns, plan.tile_columns);
  const int64_t packed_panels = plan.is_b_packed ? column_panels : block.columns % plan.tile_columns ? 1 : 0;
  const int64_t panel_elements = std::max<int64_t>(1, block.depth * plan.tile_columns);
  runner.parallel_for(row_panels + packed_panels, std::max<int64_t>(1, 16384 / panel_elements),
                      [&](int64_t begin, int64_t end) {
                        for (int64_t index = begin; index < end; ++index) {
                          if (index < row_panels) block.pack_a(index);
                          else if (!plan.is_b_packed) block.pack_b(column_panels - 1, block.packed_b);
                          else
                            block.pack_b(index - row_panels, block.packed_b + (index - row_panels) *
                                                                                  plan.tile_columns * block.depth);
                        }
                      });
  const int64_t row_group = even_block(row_panels, kRowGroup, 1), row_groups = ceil_div(row_panels, row_group);
  // Narrow groups of columns when there would be too few tasks to share out.
  const int64_t column_group = row_groups * column_panels >= 16 * kColumnGroup ? kColumnGroup : 1;
  const int64_t column_groups = ceil_div(column_panels, column_group);
  const int64_t work = block.depth * row_group * plan.tile_rows * column_group * plan.tile_columns;
  runner.parallel_for(
      row_groups * column_groups, std::max<int64_t>(1, kTaskWork / std::max<int64_t>(work, 1)),
      [&](int64_t begin, int64_t end) {
        for (int64_t index = begin; index < end; ++index) {
          const int64_t row_begin = index % row_groups * row_group, column_begin = index / row_groups * column_group;
          const int64_t row_end = std::min(row_panels, row_begin + row_group);
          const int64_t column_end = std::min(column_panels, column_begin + column_group);
          for (int64_t row = row_begin; row < row_end; ++row)
            for (int64_t column = column_begin; column < column_end; ++column) block.compute(row, column);
        }
      });
}

template <typename T, typename Runner>
void multiply_with(const Product<T>& p, const Plan<T>& plan, std::byte* memory, const Runner& runner) {
  if (p.rows == 0 || p.columns == 0) return;
  if (plan.is_dot) return multiply_dots(p, *plan.kernels, runner);
  T* packed_a = reinterpret_cast<T*>(memory);
  T* packed_b = packed_a + (plan.a_elements + 15) / 16 * 16;
  auto* packed_offsets = reinterpret_cast<int64_t*>(packed_b + (plan.b_elements + 15) / 16 * 16);
  int64_t* strided_offsets = packed_offsets + plan.depth_block;
  for (int64_t k = 0; k < std::min(plan.depth_block, p.depth); ++k) {
    packed_offsets[k] = k * plan.tile_columns;
    strided_offsets[k] = k * p.b.row_stride;
  }
  for (int64_t column = 0; column < p.columns; column += plan.column_block) {
    int64_t depth = 0;
    do {  // once even when there is nothing to sum: C gets its bias
      for (int64_t row = 0; row < p.rows; row += plan.row_block) {
        run_block(Block<T>{p, plan, row, column, depth, std::min(plan.row_block, p.rows - row),
                           std::min(plan.column_block, p.columns - column), std::min(plan.depth_block, p.depth - depth),
                           packed_a, packed_b, packed_offsets, strided_offsets},
                  runner);
      }
      depth += plan.depth_block;
    } while (depth < p.depth);
  }
}

/// dst[k·height + r] = src[r·stride + k] for one square of 16-byte vectors.
template <typename T> void transpose_square(T* to, int64_t height, const T* from, int64_t stride) {
  constexpr int lanes = 16 / static_cast<int>(sizeof(T));
  typedef T Vector __attribute__((vector_size(16)));
  Vector row[lanes];
  for (int r = 0; r < lanes; ++r) std::memcpy(&row[r], from + r * stride, sizeof(Vector));
  Vector out[lanes];
  if constexpr (lanes == 4) {
    const Vector a = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
    const Vector b = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
    const Vector c = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
    const Vector d = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
    out[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    out[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
    out[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
    out[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
  } else {
    out[0] = __builtin_shufflevector(row[0], row[1], 0, 2);
    out[1] = __builtin_shufflevector(row[0], row[1], 1, 3);
  }
  for (int k = 0; k < lanes; ++k) std::memcpy(to + k * height, &out[k], sizeof(Vector));
}

}  // namespace

template <typename T>
void pack_panel(T* to, int64_t height, const T* from, int64_t row_stride, int64_t depth_stride, int64_t rows,
                int64_t depth) {
  if (row_stride == 1 && rows == height) {
    for (int64_t k = 0; k < depth; ++k)
      std::memcpy(to + k * height, from + k * depth_stride, static_cast<size_t>(height) * sizeof(T));
    return;
  }
  constexpr int64_t lanes = 16 / sizeof(T);
  const int64_t square_rows = depth_stride == 1 ? rows / lanes * lanes : 0;
  const int64_t square_depth = square_rows > 0 ? depth / lanes * lanes : 0;
  for (int64_t k = 0; k < square_depth; k += lanes)
    for (int64_t r = 0; r < square_rows; r += lanes)
      transpose_square(to + k * height + r, height, from + r * row_stride + k, row_stride);
  for (int64_t k = 0; k < depth; ++k) {
    T* row = to + k * height;
    const T* source = from + k * depth_stride;
    for (int64_t r = k < square_depth ? square_rows : 0; r < rows; ++r) row[r] = source[r * row_stride];
    for (int64_t r = rows; r < height; ++r) row[r] = 0;
  }
}

template <typename T> void multiply(const Product<T>& product, const Context& context) {
  const Plan<T> plan = plan_of(product);
  auto* memory = plan.bytes() > 0 ? static_cast<std::byte*>(context.scratch(plan.bytes())) : nullptr;
  multiply_with(product, plan, memory, context);
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
  constexpr int64_t kPieces = 16, kLargeWork = 1 << 23;
  if (count < 2 || first.rows * first.columns > kLargeWork / std::max<int64_t>(first.depth, 1)) {
    const Plan<T> plan = plan_of(first);
    auto* memory = plan.bytes() > 0 ? static_cast<std::byte*>(context.scratch(plan.bytes())) : nullptr;
    for (int64_t index = 0; index < count; ++index) multiply_with(at(index), plan, memory, context);
    return;
  }
  // Many small products: each piece computes its share alone, in its own memory.
  const int64_t pieces = std::min(count, kPieces);
  const Plan<T> plan = plan_of(first);
  const size_t bytes = (plan.bytes() + 63) / 64 * 64;
  auto* memory = bytes > 0 ? static_cast<std::byte*>(context.scratch(bytes * static_cast<size_t>(pieces))) : nullptr;
  const int64_t work = std::max<int64_t>(1, first.rows * first.columns * first.depth * count / pieces);
  context.parallel_for(pieces, std::max<int64_t>(1, kTaskWork / work), [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece)
      for (int64_t index = piece * count / pieces; index < (piece + 1) * count / pieces; ++index)
        multiply_with(at(index), plan, memory + bytes * static_cast<size_t>(piece), Sequential{});
  });
}

template void multiply<float>(const Product<float>&, const Context&);
template void multiply<double>(const Product<double>&, const Context&);
template void multiply_batch<float>(const Product<float>&, int64_t, int64_t, int64_t, int64_t, const Context&);
template void multiply_batch<double>(const Product<double>&, int64_t, int64_t, int64_t, int64_t, const Context&);
template void pack_panel<float>(float*, int64_t, const float*, int64_t, int64_t, int64_t, int64_t);
template void pack_panel<double>(double*, int64_t, const double*, int64_t, int64_t, int64_t, int64_t);

}  // namespace lazuli
