// See release.h. One thread for the process, which is never joined: when the process ends nothing is left to free.
#include "release.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace lazuli {
namespace {

/// From here on unmapping takes longer than waking a thread.
constexpr int64_t kLarge = 1 << 20;

class Releaser {
 public:
  /// False where there is no thread or no room in the list.
  bool add(Memory& memory) noexcept {
    try {
      const std::lock_guard lock(mutex_);
      if (!is_started_) std::thread([this] { work(); }).detach();
      is_started_ = true;
      waiting_.push_back(std::move(memory));
    } catch (...) {
      return false;
    }
    changed_.notify_all();
    return true;
  }

  void drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty() && !is_busy_; });
  }

 private:
  void work() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !waiting_.empty(); });
      std::vector<Memory> taken = std::exchange(waiting_, {});
      is_busy_ = true;
      lock.unlock();
      taken.clear();
      lock.lock();
      is_busy_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Memory> waiting_;
  bool is_started_ = false;
  bool is_busy_ = false;
};

/// Outlives every static that may still give memory up.
Releaser& releaser() {
  static Releaser* const only = std::make_unique<Releaser>().release();
  return *only;
}

}  // namespace

void release_soon(Memory&& memory) noexcept {
  if (memory.bytes() >= kLarge && releaser().add(memory)) return;
  memory.release();
}

void drain_released() { releaser().drain(); }

}  // namespace lazuli
