// See file_jobs.h.
#include "file_jobs.h"

#include "../files/transfer.h"
#include "convert.h"
#include "storage_object.h"

namespace lazuli::binding {
namespace {

int to_descriptor(const Napi::Value& value) {
  return static_cast<int>(to_integer(value, "file: descriptor", 0, INT32_MAX));
}

class TransferJob : public PromiseJob {
 public:
  TransferJob(const Napi::CallbackInfo& info, bool is_write)
      : PromiseJob(info.Env()), file_(to_descriptor(info[0])), is_write_(is_write) {
    position_ = to_integer(info[1], "file: position");
    storage_ = StorageObject::pointer_of(info[2], "file: storage");
    const int64_t bytes = storage_->memory.bytes();
    const int64_t offset = to_integer(info[3], "file: offset", 0, bytes);
    const int64_t length = to_integer(info[4], "file: length", 0, bytes - offset);
    range_ = {storage_->memory.data() + offset, static_cast<size_t>(length)};
  }
  void run() override { crc_ = is_write_ ? file_.write(position_, range_) : file_.read(position_, range_); }

 protected:
  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, crc_); }

 private:
  FileHandle file_;
  bool is_write_;
  int64_t position_;
  StoragePointer storage_;
  std::span<std::byte> range_;
  uint32_t crc_ = 0;
};

Napi::Value transfer(const Napi::CallbackInfo& info, bool is_write) {
  Backend& backend = Backend::of(info.Env());
  backend.check_open();
  return backend.submit_transfer(info.Env(), std::make_shared<TransferJob>(info, is_write));
}

}  // namespace

Napi::Value read_file(const Napi::CallbackInfo& info) { return transfer(info, false); }
Napi::Value write_file(const Napi::CallbackInfo& info) { return transfer(info, true); }

Napi::Value forget_file(const Napi::CallbackInfo& info) {
  FileHandle(to_descriptor(info[0])).forget();
  return info.Env().Undefined();
}

}  // namespace lazuli::binding
