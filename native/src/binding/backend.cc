// See backend.h.
#include "backend.h"

#include <future>
#include <utility>

namespace lazuli::binding {

namespace {

/// Enough that the disk always has some to serve while the others copy and check. Measured with one, two, four and eight on two cores:
/// from four on it made no difference to a file in the system's cache, up to eight one past it was faster.
constexpr size_t kTransferThreads = 8;

}  // namespace

void PromiseJob::settle(Napi::Env env) {
  if (const Napi::Error* thrown = callback_error()) {
    reject(*thrown);
    return;
  }
  try {
    trigger_fault(FaultPlace::delivery);
    if (error) std::rethrow_exception(error);
    deferred_.Resolve(result(env));
  } catch (const Napi::Error& thrown) {
    reject(thrown);
  } catch (...) {
    reject(current_error(env));
  }
}

Backend::Backend(Napi::Env env)
    : ledger_(std::make_shared<Ledger>()),
      pool_(usable_cores()),
      executor_(pool_, ledger_->budget = std::make_shared<MemoryBudget>(default_memory_limit())),
      job_executor_(pool_, ledger_->budget),
      // Made before the cleanup hook, so that the hook, which runs first, still finds it.
      signal_(Signal::New(env, "lazuli", 0, 1, this)),
      thread_(finisher()),
      gpu_thread_(finisher()),
      transfer_threads_(finisher(), kTransferThreads) {
  signal_.Unref(env);
  napi_add_env_cleanup_hook(
      env, [](void* backend) { static_cast<Backend*>(backend)->close_threads(); }, this);
}

Backend& Backend::of(Napi::Env env) { return *env.GetInstanceData<Backend>(); }

void Backend::check_open() const {
  if (is_closed_) throw OpError("the native backend is closed");
}

Napi::Promise Backend::submit(Napi::Env env, std::shared_ptr<PromiseJob> job, Lane lane) {
  return post(env, lane == Lane::gpu ? gpu_thread_ : thread_, std::move(job));
}

Napi::Promise Backend::submit_transfer(Napi::Env env, std::shared_ptr<PromiseJob> job) {
  return post(env, transfer_threads_, std::move(job));
}

Napi::Promise Backend::post(Napi::Env env, JobThreads& threads, std::shared_ptr<PromiseJob> job) {
  check_open();
  const Napi::Promise promise = job->promise();
  threads.post(job);
  if (pending_++ == 0) signal_.Ref(env);
  return promise;
}

namespace {

/// A job the JavaScript thread waits for.
class WaitedJob : public Job {
 public:
  explicit WaitedJob(const std::function<void()>& body) : body_(body) {}
  void run() override { body_(); }
  void signal() { done_.set_value(); }
  void wait() { done_.get_future().wait(); }

 private:
  const std::function<void()>& body_;
  std::promise<void> done_;
};

}  // namespace

void Backend::call_gpu(const std::function<void()>& body) {
  check_open();
  const auto job = std::make_shared<WaitedJob>(body);
  gpu_thread_.post(job);
  job->wait();
  if (job->error) std::rethrow_exception(job->error);
}

void Backend::finish(std::shared_ptr<Job> job) {
  if (const auto waited = std::dynamic_pointer_cast<WaitedJob>(job)) {
    waited->signal();
    return;
  }
  {
    auto done = std::static_pointer_cast<PromiseJob>(std::move(job));
    const std::lock_guard lock(mutex_);
    done->next = std::exchange(finished_, nullptr);
    finished_ = std::move(done);
  }
  signal_.NonBlockingCall();
}

void Backend::announce(std::shared_ptr<PromiseJob> job) {
  {
    const std::lock_guard lock(mutex_);
    reports_.push_back(std::move(job));
  }
  signal_.NonBlockingCall();
}

void Backend::deliver(Napi::Env env, Napi::Function, Backend* backend, void*) {
  // Without an environment the process is on its way out.
  if (static_cast<napi_env>(env) == nullptr) return;
  try {
    backend->drain(env);
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (...) {
    current_error(env).ThrowAsJavaScriptException();
  }
}

void Backend::drain(Napi::Env env) {
  const Napi::HandleScope scope(env);
  std::vector<std::shared_ptr<PromiseJob>> reports;
  std::shared_ptr<PromiseJob> last, first;
  {
    const std::lock_guard lock(mutex_);
    reports.swap(reports_);
    last.swap(finished_);
  }
  for (const auto& job : reports) job->report(env);
  while (last) {
    std::shared_ptr<PromiseJob> before = std::exchange(last->next, std::move(first));
    first = std::move(last);
    last = std::move(before);
  }
  while (first) {
    const std::shared_ptr<PromiseJob> job = std::exchange(first, first->next);
    job->next = nullptr;
    job->settle(env);
    if (--pending_ == 0) signal_.Unref(env);
  }
}

void Backend::close_threads() {
  is_closed_ = true;
  const auto close_one = [this](JobThreads& threads) {
    for (auto& job : threads.close()) abandoned_.push_back(std::move(job));
  };
  close_one(thread_);
  close_one(gpu_thread_);
  close_one(transfer_threads_);
  pool_.close();
}

void Backend::close(Napi::Env env) {
  close_threads();
  drain(env);
  for (const auto& job : abandoned_) {
    std::static_pointer_cast<PromiseJob>(job)->reject(
        make_error(env, "the native backend was closed", "native_failed"));
    if (--pending_ == 0) signal_.Unref(env);
  }
  abandoned_.clear();
  executor_.trim(0);
}

}  // namespace lazuli::binding
