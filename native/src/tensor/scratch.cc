// A stack of blocks of which, after the first few calls, one is enough.
#include "scratch.h"

#include <algorithm>

#include "../ops/kernel.h"

namespace lazuli {
namespace {

constexpr int64_t kSmallestBlock = 256 << 10;

}  // namespace

void* Scratch::take(size_t bytes) {
  if (bytes > (size_t{1} << 46))
    throw OutOfMemory("not enough memory: " + std::to_string(bytes) + " bytes of scratch needed");
  const int64_t size = (static_cast<int64_t>(std::max<size_t>(bytes, 1)) + 63) / 64 * 64;
  const std::lock_guard lock(mutex_);
  if (blocks_.empty() || blocks_.back().bytes() - filled_ < size) {
    const int64_t wanted = blocks_.empty() ? std::max(expected_, kSmallestBlock) : kSmallestBlock;
    blocks_.emplace_back(budget_, std::max(size, wanted));
    filled_ = 0;
  }
  void* piece = blocks_.back().data() + filled_;
  filled_ += size;
  taken_ += size * sharers_;
  return piece;
}

void Scratch::reset() {
  const std::lock_guard lock(mutex_);
  expected_ = std::max(expected_, taken_);
  if (blocks_.size() > 1) blocks_.clear();
  filled_ = taken_ = 0;
}

void Scratch::reserve(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes == 0 || (blocks_.size() == 1 && blocks_.back().bytes() >= bytes)) return;
  blocks_.clear();
  blocks_.emplace_back(budget_, bytes);
}

int64_t Scratch::need() const { return expected_ == 0 ? 0 : std::max(expected_, kSmallestBlock); }

void Scratch::trim(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  expected_ = std::min(expected_, bytes);
  if (!blocks_.empty() && (blocks_.size() > 1 || blocks_.back().bytes() > bytes)) blocks_.clear();
  filled_ = 0;
}

}  // namespace lazuli
