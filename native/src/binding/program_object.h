// NativeProgram of native/contract.ts. Its runs queue on the backend thread; dispose() during a run cancels
// the run, and the program's memory goes when the last run has ended.
#pragma once

#include "../program/program.h"
#include "backend.h"
#include "run_job.h"

namespace lazuli::binding {

class ProgramObject : public Napi::ObjectWrap<ProgramObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ProgramObject(const Napi::CallbackInfo& info);
  ~ProgramObject() override;

 private:
  Napi::Value arena_bytes(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);
  void release();

  std::shared_ptr<Ledger> ledger_;
  std::shared_ptr<Runnable> shared_;  // null once disposed
  int64_t arena_bytes_ = 0;
};

}  // namespace lazuli::binding
