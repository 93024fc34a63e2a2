// See storage.h. The mutex guards the pointer alone: no thread waits for another one's copy.
#include "storage.h"

#include <cstring>
#include <string>
#include <utility>

#include "../ops/kernel.h"
#include "release.h"

namespace lazuli {

Block::Block(const std::shared_ptr<MemoryBudget>& budget, int64_t size, int64_t place)
    : memory(with_released([&] { return Memory(budget, size, place); })) {}

Block::~Block() { release_soon(std::move(memory)); }

Storage::Storage(std::shared_ptr<MemoryBudget> budget, int64_t size, int64_t place)
    : budget_(std::move(budget)), bytes_(size) {
  hold(std::make_shared<Block>(budget_, size, place));
}

Storage::Storage(const Storage& other, const BlockPointer& block) : budget_(other.budget_), bytes_(other.bytes_) {
  hold(block);
}

Storage::~Storage() { block_->storages.fetch_sub(1, std::memory_order_release); }

void Storage::hold(BlockPointer block) {
  block->storages.fetch_add(1, std::memory_order_relaxed);
  if (block_) block_->storages.fetch_sub(1, std::memory_order_release);
  block_ = std::move(block);
}

BlockPointer Storage::block() const {
  const std::lock_guard lock(mutex_);
  return block_;
}

StoragePointer Storage::copy() const {
  // make_shared needs a public constructor.
  return StoragePointer(new Storage(*this, block()));
}

void Storage::assign(const Storage& other) {
  if (other.bytes_ != bytes_)
    throw OpError("storage: expected a storage of " + std::to_string(bytes_) + " bytes, got one of " +
                  std::to_string(other.bytes_));
  BlockPointer block = other.block();
  const std::lock_guard lock(mutex_);
  if (block != block_) hold(std::move(block));
}

BlockPointer Storage::own() {
  for (;;) {
    BlockPointer shared = block();
    if (shared->storages.load(std::memory_order_acquire) == 1) return shared;
    auto own = std::make_shared<Block>(budget_, bytes_);
    if (bytes_ > 0) std::memcpy(own->data(), shared->data(), static_cast<size_t>(bytes_));
    const std::lock_guard lock(mutex_);
    // Another thread was faster where it is no longer the same.
    if (block_ != shared) continue;
    hold(own);
    return own;
  }
}

}  // namespace lazuli
