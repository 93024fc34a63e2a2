// Memory that the threads of one loop work in, an item each, which a thread meets again in piece after piece: what it wrote is
// still in its own cache.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

namespace lazuli {

template <typename Item, typename Make> class Lent {
 public:
  /// `make()` gives a thread its item when it first asks; two threads never call it at once.
  explicit Lent(Make make) : make_(std::move(make)) {}

  /// Calls body(item) with the calling thread's own. Does not nest.
  template <typename Body> void with(Body&& body) { body(mine().item); }

 private:
  /// On lines of its own: the others only read whose it is, once it is there.
  struct alignas(64) Owned {
    const void* thread;
    Owned* before;
    Item item;
  };

  static const void* this_thread() {
    static thread_local char here;
    return &here;
  }
  Owned& mine() {
    const void* const thread = this_thread();
    for (Owned* owned = last_.load(std::memory_order_acquire); owned != nullptr; owned = owned->before)
      if (owned->thread == thread) return *owned;
    const std::lock_guard lock(mutex_);
    Owned& made = items_.emplace_back(Owned{thread, last_.load(std::memory_order_relaxed), make_()});
    last_.store(&made, std::memory_order_release);
    return made;
  }

  Make make_;
  std::mutex mutex_;
  std::deque<Owned> items_;
  std::atomic<Owned*> last_{nullptr};
};

/// lent<Item>(make), with `make` deduced.
template <typename Item, typename Make> Lent<Item, Make> lent(Make make) { return Lent<Item, Make>(std::move(make)); }

}  // namespace lazuli
