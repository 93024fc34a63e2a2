// NativeStorage of native/contract.ts: counted memory as an object of JavaScript.
#pragma once

#include "../tensor/storage.h"
#include "backend.h"

namespace lazuli::binding {

class StorageObject : public Napi::ObjectWrap<StorageObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit StorageObject(const Napi::CallbackInfo& info);
  ~StorageObject() override;

  /// The storage behind a value; throws OpError when it is none of ours or was disposed.
  static StoragePointer pointer_of(const Napi::Value& value, const std::string& what);

 private:
  Napi::Value bytes(const Napi::CallbackInfo& info);
  Napi::Value is_disposed(const Napi::CallbackInfo& info);
  Napi::Value is_shared(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value write(const Napi::CallbackInfo& info);
  Napi::Value copy(const Napi::CallbackInfo& info);
  Napi::Value assign(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);

  /// Throws OpError after dispose.
  Storage& live() const;
  /// Where the bytes [offset, offset + length) begin; throws OpError after dispose or outside the storage.
  int64_t begin_of(const Napi::Value& offset, size_t length) const;
  void release();

  std::shared_ptr<Ledger> ledger_;
  StoragePointer storage_;  // null once disposed
  int64_t bytes_ = 0;
  int64_t reported_ = 0;
};

}  // namespace lazuli::binding
