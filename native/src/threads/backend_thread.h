// The backend's own thread: runs whole jobs (programs, single ops) in the order they came, off JavaScript's
// thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace lazuli {

/// Work for the backend thread. What run() throws is kept in `error`.
class Job {
 public:
  virtual ~Job() = default;
  virtual void run() = 0;
  std::exception_ptr error;
};

class BackendThread {
 public:
  /// `finished` is called on the backend thread after each job; it must not throw.
  explicit BackendThread(std::function<void(std::shared_ptr<Job>)> finished)
      : finished_(std::move(finished)) {}
  ~BackendThread() { close(); }

  /// Starts the thread when it is the first job. Throws when closed or when the system gives no thread.
  void post(std::shared_ptr<Job> job);
  /// True from close() on: jobs in progress look at it and end early.
  const std::atomic<bool>& is_closing() const { return closing_; }
  /// Joins the thread; returns the jobs that never ran.
  std::deque<std::shared_ptr<Job>> close();

 private:
  void work() noexcept;

  std::function<void(std::shared_ptr<Job>)> finished_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> jobs_;
  std::atomic<bool> closing_{false};
  std::thread thread_;
};

}  // namespace lazuli
