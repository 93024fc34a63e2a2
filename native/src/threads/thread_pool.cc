// Workers spin briefly for the next loop, then sleep. The caller works too, so a pool of one thread has no
// worker.
#include "thread_pool.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "../ops/faults.h"
#include "niceness.h"

namespace lazuli {
namespace {

/// True on a thread that is inside a loop: loops nested in it run inline.
thread_local bool is_inside_loop = false;

/// About 30 µs: longer than the gap between two kernels of a program, too short to matter to others.
constexpr int kSpins = 1000;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads) : wanted_(std::clamp(threads, 1, kMaxThreads)) {}

ThreadPool::~ThreadPool() { close(); }

void ThreadPool::close() {
  closed_.store(true);
  const std::lock_guard lock(loop_mutex_);
  stop_workers();
}

void ThreadPool::Loop::run_pieces() noexcept {
  for (;;) {
    const int64_t piece = next.fetch_add(1, std::memory_order_relaxed);
    if (piece >= pieces) return;
    try {
      trigger_fault(FaultPlace::thread);
      call(body, count / pieces * piece + std::min(piece, count % pieces),
           count / pieces * (piece + 1) + std::min(piece + 1, count % pieces));
    } catch (...) {
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
      next.store(pieces, std::memory_order_relaxed);
    }
  }
}

void ThreadPool::run(int64_t count, int64_t grain, Call call, void* body) {
  Loop loop{.call = call,
            .body = body,
            .count = count,
            .pieces = std::clamp<int64_t>(count / std::max<int64_t>(grain, 1), 1, kMaxPieces),
            .next = 0,
            .error_mutex = {},
            .error = {}};
  const bool is_shared = !is_inside_loop && loop.pieces > 1 && !closed_.load() && loop_mutex_.try_lock();
  if (is_shared) {
    const std::lock_guard lock(loop_mutex_, std::adopt_lock);
    run_shared(loop);
  } else {
    loop.run_pieces();
  }
  if (loop.error) std::rethrow_exception(loop.error);
}

void ThreadPool::run_shared(Loop& loop) {
  const int wanted = closed_.load() ? 0 : threads() - 1;
  if (static_cast<int>(workers_.size()) != wanted) {
    stop_workers();
    start_workers(wanted);
  }
  if (!workers_.empty()) {
    loop_.store(&loop);
    generation_.fetch_add(1);
    if (sleeping_.load() > 0) {
      { const std::lock_guard lock(sleep_mutex_); }
      wake_.notify_all();
    }
  }
  is_inside_loop = true;
  loop.run_pieces();
  is_inside_loop = false;
  loop_.store(nullptr);
  // Every piece is taken; a worker that is still inside finishes its last one. One that comes later sees no
  // loop.
  for (int spins = 0; inside_.load() != 0; ++spins) {
    if (spins < kSpins)
      pause();
    else
      std::this_thread::yield();
  }
}

void ThreadPool::start_workers(int count) {
  stopping_.store(false);
  try {
    workers_.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) workers_.emplace_back([this] { work(); });
  } catch (...) {
    // The system gives no more threads: work with those that started, or with none.
  }
}

void ThreadPool::stop_workers() {
  stopping_.store(true);
  generation_.fetch_add(1);
  { const std::lock_guard lock(sleep_mutex_); }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

void ThreadPool::work() noexcept {
  apply_thread_niceness();
  is_inside_loop = true;
  uint64_t seen = 0;
  while (!stopping_.load()) {
    inside_.fetch_add(1);
    if (Loop* loop = loop_.load()) loop->run_pieces();
    inside_.fetch_sub(1);
    for (int spins = 0; generation_.load() == seen && spins < kSpins; ++spins) pause();
    if (generation_.load() == seen) {
      std::unique_lock lock(sleep_mutex_);
      sleeping_.fetch_add(1);
      wake_.wait(lock, [&] { return generation_.load() != seen; });
      sleeping_.fetch_sub(1);
    }
    seen = generation_.load();
  }
}

int usable_cores() {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  // cgroup v2: "max 100000" or "<quota> <period>" in microseconds.
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0)
    return std::min(cores, ThreadPool::kMaxThreads);
  const int allowed = static_cast<int>(std::ceil(std::atof(quota.c_str()) / period));
  return std::clamp(allowed, 1, std::min(cores, ThreadPool::kMaxThreads));
}

}  // namespace lazuli
