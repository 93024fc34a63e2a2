// A program on a device: recorded once at its first run, replayed at every step. Single ops are programs of one
// instruction.
#pragma once

#include <atomic>
#include <functional>

#include "../program/program.h"
#include "ops/ops.h"
#include "recorder.h"
#include "stream.h"

namespace lazuli::gpu {

/// Memory of a tensor on the device.
struct GpuStorage {
  std::shared_ptr<Device> device;
  AllocationPointer memory;
};
using GpuStoragePointer = std::shared_ptr<GpuStorage>;

/// As program/program.h's, over device memory; with a storage of the host in `spec`, a table for take_rows that stays there.
struct GpuBuffer {
  BufferSpec spec;
  GpuStoragePointer storage;  // null in the arena and in the host's memory
};

class GpuProgram {
 public:
  /// Throws OpError for an unknown op, a wrong arity or a buffer that does not fit, and
  /// OutOfMemory.
  GpuProgram(std::shared_ptr<Device> device, std::vector<GpuBuffer> buffers,
             std::vector<InstructionSpec> instructions, int64_t arena_bytes);
  ~GpuProgram();

  /// Device memory that recording these instructions takes besides their buffers, which need not exist; buffers that `is_host`
  /// tells of are tables in the host's memory. Throws OpError.
  static int64_t scratch_of(std::shared_ptr<Device> device, const std::vector<BufferSpec>& buffers,
                            const std::vector<bool>& is_host, std::vector<InstructionSpec> instructions);

  /// On the device's thread: see Program::run. Submissions last at most about 50 ms; `should_stop` is asked between.
  /// `timing`, or null, gets each step's time: the mean of its submission's.
  int64_t run(int64_t steps, const std::function<bool()>& should_stop, const std::function<void(int64_t)>& progress,
              const std::atomic<bool>& must_abandon, RunTiming* timing = nullptr);

 private:
  /// Without instructions.
  explicit GpuProgram(std::shared_ptr<Device> device) : device_(std::move(device)) {}
  void add_instructions(std::vector<InstructionSpec>& instructions, const std::vector<TensorView>& views);
  /// Calls the ops on a new recorder.
  void record_all(Recording kind);

  struct Instruction {
    const GpuOp* op;
    std::vector<TensorView> inputs, outputs;
    Attributes attributes;
  };
  void record(bool is_split);
  int64_t profile(int64_t steps, RunTiming& timing);
  size_t record(size_t index);
  void check_status();
  /// What an access outside of an instruction's tensors was after.
  std::string describe_access(const Instruction& instruction, uint64_t address, uint32_t bytes) const;
  void run_slowly(const std::atomic<bool>& must_abandon);
  /// Submits what leads a step that takes rows from the host's memory;
  uint64_t submit_lead();
  /// or, after that where it does, `count` whole steps.
  uint64_t submit_steps(int64_t count);
  /// Waits for what a run that ended, or failed, may have left on the device.
  void settle() noexcept;
  /// Sets up what is read from the host's memory; throws OpError where anything but take_rows would read it.
  void add_streams(const std::vector<InstructionSpec>& instructions);

  std::shared_ptr<Device> device_;
  std::vector<GpuBuffer> buffers_;
  std::vector<Instruction> instructions_;
  AllocationPointer arena_;
  std::unique_ptr<Stream> stream_;  // null where nothing stays in the host's memory
  std::unique_ptr<Recorder> recorder_;
  std::vector<VkCommandBuffer> commands_;
  bool is_split_ = false;
  std::vector<size_t> recorded_;  // the first instruction of each command buffer, where they are split
  double seconds_per_step_ = 0;  // 0 until measured
};

}  // namespace lazuli::gpu
