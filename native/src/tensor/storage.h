// A storage as kernels and programs see it: a block of memory and whether its owner in JavaScript has given
// it up.
#pragma once

#include <memory>

#include "memory.h"

namespace lazuli {

/// Whoever holds the shared pointer (a job in the queue, a program) keeps the memory; JavaScript's dispose
/// only gives up its own hold.
struct Storage {
  Storage(std::shared_ptr<MemoryBudget> budget, int64_t size) : memory(std::move(budget), size) {}
  Memory memory;
};

using StoragePointer = std::shared_ptr<Storage>;

}  // namespace lazuli
