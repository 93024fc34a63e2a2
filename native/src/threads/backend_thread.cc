// See backend_thread.h.
#include "backend_thread.h"

#include "../ops/faults.h"
#include "../ops/kernel.h"
#include "niceness.h"

namespace lazuli {

void BackendThread::post(std::shared_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_.load()) throw OpError("the native backend is closed");
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

std::deque<std::shared_ptr<Job>> BackendThread::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_.store(true);
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  return std::move(jobs_);
}

void BackendThread::work() noexcept {
  apply_thread_niceness();
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_.load() || !jobs_.empty(); });
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
