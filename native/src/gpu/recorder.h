// Records the kernels of a program into command buffers, with a barrier wherever one reads or writes what another
// before it wrote or reads. What a kernel family's ops are written with.
#pragma once

#include <cstring>
#include <optional>

#include "../ops/kernel.h"
#include "device.h"

namespace lazuli::gpu {

/// What a failed check on the device leaves behind; the first one wins.
struct Status {
  uint32_t code = 0;         // a StatusCode, 0 while all is well
  uint32_t instruction = 0;  // its number
  int32_t low = 0, high = 0;  // the value that was wrong
  uint32_t position = 0;
  uint32_t unused[3] = {};
};
enum class StatusCode : uint32_t { none, index, cursor, log_position, target, bounds, divisor };

/// Push constants, in the order kernels declare them: addresses first, then 32-bit numbers.
class Push {
 public:
  Push& address(uint64_t value) { return put(value); }
  Push& integer(int64_t value) { return put(static_cast<int32_t>(value)); }
  Push& word(uint32_t value) { return put(value); }
  Push& number(double value) { return put(static_cast<float>(value)); }
  const std::byte* data() const { return bytes_; }
  uint32_t size() const { return size_; }

 private:
  template <typename T> Push& put(T value) {
    if (size_ + sizeof value > sizeof bytes_) throw OpError("GPU: too many push constants");
    std::memcpy(bytes_ + size_, &value, sizeof value);
    size_ += sizeof value;
    return *this;
  }
  alignas(8) std::byte bytes_[128] = {};
  uint32_t size_ = 0;
};

struct Groups {
  uint32_t x = 1, y = 1, z = 1;
};

/// All instructions as they come; each in a command buffer of its own, so that it can be timed; or none, only counting the memory.
enum class Recording { whole, split, measured };

class Recorder {
 public:
  explicit Recorder(Device& device, Recording kind = Recording::whole);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  Device& device() { return device_; }

  /// Starts an instruction: what it reads and writes as address ranges.
  void begin(uint32_t instruction);
  void uses(const TensorView& tensor, bool is_written);
  void end();

  /// Runs a compiled kernel over `groups` workgroups.
  void dispatch(const std::string& kernel, const std::vector<uint32_t>& constants, const Push& push, Groups groups);
  void dispatch(VkPipeline pipeline, const Push& push, Groups groups);
  /// One thread per element, 256 a workgroup.
  void dispatch_elements(const std::string& kernel, const std::vector<uint32_t>& constants, const Push& push,
                         int64_t count, int64_t per_group = 256);
  /// Between two kernels of one instruction when the second needs the first's results.
  void barrier();

  /// Device memory until the instruction's end.
  uint64_t scratch(int64_t bytes);
  /// Device memory that holds `data` as long as the recording lives.
  uint64_t constants(const void* data, size_t bytes);
  template <typename T> uint64_t constants(const std::vector<T>& list) {
    return constants(list.data(), list.size() * sizeof(T));
  }
  /// Where kernels put the first failed check.
  uint64_t status_address() const { return status_ ? status_->address() : 0; }
  /// True where nothing is dispatched and no kernel needs compiling.
  bool is_measured() const { return kind_ == Recording::measured; }
  /// Device memory taken for scratch and constants.
  int64_t own_bytes() const { return own_bytes_; }
  uint32_t instruction() const { return instruction_; }
  Status& status() { return *reinterpret_cast<Status*>(status_->mapped()); }

  /// Ends recording; the command buffers in order, to be submitted any number of times.
  const std::vector<VkCommandBuffer>& finish();

 private:
  struct Range {
    uint64_t begin, end;
    bool is_written;
  };
  void use(uint64_t begin, uint64_t end, bool is_written);
  VkCommandBuffer commands();
  /// Tells checked kernels what the instruction may reach.
  void write_guard(VkCommandBuffer buffer);
  /// Blocks of which the last one has room; while measuring they are only counted.
  struct Blocks {
    MemoryKind kind;
    std::vector<AllocationPointer> taken = {};
    int64_t room = 0, used = 0;
  };
  uint64_t take(Blocks& blocks, int64_t bytes, std::byte** mapped);

  Device& device_;
  std::vector<VkCommandBuffer> buffers_;
  const Recording kind_;
  int64_t own_bytes_ = 0;
  bool is_open_ = false;
  int dispatches_ = 0;  // of the open command buffer
  uint32_t instruction_ = 0;
  std::vector<Range> tracked_;      // since the last barrier
  std::vector<Range> instruction_ranges_;
  std::vector<Range> instruction_constants_;
  Blocks scratch_{MemoryKind::device}, constants_{MemoryKind::shared};
  AllocationPointer status_;
};

/// Workgroups for `count` elements: spread over x and y, as one axis holds 65535.
Groups groups_for(int64_t count, int64_t per_group);

}  // namespace lazuli::gpu
