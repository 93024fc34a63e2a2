// Counted memory: blocks from the system's pages, zero-filled and 64-byte aligned, charged to a budget before
// they are taken. Never malloc for large blocks: inside Electron one of about 2 GiB ends the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace lazuli {

/// How much memory one backend may hold. Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit) : limit_(limit) {}
  int64_t limit() const { return limit_.load(); }
  int64_t used() const { return used_.load(); }
  /// The most that was in use at once since reset_peak().
  int64_t peak() const { return peak_.load(); }
  void reset_peak() { peak_.store(used_.load()); }
  void set_limit(int64_t limit) { limit_.store(limit); }
  /// Throws OutOfMemory naming need and limit.
  void take(int64_t bytes);
  void give(int64_t bytes) { used_.fetch_sub(bytes); }

 private:
  std::atomic<int64_t> limit_;
  std::atomic<int64_t> used_{0};
  std::atomic<int64_t> peak_{0};
};

/// A block that frees itself. Movable, not copyable; empty when default-made or moved from.
class Memory {
 public:
  Memory() = default;
  /// Throws OutOfMemory when the budget or the system refuses. A block of 0 bytes has an address too. Without a budget it is
  /// counted nowhere: for what is mapped and hardly touched. Large blocks for bytes at `place` of a file begin as far into a page as those
  /// do, where that keeps them aligned: then a disk can put them there itself.
  Memory(std::shared_ptr<MemoryBudget> budget, int64_t bytes, int64_t place = 0);
  ~Memory() { release(); }
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    release();
    swap(other);
    return *this;
  }

  std::byte* data() const { return data_; }
  int64_t bytes() const { return bytes_; }
  void release() noexcept;

 private:
  void swap(Memory& other) noexcept;

  std::shared_ptr<MemoryBudget> budget_;
  std::byte* data_ = nullptr;
  int64_t bytes_ = 0;
  int64_t charged_ = 0;  // what was taken from the system
  int64_t shift_ = 0;    // where in it data_ begins
};

/// 0.8 of the memory this process may use: the machine's, or its container's limit.
int64_t default_memory_limit();

}  // namespace lazuli
