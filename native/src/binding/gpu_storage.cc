// See gpu_storage.h.
#include "gpu_storage.h"

#include <cstring>

#include "convert.h"

namespace lazuli::binding {
namespace {

/// Up to here a storage lies where both sides reach it: counters, logs and rates are read without the device.
constexpr int64_t kShared = 64 << 10;

/// A program on the GPU's thread.
class GpuRunnable : public Runnable {
 public:
  GpuRunnable(Backend& backend, std::unique_ptr<gpu::GpuProgram> program)
      : backend_(backend), program_(std::move(program)) {}
  int64_t run(int64_t steps, const std::function<bool()>& should_stop,
              const std::function<void(int64_t)>& progress, RunTiming* timing) override {
    return program_->run(steps, should_stop, progress, backend_.is_gpu_closing(), timing);
  }

 private:
  Backend& backend_;
  std::unique_ptr<gpu::GpuProgram> program_;
};

template <typename T> Napi::External<T> external(Napi::Env env, T* value) {
  return Napi::External<T>::New(env, value);
}

}  // namespace

Napi::Function GpuStorageObject::define(Napi::Env env) {
  return DefineClass(env, "NativeGpuStorage",
                     {InstanceAccessor<&GpuStorageObject::bytes>("bytes"),
                      InstanceAccessor<&GpuStorageObject::is_disposed>("isDisposed"),
                      InstanceMethod<&GpuStorageObject::read>("read"), InstanceMethod<&GpuStorageObject::write>("write"),
                      InstanceMethod<&GpuStorageObject::dispose>("dispose")});
}

GpuStorageObject::GpuStorageObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<GpuStorageObject>(info) {
  guard(info.Env(), [&]() -> Napi::Value {
    if (!info[0].IsExternal()) throw OpError("a GPU's storage is made by allocate()");
    Backend& backend = Backend::of(info.Env());
    shared_ = *info[0].As<Napi::External<std::shared_ptr<GpuObject::Shared>>>().Data();
    const int64_t size = to_integer(info[1], "allocate: bytes");
    const auto& device = shared_->device;
    const bool is_shared = size <= kShared && !device->must_stage();
    auto storage = std::make_shared<gpu::GpuStorage>();
    storage->device = device;
    storage->memory = device->memory().take(is_shared ? gpu::MemoryKind::shared : gpu::MemoryKind::device, size);
    if (std::byte* mapped = storage->memory->mapped())
      std::memset(mapped, 0, static_cast<size_t>(size));
    else
      backend.call_gpu([&] { device->zero(*storage->memory); });
    storage_ = std::move(storage);
    bytes_ = size;
    ledger_ = backend.ledger();
    ledger_->known_gpu.insert(this);
    ++shared_->storages;
    return info.Env().Undefined();
  });
}

GpuStorageObject::~GpuStorageObject() {
  if (ledger_) ledger_->known_gpu.erase(this);
  release();
}

Napi::Value GpuStorageObject::make(Napi::Env env, const std::shared_ptr<GpuObject::Shared>& shared, int64_t bytes) {
  auto copy = shared;
  return Backend::of(env).gpu_storage_class.New(
      {external(env, &copy), Napi::Number::New(env, static_cast<double>(bytes))});
}

void GpuStorageObject::release() {
  if (!storage_) return;
  storage_.reset();
  --shared_->storages;
  shared_.reset();
}

gpu::GpuStoragePointer GpuStorageObject::pointer_of(const Napi::Value& value, const std::string& what) {
  void* wrapped = nullptr;
  const auto& known = Backend::of(value.Env()).ledger()->known_gpu;
  if (!value.IsObject() || napi_unwrap(value.Env(), value, &wrapped) != napi_ok || !known.contains(wrapped))
    throw OpError(what + ": expected a storage of this GPU, got " + describe(value));
  const auto* object = static_cast<const GpuStorageObject*>(wrapped);
  if (!object->storage_) throw OpError(what + ": expected a live storage, got a disposed one");
  return object->storage_;
}

void GpuStorageObject::check_range(int64_t offset, size_t length) const {
  if (!storage_) throw OpError("storage: used after dispose()");
  if (offset > bytes_ || length > static_cast<size_t>(bytes_ - offset))
    throw OpError("storage: expected a range within its " + std::to_string(bytes_) + " bytes, got " +
                  std::to_string(length) + " bytes from byte " + std::to_string(offset));
}

Napi::Value GpuStorageObject::bytes(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return Napi::Number::New(info.Env(), static_cast<double>(bytes_)); });
}

Napi::Value GpuStorageObject::is_disposed(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return Napi::Boolean::New(info.Env(), !storage_); });
}

Napi::Value GpuStorageObject::read(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Napi::Uint8Array into = to_bytes(info[1], "storage: into");
    const int64_t offset = to_integer(info[0], "storage: offset");
    const size_t length = into.ByteLength();
    check_range(offset, length);
    if (length == 0) return info.Env().Undefined();
    if (storage_->device->is_lost())
      throw gpu::DeviceLost("the GPU '" + storage_->device->description().name + "' was lost, and what it held");
    if (const std::byte* mapped = storage_->memory->mapped())
      std::memcpy(into.Data(), mapped + offset, length);
    else
      Backend::of(info.Env()).call_gpu([&] {
        storage_->device->copy_out(*storage_->memory, offset, reinterpret_cast<std::byte*>(into.Data()),
                                   static_cast<int64_t>(length));
      });
    return info.Env().Undefined();
  });
}

Napi::Value GpuStorageObject::write(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const Napi::Uint8Array from = to_bytes(info[1], "storage: from");
    const int64_t offset = to_integer(info[0], "storage: offset");
    const size_t length = from.ByteLength();
    check_range(offset, length);
    if (length == 0) return info.Env().Undefined();
    if (std::byte* mapped = storage_->memory->mapped())
      std::memcpy(mapped + offset, from.Data(), length);
    else
      Backend::of(info.Env()).call_gpu([&] {
        storage_->device->copy_in(*storage_->memory, offset, reinterpret_cast<const std::byte*>(from.Data()),
                                  static_cast<int64_t>(length));
      });
    return info.Env().Undefined();
  });
}

Napi::Value GpuStorageObject::dispose(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    release();
    return info.Env().Undefined();
  });
}

gpu::GpuBuffer to_gpu_buffer(const Napi::Value& value, const std::string& what, BufferKind kind) {
  gpu::GpuBuffer buffer;
  buffer.spec = to_buffer(value, what, kind != BufferKind::host);
  if (kind == BufferKind::external)
    buffer.storage =
        GpuStorageObject::pointer_of(to_object(value, what).Get("storage"), what + ".storage");
  return buffer;
}

Napi::Function GpuProgramObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeGpuProgram",
      {InstanceAccessor<&GpuProgramObject::arena_bytes>("arenaBytes"),
       InstanceMethod<&GpuProgramObject::run>("run"), InstanceMethod<&GpuProgramObject::cancel>("cancel"),
       InstanceMethod<&GpuProgramObject::dispose>("dispose")});
}

GpuProgramObject::GpuProgramObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<GpuProgramObject>(info) {
  guard(info.Env(), [&]() -> Napi::Value {
    if (!info[0].IsExternal()) throw OpError("a GPU's program is made by createProgram()");
    Backend& backend = Backend::of(info.Env());
    const auto shared = *info[0].As<Napi::External<std::shared_ptr<GpuObject::Shared>>>().Data();
    const Napi::Object spec = to_object(info[1], "createProgram: spec");
    const int64_t bytes = to_integer(spec.Get("arenaBytes"), "createProgram: arenaBytes");
    const Napi::Array list = to_array(spec.Get("buffers"), "buffers");
    std::vector<gpu::GpuBuffer> buffers;
    for (uint32_t i = 0; i < list.Length(); ++i) {
      const Napi::HandleScope scope(info.Env());
      const std::string what = "buffer " + std::to_string(i);
      const Napi::Value value = list.Get(i);
      const std::string kind = to_text(to_object(value, what).Get("kind"), what + ".kind");
      const BufferKind where = kind == "arena" ? BufferKind::arena : kind == "host" ? BufferKind::host : BufferKind::external;
      buffers.push_back(to_gpu_buffer(value, what, where));
    }
    auto program = std::make_unique<gpu::GpuProgram>(shared->device, std::move(buffers),
                                                     to_instructions(spec.Get("instructions")), bytes);
    runnable_ = std::make_shared<GpuRunnable>(backend, std::move(program));
    shared_ = shared;
    arena_bytes_ = bytes;
    ++shared_->programs;
    return info.Env().Undefined();
  });
}

GpuProgramObject::~GpuProgramObject() { release(); }

Napi::Value GpuProgramObject::make(Napi::Env env, const std::shared_ptr<GpuObject::Shared>& shared,
                                   const Napi::Value& spec) {
  auto copy = shared;
  return Backend::of(env).gpu_program_class.New({external(env, &copy), spec});
}

void GpuProgramObject::release() {
  if (!runnable_) return;
  runnable_.reset();
  --shared_->programs;
  shared_.reset();
}

Napi::Value GpuProgramObject::arena_bytes(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return Napi::Number::New(info.Env(), static_cast<double>(arena_bytes_)); });
}

Napi::Value GpuProgramObject::run(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return run_steps(info, runnable_, Backend::Lane::gpu); });
}

Napi::Value GpuProgramObject::cancel(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    if (runnable_) runnable_->cancels.fetch_add(1);
    return info.Env().Undefined();
  });
}

Napi::Value GpuProgramObject::dispose(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    if (runnable_) runnable_->cancels.fetch_add(1);
    release();
    return info.Env().Undefined();
  });
}

}  // namespace lazuli::binding
