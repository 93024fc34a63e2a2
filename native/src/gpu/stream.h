// Tables that stay in the host's memory: a program's take_rows over them. The rows of each step are gathered into staging
// memory while the step before runs and copied to the device beside that step's kernels, in two places by turns: on a queue of their
// own where the device has one for copies, else among the kernels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../program/program.h"
#include "recorder.h"

namespace lazuli::gpu {

/// Device memory of a tensor: where it begins inside an allocation.
struct DevicePlace {
  AllocationPointer memory;
  int64_t offset = 0;
};

class Stream {
 public:
  explicit Stream(std::shared_ptr<Device> device) : device_(std::move(device)) {}
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// A take_rows over a table [rows, ..] in the host's memory.
  struct Taking {
    size_t instruction;
    BufferSpec data;
    int64_t batch;
    int64_t moved;   // how far the program has moved its cursor before it in a step,
    int64_t stride;  // and does in a whole one
  };
  /// Adds one, with its index of `length` rows and its cursor. Throws OutOfMemory.
  void add(Taking taking, const DevicePlace& index, int64_t length, const DevicePlace& cursor);
  /// What a take_rows added before reads instead, on the device: table, index and cursor of the two places.
  std::vector<TensorView> inputs_of(size_t table) const;
  /// Device memory of both places of a table; with `device`, the staging memory too where it counts as the device's.
  static int64_t bytes_of(const BufferSpec& data, int64_t batch, Device& device);

  // On the device's thread only, in this order.
  /// Before `steps` steps: gathers and copies what is not there yet. Nothing of the program may be running.
  void start(int64_t steps);
  /// False where the rows of the next step are not there: the cursor or an index is wrong,
  bool has_batch() const { return placed_[turn_].error.empty(); }
  /// and this throws OpError.
  void check() const;
  /// What a step's submission begins with and waits for on the queue of copies.
  struct Lead {
    VkCommandBuffer commands;
    uint64_t copied;
  };
  /// Takes the place of the step's rows, and has the next step's copied into the other one. Every step before was submitted, and
  /// nothing of this one.
  Lead lead();
  /// The step was submitted and the one before it has ended: gathers the rows of the step after the next.
  void next();
  /// Waits for copies that nobody took.
  void settle() const;

 private:
  /// Rows gathered for a step; of all tables one after the other.
  struct Batch {
    std::vector<int64_t> rows;
    std::vector<BlockPointer> blocks;  // whose rows these are
    std::string error;                 // why there are none
    bool is_of(const Batch& other) const {
      return error.empty() && other.error.empty() && rows == other.rows && blocks == other.blocks;
    }
  };
  struct Order {
    DevicePlace index, cursor;
    int64_t length = 0, stride = 0;
    int64_t first = 0;           // the cursor when the run began
    std::vector<int64_t> rows;   // of the index, from there on
  };
  struct Table {
    Taking taking;
    size_t order = 0;
    int64_t row_bytes = 0;
    AllocationPointer slots, staging;  // two batches each
    StoragePointer kept = nullptr;     // shares the table's memory: who writes that has it for itself first
  };

  /// Which rows the step so many after the run's first takes.
  Batch batch_of(int64_t step) const;
  /// Puts a batch into the staging memory of a place.
  void gather(Batch batch, size_t place);
  void copy(VkCommandBuffer commands, size_t place) const;
  void record();
  void read(Order& order, int64_t count);

  std::shared_ptr<Device> device_;
  std::vector<Order> orders_;
  std::vector<Table> tables_;
  AllocationPointer turns_;         // cursors of the two places, then their index 0, 1, 2, ..
  int64_t longest_ = 0;             // of the batches
  VkCommandBuffer commands_[2] = {};
  VkCommandBuffer copies_[2] = {};  // into each place; null where they go among the kernels
  uint64_t copied_[2] = {};         // their last submissions
  Batch staged_[2], placed_[2];
  size_t turn_ = 0;                 // the place of the next step
  int64_t step_ = 0;                // of this run
};

}  // namespace lazuli::gpu
