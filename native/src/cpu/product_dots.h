// Products by dot products, and what is done to finished results. Included by product.cc alone.
#pragma once

#include <algorithm>

#include "product_plan.h"

namespace lazuli {
namespace {

constexpr int64_t kDotDepth = 4096;    // elements of a row read before the next rows
constexpr int64_t kDotColumnBlock = 32;
constexpr int64_t kDotRowBlock = 96;
constexpr int64_t kTaskWork = 32768;   // multiply-adds worth handing to another thread

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

}  // namespace
}  // namespace lazuli
