// Memory that the threads of one loop borrow piece by piece, so that there is no more of it than threads.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace lazuli {

template <typename Item, typename Make> class Lent {
 public:
  /// `make()` gives another item when all are out.
  explicit Lent(Make make) : make_(std::move(make)) {}

  /// Calls body(item) with one that no other thread has meanwhile, the last one given back if there is one.
  template <typename Body> void with(Body&& body) {
    Item item = take();
    body(item);
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(item));
  }

 private:
  Item take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return make_();
    Item item = std::move(free_.back());
    free_.pop_back();
    return item;
  }

  Make make_;
  std::mutex mutex_;
  std::vector<Item> free_;
};

/// lent<Item>(make), with `make` deduced.
template <typename Item, typename Make> Lent<Item, Make> lent(Make make) { return Lent<Item, Make>(std::move(make)); }

}  // namespace lazuli
