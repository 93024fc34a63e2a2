// Threads of the backend's own that run whole jobs off JavaScript's thread, begun in the order they came: programs and single ops on
// one, moves of files on several.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace lazuli {

/// Work for a thread. What run() throws is kept in `error`.
class Job {
 public:
  virtual ~Job() = default;
  virtual void run() = 0;
  std::exception_ptr error;
};

class JobThreads {
 public:
  /// `finished` is called after each job on the thread that ran it; it must not throw. With one thread jobs also end in the order
  /// they came.
  explicit JobThreads(std::function<void(std::shared_ptr<Job>)> finished, size_t most = 1)
      : finished_(std::move(finished)), most_(most) {}
  ~JobThreads() { close(); }

  /// Starts a thread where all others have work. Throws when closed, or when the system gives not even one thread.
  void post(std::shared_ptr<Job> job);
  /// True from close() on: jobs in progress look at it and end early.
  const std::atomic<bool>& is_closing() const { return closing_; }
  /// Joins the threads; returns the jobs that never ran.
  std::deque<std::shared_ptr<Job>> close();

 private:
  void start_thread();
  void work() noexcept;

  std::function<void(std::shared_ptr<Job>)> finished_;
  const size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> jobs_;
  size_t idle_ = 0;
  std::atomic<bool> closing_{false};
  std::vector<std::thread> threads_;
};

}  // namespace lazuli
