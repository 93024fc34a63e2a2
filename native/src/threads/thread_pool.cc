// Workers spin briefly for the next loop, then sleep. The caller works too, so a pool of one thread has no
// worker.
#include "thread_pool.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <utility>

#include "../ops/faults.h"
#include "niceness.h"

namespace lazuli {
namespace {

/// True on a thread that is inside a loop: loops nested in it run inline.
thread_local bool is_inside_loop = false;

/// About 100 µs: longer than the gap between two kernels of a program, too short to matter to others.
constexpr int kSpins = 3000;

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

int64_t ThreadPool::Share::take(bool from_front) {
  uint64_t seen = range.load(std::memory_order_relaxed);
  for (;;) {
    const uint64_t begin = seen >> 32, end = seen & 0xFFFFFFFF;
    if (begin == end) return -1;
    const uint64_t left = from_front ? (begin + 1) << 32 | end : begin << 32 | (end - 1);
    if (range.compare_exchange_weak(seen, left, std::memory_order_relaxed))
      return static_cast<int64_t>(from_front ? begin : end - 1);
  }
}

void ThreadPool::Loop::run_piece(int64_t piece) noexcept {
  if (has_failed.load(std::memory_order_relaxed)) return;
  try {
    trigger_fault(FaultPlace::thread);
    call(body, count / pieces * piece + std::min(piece, count % pieces),
         count / pieces * (piece + 1) + std::min(piece + 1, count % pieces));
  } catch (...) {
    const std::lock_guard lock(error_mutex);
    if (!error) error = std::current_exception();
    has_failed.store(true, std::memory_order_relaxed);
  }
}

void ThreadPool::Loop::run_shares(size_t first) noexcept {
  for (size_t i = 0; i < shares.size(); ++i) {
    Share& share = shares[(first + i) % shares.size()];
    for (int64_t piece = share.take(i == 0); piece >= 0; piece = share.take(i == 0)) run_piece(piece);
  }
}

void ThreadPool::run(int64_t count, int64_t grain, Call call, void* body) {
  Loop loop{.call = call,
            .body = body,
            .count = count,
            .pieces = pieces_of(count, grain)};
  const bool is_shared = !is_inside_loop && loop.pieces > 1 && !closed_.load() && loop_mutex_.try_lock();
  if (is_shared) {
    const std::lock_guard lock(loop_mutex_, std::adopt_lock);
    run_shared(loop);
  } else {
    run_alone(loop);
  }
  if (loop.error) std::rethrow_exception(loop.error);
}

void ThreadPool::run_alone(Loop& loop) {
  for (int64_t piece = 0; piece < loop.pieces; ++piece) loop.run_piece(piece);
}

void ThreadPool::run_shared(Loop& loop) {
  const int wanted = closed_.load() ? 0 : threads() - 1;
  if (static_cast<int>(workers_.size()) != wanted) {
    stop_workers();
    start_workers(wanted);
  }
  const bool was_inside = std::exchange(is_inside_loop, true);
  if (workers_.empty()) {
    run_alone(loop);
  } else {
    const auto count = static_cast<int64_t>(shares_.size());
    for (int64_t i = 0; i < count; ++i) {
      const auto begin = static_cast<uint64_t>(i * loop.pieces / count);
      const auto end = static_cast<uint64_t>((i + 1) * loop.pieces / count);
      shares_[static_cast<size_t>(i)].range.store(begin << 32 | end, std::memory_order_relaxed);
    }
    loop.shares = shares_;
    loop_.store(&loop);
    generation_.fetch_add(1);
    if (sleeping_.load() > 0) {
      { const std::lock_guard lock(sleep_mutex_); }
      wake_.notify_all();
    }
    loop.run_shares(0);
    loop_.store(nullptr);
    // Every piece is taken; a worker that is still inside finishes its last one. One that comes later sees no loop.
    for (int spins = 0; inside_.load() != 0; ++spins) {
      if (spins < kSpins)
        pause();
      else
        std::this_thread::yield();
    }
  }
  is_inside_loop = was_inside;
}

void ThreadPool::start_workers(int count) {
  stopping_.store(false);
  try {
    shares_ = std::vector<Share>(static_cast<size_t>(count) + 1);
    workers_.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i)
      workers_.emplace_back([this, share = static_cast<size_t>(i) + 1] { work(share); });
  } catch (...) {
    // The system gives no more threads: work with those that started, or with none. Others take the shares of the rest.
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

void ThreadPool::work(size_t share) noexcept {
  apply_thread_niceness();
  is_inside_loop = true;
  uint64_t seen = 0;
  while (!stopping_.load()) {
    inside_.fetch_add(1);
    if (Loop* loop = loop_.load()) loop->run_shares(share);
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
