// Scratch memory of one executor: kernels take pieces, reset() after each call makes all of it free again
// without giving it back to the system, trim() gives it back.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "memory.h"

namespace lazuli {

class Scratch {
 public:
  /// Without a budget nothing is counted: for measuring.
  explicit Scratch(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}

  /// 64-byte aligned; thread-safe. Throws OutOfMemory.
  void* take(size_t bytes);
  /// Ends a call. A call that needed several blocks leaves room for one large one to the next.
  void reset();
  /// Takes `bytes` in one block now, for the calls to come. Throws OutOfMemory.
  void reserve(int64_t bytes);
  /// What must be reserved for no call so far to take more: 0, or a block that is not smaller than the smallest.
  int64_t need() const;
  /// How often each piece taken from now on counts, where one call stands for several at once.
  void set_sharers(int64_t sharers) { sharers_ = sharers; }
  int64_t sharers() const { return sharers_; }
  /// Keeps at most `bytes`.
  void trim(int64_t bytes);

 private:
  std::shared_ptr<MemoryBudget> budget_;
  std::mutex mutex_;
  std::vector<Memory> blocks_;
  int64_t filled_ = 0;    // of the last block
  int64_t taken_ = 0;     // by this call
  int64_t expected_ = 0;  // what the largest call so far took
  int64_t sharers_ = 1;
};

}  // namespace lazuli
