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
       InstanceAccessor<&StorageObject::is_shared>("isShared"),
       InstanceMethod<&StorageObject::read>("read"), InstanceMethod<&StorageObject::write>("write"),
       InstanceMethod<&StorageObject::copy>("copy"), InstanceMethod<&StorageObject::assign>("assign"),
       InstanceMethod<&StorageObject::dispose>("dispose")});
}

StorageObject::StorageObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<StorageObject>(info) {
  guard(info.Env(), [&]() -> Napi::Value {
    Backend& backend = Backend::of(info.Env());
    backend.check_open();
    const bool is_copy = info[0].IsExternal();
    StoragePointer storage =
        is_copy ? *info[0].As<Napi::External<StoragePointer>>().Data()
                : std::make_shared<Storage>(backend.budget(), to_integer(info[0], "allocate: bytes"),
                                            info[1].IsUndefined() ? 0 : to_integer(info[1], "allocate: place"));
    ledger_ = backend.ledger();
    ledger_->known.insert(this);
    storage_ = std::move(storage);
    bytes_ = storage_->bytes();
    // What a copy holds V8 has heard of already.
    reported_ = is_copy ? 0 : bytes_ / kReportedPart;
    ++ledger_->storages;
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), reported_);
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
  Napi::MemoryManagement::AdjustExternalMemory(Env(), -reported_);
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

Storage& StorageObject::live() const {
  if (!storage_) throw OpError("storage: used after dispose()");
  return *storage_;
}

int64_t StorageObject::begin_of(const Napi::Value& offset, size_t length) const {
  live();
  const int64_t begin = to_integer(offset, "storage: offset");
  if (begin > bytes_ || length > static_cast<size_t>(bytes_ - begin))
    throw OpError("storage: expected a range within its " + std::to_string(bytes_) + " bytes, got " +
                  std::to_string(length) + " bytes from byte " + std::to_string(begin));
  return begin;
}

Napi::Value StorageObject::bytes(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return Napi::Number::New(info.Env(), static_cast<double>(bytes_)); });
}

Napi::Value StorageObject::is_disposed(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return Napi::Boolean::New(info.Env(), !storage_); });
}

Napi::Value StorageObject::is_shared(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return Napi::Boolean::New(info.Env(), live().is_shared()); });
}

Napi::Value StorageObject::read(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Napi::Uint8Array into = to_bytes(info[1], "storage: into");
    const size_t length = into.ByteLength();
    const int64_t begin = begin_of(info[0], length);
    if (length > 0) std::memcpy(into.Data(), storage_->block()->data() + begin, length);
    return info.Env().Undefined();
  });
}

Napi::Value StorageObject::write(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const Napi::Uint8Array from = to_bytes(info[1], "storage: from");
    const size_t length = from.ByteLength();
    const int64_t begin = begin_of(info[0], length);
    if (length > 0) std::memcpy(storage_->own()->data() + begin, from.Data(), length);
    return info.Env().Undefined();
  });
}

Napi::Value StorageObject::copy(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    StoragePointer copy = live().copy();
    return Backend::of(info.Env()).storage_class.New({Napi::External<StoragePointer>::New(info.Env(), &copy)});
  });
}

Napi::Value StorageObject::assign(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    live().assign(*pointer_of(info[0], "storage.assign: source"));
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
