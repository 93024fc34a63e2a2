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
  explicit Scratch(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}

  /// 64-byte aligned; thread-safe. Throws OutOfMemory.
  void* take(size_t bytes);
  /// Ends a call. A call that needed several blocks leaves room for one large one to the next.
  void reset();
  /// Keeps at most `bytes`.
  void trim(int64_t bytes);

 private:
  std::shared_ptr<MemoryBudget> budget_;
  std::mutex mutex_;
  std::vector<Memory> blocks_;
  int64_t filled_ = 0;    // of the last block
  int64_t expected_ = 0;  // what the largest call so far needed
};

}  // namespace lazuli
