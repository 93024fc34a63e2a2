// One environment's backend: memory, threads, and the way finished work gets back to JavaScript. Storages and
// programs count themselves in its ledger.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "../program/executor.h"
#include "../threads/job_threads.h"
#include "node_api.h"

namespace lazuli::binding {

/// What outlives the environment's data: objects still held by the garbage collector refer to it.
/// JavaScript's thread only.
struct Ledger {
  std::shared_ptr<MemoryBudget> budget;
  /// Our storage objects, so that no other wrapped object is ever taken for one.
  std::unordered_set<const void*> known;
  std::unordered_set<const void*> known_gpu;
  int64_t storages = 0;
  int64_t programs = 0;
};

class Backend;

/// A job with a promise. run() is on the backend thread, the rest on JavaScript's.
class PromiseJob : public Job {
 public:
  explicit PromiseJob(Napi::Env env) : deferred_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }
  /// Resolves with result(), or rejects with the error of run() or of making the result.
  void settle(Napi::Env env);
  void reject(const Napi::Error& error) { deferred_.Reject(error.Value()); }
  /// Called on JavaScript's thread after announce(). Must not throw.
  virtual void report(Napi::Env) {}

  /// The next of a list of finished jobs: handing one over takes no memory, so that it cannot fail.
  std::shared_ptr<PromiseJob> next;

 protected:
  virtual Napi::Value result(Napi::Env env) = 0;
  /// An error of JavaScript's own code that takes precedence, or null.
  virtual const Napi::Error* callback_error() const { return nullptr; }

 private:
  Napi::Promise::Deferred deferred_;
};

class Backend {
 public:
  explicit Backend(Napi::Env env);
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  static Backend& of(Napi::Env env);

  const std::shared_ptr<Ledger>& ledger() const { return ledger_; }
  const std::shared_ptr<MemoryBudget>& budget() const { return ledger_->budget; }
  ThreadPool& pool() { return pool_; }
  /// For calls on JavaScript's thread.
  Executor& executor() { return executor_; }
  /// For jobs on the backend thread.
  Executor& job_executor() { return job_executor_; }
  const std::atomic<bool>& is_closing() const { return thread_.is_closing(); }

  /// Throws OpError after close().
  void check_open() const;
  enum class Lane { cpu, gpu };
  Napi::Promise submit(Napi::Env env, std::shared_ptr<PromiseJob> job, Lane lane = Lane::cpu);
  /// Runs `body` on the GPU's thread, after what was asked of it before, and waits; throws what it throws.
  void call_gpu(const std::function<void()>& body);
  const std::atomic<bool>& is_gpu_closing() const { return gpu_thread_.is_closing(); }
  /// For jobs that move bytes of files: beside programs, on several threads, so that the disk waits for neither a copy nor
  /// a checksum.
  Napi::Promise submit_transfer(Napi::Env env, std::shared_ptr<PromiseJob> job);
  /// From the backend thread: have job->report() called on JavaScript's.
  void announce(std::shared_ptr<PromiseJob> job);
  /// Joins all threads and rejects what had not finished.
  void close(Napi::Env env);

  Napi::FunctionReference storage_class;
  Napi::FunctionReference program_class;
  Napi::FunctionReference gpu_class;
  Napi::FunctionReference gpu_storage_class;
  Napi::FunctionReference gpu_program_class;

 private:
  static void deliver(Napi::Env env, Napi::Function, Backend* backend, void*);
  using Signal = Napi::TypedThreadSafeFunction<Backend, void, &Backend::deliver>;

  Napi::Promise post(Napi::Env env, JobThreads& thread, std::shared_ptr<PromiseJob> job);
  /// What a thread calls after each of its jobs.
  std::function<void(std::shared_ptr<Job>)> finisher() {
    return [this](std::shared_ptr<Job> job) { finish(std::move(job)); };
  }
  void finish(std::shared_ptr<Job> job);
  void drain(Napi::Env env);
  void close_threads();

  std::shared_ptr<Ledger> ledger_;
  ThreadPool pool_;
  Executor executor_;
  Executor job_executor_;
  bool is_closed_ = false;
  int64_t pending_ = 0;  // submitted and not settled
  Signal signal_;
  std::mutex mutex_;  // guards the two lists
  std::vector<std::shared_ptr<PromiseJob>> reports_;
  std::shared_ptr<PromiseJob> finished_;  // the last one, linked to those before it
  std::deque<std::shared_ptr<Job>> abandoned_;
  // Last: joined before anything they use goes.
  JobThreads thread_;
  JobThreads gpu_thread_;
  JobThreads transfer_threads_;
};

}  // namespace lazuli::binding
