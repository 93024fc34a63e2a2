// Walking memory by sizes and strides: checking that a walk stays inside a block, simplifying it, and taking
// it row by row.
#pragma once

#include "arguments.h"

namespace lazuli {

/// Element positions offset + Σ index·strides for index over `sizes`.
struct Walk {
  Shape sizes;
  Shape strides;
  int64_t offset = 0;

  int64_t numel() const;
  /// Drops axes of size 1 and joins neighbours that one stride covers. The order of visits stays.
  Walk simplified() const;
};

/// The walk that a strided op's attributes describe; refuses one that leaves [0, limit) anywhere.
Walk checked_walk(const Arguments& args, const Shape& shape, const Shape& strides, int64_t offset,
                  int64_t limit);

/// Calls body(row, position) for rows [begin, end) of the walk without its last axis.
template <typename Body> void for_each_row(const Walk& walk, int64_t begin, int64_t end, Body&& body) {
  const size_t axes = walk.sizes.empty() ? 0 : walk.sizes.size() - 1;
  Shape index(axes);
  int64_t position = walk.offset;
  int64_t rest = begin;
  for (size_t axis = axes; axis-- > 0; rest /= walk.sizes[axis]) {
    index[axis] = rest % walk.sizes[axis];
    position += index[axis] * walk.strides[axis];
  }
  for (int64_t row = begin; row < end; ++row) {
    body(row, position);
    for (size_t axis = axes; axis-- > 0;) {
      position += walk.strides[axis];
      if (++index[axis] < walk.sizes[axis]) break;
      position -= index[axis] * walk.strides[axis];
      index[axis] = 0;
    }
  }
}

/// to[i] = from[walk's i-th position], elements of `size` bytes (1, 2, 4 or 8).
void copy_strided(const void* from, void* to, size_t size, const Walk& walk, const Context& context);

/// Fills a block with zero bytes on every thread.
void clear(void* data, int64_t bytes, const Context& context);

}  // namespace lazuli
