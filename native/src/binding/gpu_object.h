// NativeGpu of native/contract.ts: an open device, its storages and programs.
#pragma once

#include "../gpu/program.h"
#include "run_job.h"

namespace lazuli::binding {

/// The functions of the addon that concern GPUs before one is open.
void export_gpu(Napi::Env env, Napi::Object exports);

class GpuObject : public Napi::ObjectWrap<GpuObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit GpuObject(const Napi::CallbackInfo& info);

  /// What its storages and programs share.
  struct Shared {
    std::shared_ptr<gpu::Device> device;
    int64_t storages = 0, programs = 0;
  };

 private:
  Napi::Value info(const Napi::CallbackInfo& info);
  Napi::Value allocate(const Napi::CallbackInfo& info);
  Napi::Value execute(const Napi::CallbackInfo& info);
  Napi::Value create_program(const Napi::CallbackInfo& info);
  Napi::Value measure_scratch(const Napi::CallbackInfo& info);
  Napi::Value pipeline_cache(const Napi::CallbackInfo& info);
  Napi::Value live(const Napi::CallbackInfo& info);
  Napi::Value set_memory_limit(const Napi::CallbackInfo& info);
  Napi::Value is_lost(const Napi::CallbackInfo& info);
  Napi::Value lose(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  const std::shared_ptr<gpu::Device>& device() const;
  std::shared_ptr<Shared> shared_;
};

}  // namespace lazuli::binding
