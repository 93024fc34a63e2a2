// NativeStorage and NativeProgram of native/contract.ts on a GPU.
#pragma once

#include "gpu_object.h"

namespace lazuli::binding {

class GpuStorageObject : public Napi::ObjectWrap<GpuStorageObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit GpuStorageObject(const Napi::CallbackInfo& info);
  ~GpuStorageObject() override;
  /// Memory of `shared`'s device, zero-filled.
  static Napi::Value make(Napi::Env env, const std::shared_ptr<GpuObject::Shared>& shared, int64_t bytes);
  /// The storage behind a value; throws OpError when it is none of a GPU's or was disposed.
  static gpu::GpuStoragePointer pointer_of(const Napi::Value& value, const std::string& what);

 private:
  Napi::Value bytes(const Napi::CallbackInfo& info);
  Napi::Value is_disposed(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value write(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);
  void check_range(int64_t offset, size_t length) const;
  void release();

  std::shared_ptr<Ledger> ledger_;
  std::shared_ptr<GpuObject::Shared> shared_;
  gpu::GpuStoragePointer storage_;  // null once disposed
  int64_t bytes_ = 0;
};

enum class BufferKind { arena, external, host };
/// The buffer of a call or program with its memory on the GPU; of the kind `host` with that of a NativeStorage.
gpu::GpuBuffer to_gpu_buffer(const Napi::Value& value, const std::string& what, BufferKind kind);

class GpuProgramObject : public Napi::ObjectWrap<GpuProgramObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit GpuProgramObject(const Napi::CallbackInfo& info);
  ~GpuProgramObject() override;
  static Napi::Value make(Napi::Env env, const std::shared_ptr<GpuObject::Shared>& shared, const Napi::Value& spec);

 private:
  Napi::Value arena_bytes(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);
  void release();

  std::shared_ptr<GpuObject::Shared> shared_;
  std::shared_ptr<Runnable> runnable_;  // null once disposed
  int64_t arena_bytes_ = 0;
};

}  // namespace lazuli::binding
