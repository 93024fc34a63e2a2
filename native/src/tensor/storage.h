// A storage as kernels and programs see it: bytes that several storages may share until one of them is written.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "memory.h"

namespace lazuli {

/// Memory and how many storages have it for theirs.
struct Block {
  /// Throws OutOfMemory.
  Block(const std::shared_ptr<MemoryBudget>& budget, int64_t size, int64_t place = 0);
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  std::byte* data() const { return memory.data(); }

  Memory memory;
  std::atomic<int64_t> storages{0};
};

/// Whoever holds it keeps the memory in place; only storages count as sharing it.
using BlockPointer = std::shared_ptr<Block>;

class Storage;
using StoragePointer = std::shared_ptr<Storage>;

/// Whoever holds the shared pointer (a job in the queue, a program) keeps the memory; JavaScript's dispose only gives up its
/// own hold. A storage's memory is another one after it was shared and then written: ask for it at each use. Methods may be
/// called from any thread; a copy taken while a program writes the storage may hold a part of what it writes.
class Storage {
 public:
  /// Zero-filled, for bytes that lie at `place` of a file (see Memory). Throws OutOfMemory.
  Storage(std::shared_ptr<MemoryBudget> budget, int64_t size, int64_t place = 0);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  int64_t bytes() const { return bytes_; }
  /// The same bytes as a storage of its own. Takes no memory: that is for the first of the two to be written.
  StoragePointer copy() const;
  /// Gives up its bytes and has those of `other`, which is as large, likewise. Throws OpError for another size.
  void assign(const Storage& other);
  /// True while another storage reads the same memory.
  bool is_shared() const { return block()->storages.load(std::memory_order_acquire) > 1; }

  /// The memory as it is, to be read.
  BlockPointer block() const;
  /// The memory to be written, which no other storage has. Copies where it is shared; throws OutOfMemory.
  BlockPointer own();

 private:
  explicit Storage(const Storage& other, const BlockPointer& block);
  /// With the mutex held.
  void hold(BlockPointer block);

  const std::shared_ptr<MemoryBudget> budget_;
  const int64_t bytes_;
  mutable std::mutex mutex_;
  BlockPointer block_;
};

}  // namespace lazuli
