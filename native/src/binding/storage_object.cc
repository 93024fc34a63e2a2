// See storage_object.h.
#include "storage_object.h"

#include <cstring>

#include "convert.h"

namespace lazuli::binding {
namespace {

/// Storages are disposed of by name; V8 hears of a part of their bytes, so that what is forgotten is still collected. Told all,
/// it stops JavaScript for a full collection every 64 MiB that a file of weights brings.
constexpr int64_t kReportedPart = 16;

}  // namespace

Napi::Function StorageObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeStorage",
      {InstanceAccessor<&StorageObject::bytes>("bytes"),
       InstanceAccessor<&StorageObject::is_disposed>("isDisposed"),
       InstanceMethod<&StorageObject::read>("read"), InstanceMethod<&StorageObject::write>("write"),
       InstanceMethod<&StorageObject::dispose>("dispose")});
}

StorageObject::StorageObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<StorageObject>(info) {
  guard(info.Env(), [&]() -> Napi::Value {
    Backend& backend = Backend::of(info.Env());
    backend.check_open();
    const int64_t size = to_integer(info[0], "allocate: bytes");
    storage_ = std::make_shared<Storage>(backend.budget(), size);
    ledger_ = backend.ledger();
    ledger_->known.insert(this);
    bytes_ = size;
    ++ledger_->storages;
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), bytes_ / kReportedPart);
    return info.Env().Undefined();
  });
}

StorageObject::~StorageObject() {
  if (ledger_) ledger_->known.erase(this);
  release();
}

void StorageObject::release() {
  if (!storage_) return;
  storage_.reset();
  --ledger_->storages;
  Napi::MemoryManagement::AdjustExternalMemory(Env(), -(bytes_ / kReportedPart));
}

StoragePointer StorageObject::pointer_of(const Napi::Value& value, const std::string& what) {
  void* wrapped = nullptr;
  const auto& known = Backend::of(value.Env()).ledger()->known;
  if (!value.IsObject() || napi_unwrap(value.Env(), value, &wrapped) != napi_ok || !known.contains(wrapped))
    throw OpError(what + ": expected a storage of this backend, got " + describe(value));
  const auto* object = static_cast<const StorageObject*>(wrapped);
  if (!object->storage_) throw OpError(what + ": expected a live storage, got a disposed one");
  return object->storage_;
}

std::byte* StorageObject::range(const Napi::Value& offset, size_t length) const {
  if (!storage_) throw OpError("storage: used after dispose()");
  const int64_t begin = to_integer(offset, "storage: offset");
  if (begin > bytes_ || length > static_cast<size_t>(bytes_ - begin))
    throw OpError("storage: expected a range within its " + std::to_string(bytes_) + " bytes, got " +
                  std::to_string(length) + " bytes from byte " + std::to_string(begin));
  return storage_->memory.data() + begin;
}

Napi::Value StorageObject::bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(bytes_));
}

Napi::Value StorageObject::is_disposed(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), !storage_);
}

Napi::Value StorageObject::read(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Napi::Uint8Array into = to_bytes(info[1], "storage: into");
    const size_t length = into.ByteLength();
    const std::byte* from = range(info[0], length);
    if (length > 0) std::memcpy(into.Data(), from, length);
    return info.Env().Undefined();
  });
}

Napi::Value StorageObject::write(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const Napi::Uint8Array from = to_bytes(info[1], "storage: from");
    const size_t length = from.ByteLength();
    std::byte* to = range(info[0], length);
    if (length > 0) std::memcpy(to, from.Data(), length);
    return info.Env().Undefined();
  });
}

Napi::Value StorageObject::dispose(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    release();
    return info.Env().Undefined();
  });
}

}  // namespace lazuli::binding
