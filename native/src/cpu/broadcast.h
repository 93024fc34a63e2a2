// Reading an input of an elementwise op as blocks of the output's elements, whatever its broadcast: an
// unbroadcast input is read in place, a scalar or a short repeating row from a table made once, everything
// else run by run.
#pragma once

#include "arguments.h"

namespace lazuli {

/// Output elements per block; a handful of float64 blocks stay in the first-level cache.
inline constexpr int64_t kBlock = 512;

/// How an input repeats over the output, worked out once per call.
class Broadcast {
 public:
  enum class Kind { direct, scalar, period, runs };

  /// `shape` must broadcast to `output`, as numpy has it.
  Broadcast(const Shape& shape, const Shape& output);

  Kind kind() const { return kind_; }
  /// Elements of the table a reader needs: kBlock for a scalar, the period and one block for a short period,
  /// else a block.
  int64_t table_size() const;

 private:
  template <typename T> friend class BlockReader;

  Kind kind_ = Kind::direct;
  int64_t period_ = 1;
  Shape sizes_;    // of the output, axes joined where this input allows
  Shape strides_;  // of the input along them; 0 where it repeats
};

/// One input within one piece of a parallel loop.
template <typename T> class BlockReader {
 public:
  /// `table` has broadcast.table_size() elements and belongs to this reader.
  BlockReader(const Broadcast& broadcast, const T* data, T* table);
  /// The elements for output positions [begin, begin + count), count <= kBlock.
  const T* read(int64_t begin, int64_t count);

 private:
  void read_runs(int64_t begin, int64_t count);

  const Broadcast& broadcast_;
  const T* data_;
  T* table_;
};

}  // namespace lazuli
