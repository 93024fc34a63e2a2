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
    offset_ = to_integer(info[3], "file: offset", 0, storage_->bytes());
    length_ = to_integer(info[4], "file: length", 0, storage_->bytes() - offset_);
  }
  void run() override {
    const BlockPointer block = is_write_ ? storage_->block() : storage_->own();
    const std::span<std::byte> range{block->data() + offset_, static_cast<size_t>(length_)};
    crc_ = is_write_ ? file_.write(position_, range) : file_.read(position_, range);
  }

 protected:
  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, crc_); }

 private:
  FileHandle file_;
  bool is_write_;
  int64_t position_;
  StoragePointer storage_;
  int64_t offset_ = 0;
  int64_t length_ = 0;
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
