// See run_job.h.
#include "run_job.h"

#include <chrono>
#include <optional>

#include "convert.h"

namespace lazuli::binding {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kProgressInterval = std::chrono::milliseconds(50);

Napi::Value to_doubles(Napi::Env env, const std::vector<double>& values) {
  Napi::Float64Array list = Napi::Float64Array::New(env, values.size());
  for (size_t i = 0; i < values.size(); ++i) list[i] = values[i];
  return list;
}

/// One run(): counts steps on the backend thread, reports and resolves on JavaScript's.
class RunJob : public PromiseJob, public std::enable_shared_from_this<RunJob> {
 public:
  RunJob(Napi::Env env, Backend& backend, std::shared_ptr<Runnable> shared, int64_t steps,
         const Napi::Value& on_progress, const std::string& timing)
      : PromiseJob(env),
        backend_(backend),
        shared_(std::move(shared)),
        cancels_(shared_->cancels.load()),
        steps_(steps),
        is_timed_(!timing.empty()) {
    timing_.has_instructions = timing == "instructions" || timing == "sampled";
    timing_.is_sampled = timing == "sampled";
    if (on_progress.IsFunction()) on_progress_ = Napi::Persistent(on_progress.As<Napi::Function>());
  }

  void run() override {
    const auto start = Clock::now();
    auto last_report = start;
    const auto should_stop = [this] { return shared_->cancels.load(std::memory_order_relaxed) != cancels_; };
    const auto progress = [&](int64_t steps) {
      completed_.store(steps, std::memory_order_relaxed);
      if (on_progress_.IsEmpty() || Clock::now() - last_report < kProgressInterval) return;
      last_report = Clock::now();
      if (!is_announced_.exchange(true)) backend_.announce(shared_from_this());
    };
    completed_.store(shared_->run(steps_, should_stop, progress, is_timed_ ? &timing_ : nullptr));
    seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
  }

  void report(Napi::Env env) override {
    is_announced_.store(false);
    if (on_progress_.IsEmpty() || thrown_) return;
    try {
      trigger_fault(FaultPlace::delivery);
      on_progress_.Call({Napi::Number::New(env, static_cast<double>(completed_.load()))});
    } catch (const Napi::Error& error) {
      // The callback's own error ends the run and is what the promise rejects with.
      thrown_ = error;
    } catch (...) {
      thrown_ = current_error(env);
    }
    if (thrown_) shared_->cancels.fetch_add(1);
  }

 protected:
  Napi::Value result(Napi::Env env) override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("steps", Napi::Number::New(env, static_cast<double>(completed_.load())));
    result.Set("seconds", Napi::Number::New(env, seconds_));
    if (is_timed_) result.Set("stepSeconds", to_doubles(env, timing_.steps));
    if (timing_.measured_steps == 0) return result;
    result.Set("instructionSeconds", to_doubles(env, timing_.instructions));
    result.Set("measuredSteps", Napi::Number::New(env, static_cast<double>(timing_.measured_steps)));
    return result;
  }
  const Napi::Error* callback_error() const override { return thrown_ ? &*thrown_ : nullptr; }

 private:
  Backend& backend_;
  std::shared_ptr<Runnable> shared_;
  int64_t cancels_;
  int64_t steps_;
  bool is_timed_;
  RunTiming timing_;
  double seconds_ = 0;
  std::atomic<int64_t> completed_{0};
  std::atomic<bool> is_announced_{false};
  Napi::FunctionReference on_progress_;
  std::optional<Napi::Error> thrown_;
};

}  // namespace

Napi::Value run_steps(const Napi::CallbackInfo& info, const std::shared_ptr<Runnable>& runnable, Backend::Lane lane) {
  if (!runnable) throw OpError("program: used after dispose()");
  Backend& backend = Backend::of(info.Env());
  backend.check_open();
  const int64_t steps = to_integer(info[0], "program.run: steps");
  if (!info[1].IsUndefined() && !info[1].IsFunction())
    throw OpError("program.run: onProgress: expected a function, got " + describe(info[1]));
  const std::string timing = info[2].IsUndefined() ? "" : to_text(info[2], "program.run: timing");
  if (!timing.empty() && timing != "steps" && timing != "instructions" && timing != "sampled")
    throw OpError("program.run: timing: expected steps, instructions or sampled, got '" + timing + "'");
  return backend.submit(info.Env(),
                        std::make_shared<RunJob>(info.Env(), backend, runnable, steps, info[1], timing), lane);
}

}  // namespace lazuli::binding
