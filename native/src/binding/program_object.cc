// See program_object.h.
#include "program_object.h"

#include "convert.h"

namespace lazuli::binding {
namespace {

/// A program with the executor of the backend thread.
class CpuRunnable : public Runnable {
 public:
  CpuRunnable(Backend& backend, Program&& program) : backend_(backend), program_(std::move(program)) {}
  int64_t run(int64_t steps, const std::function<bool()>& should_stop,
              const std::function<void(int64_t)>& progress, RunTiming* timing) override {
    Executor& executor = backend_.job_executor();
    try {
      steps = program_.run(steps, executor, should_stop, progress, backend_.is_closing(), timing);
    } catch (...) {
      executor.trim(0);
      throw;
    }
    executor.trim(0);
    return steps;
  }

 private:
  Backend& backend_;
  Program program_;
};

std::vector<BufferSpec> to_buffers(const Napi::Value& value) {
  const Napi::Array list = to_array(value, "buffers");
  std::vector<BufferSpec> buffers;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::HandleScope scope(list.Env());
    const std::string what = "buffer " + std::to_string(i);
    const Napi::Object buffer = to_object(list.Get(i), what);
    const std::string kind = to_text(buffer.Get("kind"), what + ".kind");
    if (kind != "arena" && kind != "external")
      throw OpError(what + ".kind: expected arena or external, got '" + kind + "'");
    buffers.push_back(to_buffer(buffer, what, kind == "arena"));
  }
  return buffers;
}

}  // namespace

Napi::Function ProgramObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeProgram",
      {InstanceAccessor<&ProgramObject::arena_bytes>("arenaBytes"),
       InstanceMethod<&ProgramObject::run>("run"), InstanceMethod<&ProgramObject::cancel>("cancel"),
       InstanceMethod<&ProgramObject::dispose>("dispose")});
}

ProgramObject::ProgramObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ProgramObject>(info) {
  guard(info.Env(), [&]() -> Napi::Value {
    Backend& backend = Backend::of(info.Env());
    backend.check_open();
    const Napi::Object spec = to_object(info[0], "createProgram: spec");
    const int64_t bytes = to_integer(spec.Get("arenaBytes"), "createProgram: arenaBytes");
    shared_ = std::make_shared<CpuRunnable>(
        backend, Program(to_buffers(spec.Get("buffers")), to_instructions(spec.Get("instructions")), bytes,
                         backend.budget()));
    ledger_ = backend.ledger();
    arena_bytes_ = bytes;
    ++ledger_->programs;
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), arena_bytes_);
    return info.Env().Undefined();
  });
}

ProgramObject::~ProgramObject() { release(); }

void ProgramObject::release() {
  if (!shared_) return;
  shared_.reset();
  --ledger_->programs;
  Napi::MemoryManagement::AdjustExternalMemory(Env(), -arena_bytes_);
}

Napi::Value ProgramObject::arena_bytes(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return Napi::Number::New(info.Env(), static_cast<double>(arena_bytes_)); });
}

Napi::Value ProgramObject::run(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return run_steps(info, shared_, Backend::Lane::cpu); });
}

Napi::Value ProgramObject::cancel(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    if (shared_) shared_->cancels.fetch_add(1);
    return info.Env().Undefined();
  });
}

Napi::Value ProgramObject::dispose(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    if (shared_) shared_->cancels.fetch_add(1);
    release();
    return info.Env().Undefined();
  });
}

}  // namespace lazuli::binding
