// See strided.h.
#include "strided.h"

#include <algorithm>
#include <cstring>

#include "../ops/checks.h"

namespace lazuli {
namespace {

/// Elements copied by one piece at least.
constexpr int64_t kGrain = 32 << 10;
/// The tile a transposing copy moves at once: long where the source is contiguous, a cache line where the
/// target is.
constexpr int64_t kTileRows = 64, kTileColumns = 16;

/// to[r · row_step + c] = from[r + c · column_stride], through a small buffer, so that memory is read and
/// written along its rows: strides that are powers of two would otherwise meet in few lines of the cache.
template <typename T>
inline __attribute__((always_inline)) void transpose_tile(const T* from, T* to, int64_t rows, int64_t columns,
                                                          int64_t column_stride, int64_t row_step) {
  T tile[kTileRows][kTileColumns + 1];
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < rows; ++r) tile[r][c] = from[r + c * column_stride];
  for (int64_t r = 0; r < rows; ++r)
    std::memcpy(to + r * row_step, tile[r], static_cast<size_t>(columns) * sizeof(T));
}

/// Copies where the last axis strides but another axis of `from` is contiguous: squares keep both sides in
/// cache.
template <typename T>
void copy_transposed(const T* from, T* to, const Walk& walk, size_t contiguous, const Context& context) {
  const size_t last = walk.sizes.size() - 1;
  const int64_t rows = walk.sizes[contiguous], columns = walk.sizes[last], column_stride = walk.strides[last];
  const Shape dense = dense_strides(walk.sizes);
  // The other axes, walked on both sides by the same index; the size-1 axis stands in for a row of
  // for_each_row.
  Walk source_walk{{}, {}, walk.offset}, target_walk{{}, {}, 0};
  for (size_t axis = 0; axis < last; ++axis) {
    if (axis == contiguous) continue;
    source_walk.sizes.push_back(walk.sizes[axis]), source_walk.strides.push_back(walk.strides[axis]);
    target_walk.sizes.push_back(walk.sizes[axis]), target_walk.strides.push_back(dense[axis]);
  }
  const int64_t planes = source_walk.numel(), bands = (rows + kTileRows - 1) / kTileRows;
  for (Walk* side : {&source_walk, &target_walk}) side->sizes.push_back(1), side->strides.push_back(0);
  const int64_t row_step = dense[contiguous];
  context.parallel_for(
      planes * bands, std::max<int64_t>(1, kGrain / (kTileRows * columns)), [&](int64_t begin, int64_t end) {
        for (int64_t piece = begin; piece < end; ++piece) {
          const int64_t plane = piece / bands, first = piece % bands * kTileRows,
                        past = std::min(first + kTileRows, rows);
          int64_t source = 0, target = 0;
          for_each_row(source_walk, plane, plane + 1, [&](int64_t, int64_t position) { source = position; });
          for_each_row(target_walk, plane, plane + 1, [&](int64_t, int64_t position) { target = position; });
          const int64_t height = past - first;
          for (int64_t column = 0; column < columns; column += kTileColumns) {
            const int64_t width = std::min(kTileColumns, columns - column);
            const T* in = from + source + first + column * column_stride;
            T* out = to + target + first * row_step + column;
            // The full tile with sizes the compiler knows.
            if (height == kTileRows && width == kTileColumns)
              transpose_tile(in, out, kTileRows, kTileColumns, column_stride, row_step);
            else
              transpose_tile(in, out, height, width, column_stride, row_step);
          }
        }
      });
}

template <typename T> void copy_elements(const T* from, T* to, const Walk& walk, const Context& context) {
  if (walk.sizes.empty()) {
    *to = from[walk.offset];
    return;
  }
  const int64_t count = walk.sizes.back(), stride = walk.strides.back(), rows = walk.numel() / count;
  if (rows == 1 && stride == 1) {
    context.parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
      std::memcpy(to + begin, from + walk.offset + begin, static_cast<size_t>(end - begin) * sizeof(T));
    });
    return;
  }
  if (stride != 1 && stride != 0 && count >= 4) {
    const auto contiguous = std::find(walk.strides.begin(), walk.strides.end(), 1);
    if (contiguous != walk.strides.end()) {
      const auto axis = static_cast<size_t>(contiguous - walk.strides.begin());
      if (walk.sizes[axis] >= 4) return copy_transposed(from, to, walk, axis, context);
    }
  }
  context.parallel_for(rows, std::max<int64_t>(1, kGrain / count), [&](int64_t begin, int64_t end) {
    for_each_row(walk, begin, end, [&](int64_t row, int64_t position) {
      const T* source = from + position;
      T* target = to + row * count;
      if (stride == 1)
        std::memcpy(target, source, static_cast<size_t>(count) * sizeof(T));
      else if (stride == 0)
        std::fill_n(target, count, *source);
      else
        for (int64_t i = 0; i < count; ++i) target[i] = source[i * stride];
    });
  });
}

}  // namespace

int64_t Walk::numel() const {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  return count;
}

Walk Walk::simplified() const {
  Walk simple{{}, {}, offset};
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    if (sizes[axis] == 1) continue;
    if (!simple.sizes.empty() && simple.strides.back() == strides[axis] * sizes[axis]) {
      simple.sizes.back() *= sizes[axis];
      simple.strides.back() = strides[axis];
    } else {
      simple.sizes.push_back(sizes[axis]);
      simple.strides.push_back(strides[axis]);
    }
  }
  return simple;
}

Walk checked_walk(const Arguments& args, const Shape& shape, const Shape& strides, int64_t offset,
                  int64_t limit) {
  if (shape.size() != strides.size())
    args.refuse("strides", std::to_string(shape.size()) + " numbers, as many as axes", shape_text(strides));
  Walk walk{shape, strides, offset};
  if (args.elements("shape", shape) == 0) return walk;
  int64_t lowest = offset, highest = offset;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const int64_t reach = checked_product(shape[axis] - 1, strides[axis], "strides");
    int64_t& end = reach < 0 ? lowest : highest;
    end = checked_sum(end, reach, "strides");
  }
  if (lowest < 0 || highest >= limit)
    args.refuse("shape, strides and offset",
                "positions within the tensor's " + std::to_string(limit) + " elements",
                "positions " + std::to_string(lowest) + " to " + std::to_string(highest));
  return walk;
}

void copy_strided(const void* from, void* to, size_t size, const Walk& walk, const Context& context) {
  if (walk.numel() == 0) return;
  const Walk simple = walk.simplified();
  const auto copy = [&](auto zero) {
    using T = decltype(zero);
    copy_elements(static_cast<const T*>(from), static_cast<T*>(to), simple, context);
  };
  switch (size) {
    case 1: return copy(uint8_t{});
    case 2: return copy(uint16_t{});
    case 4: return copy(uint32_t{});
    default: return copy(uint64_t{});
  }
}

void clear(void* data, int64_t bytes, const Context& context) {
  context.parallel_for(bytes, int64_t{256} << 10, [&](int64_t begin, int64_t end) {
    std::memset(static_cast<char*>(data) + begin, 0, static_cast<size_t>(end - begin));
  });
}

}  // namespace lazuli
