// NativeProgram of native/contract.ts. Its runs queue on the backend thread; dispose() during a run cancels
// the run, and the program's memory goes when the last run has ended.
#pragma once

#include "../program/program.h"
#include "backend.h"

namespace lazuli::binding {

class ProgramObject : public Napi::ObjectWrap<ProgramObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ProgramObject(const Napi::CallbackInfo& info);
  ~ProgramObject() override;

  /// What a program shares with its runs.
  struct Shared {
    explicit Shared(Program&& made) : program(std::move(made)) {}
    Program program;
    /// A run stops when this is no longer what it was when the run was asked for.
    std::atomic<int64_t> cancels{0};
  };

 private:
  Napi::Value arena_bytes(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);
  void release();

  std::shared_ptr<Ledger> ledger_;
  std::shared_ptr<Shared> shared_;  // null once disposed
  int64_t arena_bytes_ = 0;
};

}  // namespace lazuli::binding
