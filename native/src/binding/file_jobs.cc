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

enum class Move { read, write, read_plainly, write_plainly };

class TransferJob : public PromiseJob {
 public:
  TransferJob(const Napi::CallbackInfo& info, Move move)
      : PromiseJob(info.Env()), file_(to_descriptor(info[0])), move_(move) {
    position_ = to_integer(info[1], "file: position");
    storage_ = StorageObject::pointer_of(info[2], "file: storage");
    offset_ = to_integer(info[3], "file: offset", 0, storage_->bytes());
    length_ = to_integer(info[4], "file: length", 0, storage_->bytes() - offset_);
  }
  void run() override {
    const bool is_read = move_ == Move::read || move_ == Move::read_plainly;
    const BlockPointer block = is_read ? storage_->own() : storage_->block();
    const std::span<std::byte> range{block->data() + offset_, static_cast<size_t>(length_)};
    switch (move_) {
      case Move::read: crc_ = file_.read(position_, range); break;
      case Move::write: crc_ = file_.write(position_, range); break;
      case Move::read_plainly: file_.read_plainly(position_, range); break;
      case Move::write_plainly: file_.write_plainly(position_, range); break;
    }
  }

 protected:
  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, crc_); }

 private:
  FileHandle file_;
  Move move_;
  int64_t position_;
  StoragePointer storage_;
  int64_t offset_ = 0;
  int64_t length_ = 0;
  uint32_t crc_ = 0;
};

class CopyJob : public PromiseJob {
 public:
  explicit CopyJob(const Napi::CallbackInfo& info)
      : PromiseJob(info.Env()), from_(to_descriptor(info[0])), to_(to_descriptor(info[2])) {
    position_ = to_integer(info[1], "file: position");
    to_position_ = to_integer(info[3], "file: target position");
    length_ = to_integer(info[4], "file: length");
  }
  void run() override { crc_ = from_.copy(position_, to_, to_position_, length_); }

 protected:
  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, crc_); }

 private:
  FileHandle from_;
  FileHandle to_;
  int64_t position_;
  int64_t to_position_;
  int64_t length_;
  uint32_t crc_ = 0;
};

class RoomJob : public PromiseJob {
 public:
  explicit RoomJob(const Napi::CallbackInfo& info)
      : PromiseJob(info.Env()), file_(to_descriptor(info[0])), bytes_(to_integer(info[1], "file: bytes", 1)) {}
  void run() override { file_.make_room(bytes_); }

 protected:
  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

 private:
  FileHandle file_;
  int64_t bytes_;
};

template <typename TheJob, typename... Arguments>
Napi::Value submit(const Napi::CallbackInfo& info, Arguments... arguments) {
  Backend& backend = Backend::of(info.Env());
  backend.check_open();
  return backend.submit_transfer(info.Env(), std::make_shared<TheJob>(info, arguments...));
}

}  // namespace

Napi::Value read_file(const Napi::CallbackInfo& info) { return submit<TransferJob>(info, Move::read); }
Napi::Value write_file(const Napi::CallbackInfo& info) { return submit<TransferJob>(info, Move::write); }
Napi::Value copy_file(const Napi::CallbackInfo& info) { return submit<CopyJob>(info); }
Napi::Value make_file_room(const Napi::CallbackInfo& info) { return submit<RoomJob>(info); }
Napi::Value read_file_plainly(const Napi::CallbackInfo& info) {
  return submit<TransferJob>(info, Move::read_plainly);
}
Napi::Value write_file_plainly(const Napi::CallbackInfo& info) {
  return submit<TransferJob>(info, Move::write_plainly);
}

Napi::Value forget_file(const Napi::CallbackInfo& info) {
  FileHandle(to_descriptor(info[0])).forget();
  return info.Env().Undefined();
}

}  // namespace lazuli::binding
