// See job_threads.h.
#include "job_threads.h"

#include <system_error>
#include <utility>

#include "../ops/faults.h"
#include "../ops/kernel.h"
#include "niceness.h"

namespace lazuli {

void JobThreads::post(std::shared_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_.load()) throw OpError("the native backend is closed");
    if (jobs_.size() >= idle_ && threads_.size() < most_) start_thread();
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

/// With the mutex held.
void JobThreads::start_thread() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;
  }
}

std::deque<std::shared_ptr<Job>> JobThreads::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_.store(true);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
  return std::move(jobs_);
}

void JobThreads::work() noexcept {
  apply_thread_niceness();
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      ++idle_;
      changed_.wait(lock, [this] { return closing_.load() || !jobs_.empty(); });
      --idle_;
      if (closing_.load()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    try {
      trigger_fault(FaultPlace::thread);
      job->run();
    } catch (...) {
      job->error = std::current_exception();
    }
    finished_(std::move(job));
  }
}

}  // namespace lazuli
