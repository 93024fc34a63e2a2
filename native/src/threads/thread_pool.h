// The threads that kernels share: parallel_for splits a range into pieces that do not depend on how many
// threads there are. Not a task queue; whole ops and programs are ordered by JobThreads.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <type_traits>
#include <vector>

namespace lazuli {

class ThreadPool {
 public:
  static constexpr int kMaxThreads = 256;
  static constexpr int64_t kMaxPieces = 256;

  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// The caller counts as one thread. Takes effect with the next loop, so it never waits for the one in
  /// progress.
  void set_threads(int threads) { wanted_.store(threads, std::memory_order_relaxed); }
  int threads() const { return wanted_.load(std::memory_order_relaxed); }
  /// Joins the workers. Later loops run on their caller alone.
  void close();

  /// Into how many pieces a loop is cut.
  static int64_t pieces_of(int64_t count, int64_t grain) {
    return std::clamp<int64_t>(count / std::max<int64_t>(grain, 1), 1, kMaxPieces);
  }
  /// See Context::parallel_for.
  template <typename Body> void parallel_for(int64_t count, int64_t grain, Body&& body) {
    if (count <= 0) return;
    auto call = [](void* target, int64_t begin, int64_t end) {
      (*static_cast<std::remove_reference_t<Body>*>(target))(begin, end);
    };
    run(count, grain, call, const_cast<void*>(static_cast<const void*>(&body)));
  }

 private:
  using Call = void (*)(void* body, int64_t begin, int64_t end);

  /// The pieces one thread starts with, a contiguous share: begin in the high half, end in the low one. Its thread takes
  /// from the front, the others, when theirs are done, from the back. The same thread therefore meets the same part of the
  /// data in loop after loop, still in its own cache.
  struct alignas(64) Share {
    std::atomic<uint64_t> range{0};
    int64_t take(bool from_front);  // a piece, or -1
  };

  /// One loop in progress. Lives on its caller's stack; `inside_` tells when no worker can see it any more.
  struct Loop {
    Call call;
    void* body;
    int64_t count;
    int64_t pieces;
    std::span<Share> shares = {};
    std::atomic<bool> has_failed{false};
    std::mutex error_mutex = {};
    std::exception_ptr error = {};

    void run_piece(int64_t piece) noexcept;
    void run_shares(size_t first) noexcept;
  };

  void run(int64_t count, int64_t grain, Call call, void* body);
  void run_alone(Loop& loop);
  void run_shared(Loop& loop);
  void start_workers(int count);
  void stop_workers();
  void work(size_t share) noexcept;

  std::atomic<int> wanted_;
  std::atomic<bool> closed_{false};
  std::mutex loop_mutex_;  // held by the caller whose loop the workers see; others run theirs inline
  std::vector<std::thread> workers_;
  std::vector<Share> shares_;  // the caller's, then one per worker
  std::mutex sleep_mutex_;
  std::condition_variable wake_;
  std::atomic<int> sleeping_{0};
  std::atomic<bool> stopping_{false};
  // Workers spin on the first and the caller on the last: each has a cache line of its own.
  alignas(64) std::atomic<uint64_t> generation_{0};  // changes with every loop, and to stop
  std::atomic<Loop*> loop_{nullptr};
  alignas(64) std::atomic<int> inside_{0};  // workers that may hold a pointer to the loop
};

/// Cores this process may use, by affinity and container quota.
int usable_cores();

}  // namespace lazuli
