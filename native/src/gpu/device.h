// An open device: memory, queues and pipelines. All of its work is submitted on one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "../ops/kernel.h"
#include "../tensor/memory.h"
#include "../threads/job_threads.h"
#include "instance.h"
#include "queue.h"

namespace lazuli::gpu {

class Device;

/// Where memory lies: on the device; where both sides reach it (small things, parameters of kernels); or in the
/// host's cached memory for copies to and from it.
enum class MemoryKind { device, shared, staging };

/// Device memory that gives itself back. `mapped` is null where the host cannot reach it.
class Allocation {
 public:
  ~Allocation();
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;

  uint64_t address() const;
  std::byte* mapped() const;
  VkBuffer buffer() const;
  VkDeviceSize offset() const { return offset_; }
  int64_t bytes() const { return bytes_; }

 private:
  friend class DeviceMemory;
  struct Block;
  Allocation() = default;
  std::shared_ptr<Device> device_;
  Block* block_ = nullptr;
  VkDeviceSize offset_ = 0, size_ = 0;
  int64_t bytes_ = 0;
};
using AllocationPointer = std::shared_ptr<Allocation>;

/// Takes memory from the driver in blocks, each one buffer, and hands out pieces of 256-byte alignment.
class DeviceMemory {
 public:
  explicit DeviceMemory(Device& device);
  ~DeviceMemory();
  /// Throws OutOfMemory when the budget or the driver refuses. Contents are arbitrary.
  AllocationPointer take(MemoryKind kind, int64_t bytes);
  /// The same for the device itself: it does not keep the device, and is free when that goes.
  AllocationPointer take_for_device(MemoryKind kind, int64_t bytes);
  MemoryBudget& budget() { return budget_; }
  /// True when the host reaches all of the device's memory: nothing is staged then.
  bool is_unified() const { return is_unified_; }
  /// True when memory of this kind counts against the device's budget.
  bool is_counted(MemoryKind kind) const;

 private:
  friend class Allocation;
  struct Pool;
  void give(Allocation& allocation);
  Allocation::Block* grow(Pool& pool, VkDeviceSize bytes);
  void free_block(Allocation::Block* block);

  Device& device_;
  MemoryBudget budget_;
  bool is_unified_ = false;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Pool>> pools_;
};

/// What a barrier waits for: copies that were asked for before may go on beside kernels.
enum class Barrier { all, kernels };

/// A compute pipeline: a kernel with its constants fixed.
using PipelineKey = std::pair<std::string, std::vector<uint32_t>>;

/// Where copies beside kernels go: to a queue of their own where the device has one that only copies, to one of their own in any
/// case (a second of the kernels' family, or submissions of their own), or among the kernels.
enum class CopyQueue { automatic, apart, among };

struct DeviceOptions {
  /// Copies through staging even where the host reaches the memory; for tests.
  bool must_stage = false;
  /// Kernels check every access to memory against what their instruction may reach (guard.h): slow, for tests.
  bool is_checked = false;
  CopyQueue copy_queue = CopyQueue::automatic;
  /// Kernels as GPUs get them on a driver in software, too; for tests.
  bool is_as_on_hardware = false;
  std::vector<std::byte> pipeline_cache;
};

class Device : public std::enable_shared_from_this<Device> {
 public:
  /// Throws OpError when the driver refuses.
  static std::shared_ptr<Device> open(const DeviceDescription& description, const DeviceOptions& options);
  ~Device();

  const DeviceDescription& description() const { return description_; }
  DeviceMemory& memory() { return *memory_; }
  bool must_stage() const { return must_stage_; }
  /// Whether kernels are kept short, for a driver in software that compiles long ones for seconds: constants written in
  /// (specialize.h), loops as loops.
  bool has_short_kernels() const { return has_short_kernels_; }
  /// The table of checked kernels; null where they check nothing.
  const Allocation* guard() const { return guard_.get(); }

  // On the device's thread only.
  /// The pipeline of a compiled kernel (spirv.h) with its specialization constants.
  VkPipeline pipeline(const std::string& kernel, const std::vector<uint32_t>& constants);
  /// The pipeline of words made at run time; `name` identifies them.
  VkPipeline pipeline_of(const std::string& name, const std::function<std::vector<uint32_t>()>& make);
  /// The queue of kernels.
  Queue& queue() { return *queue_; }
  /// The queue of copies beside them; null where those go among the kernels.
  Queue* copies() { return copies_.get(); }
  /// Commands for kernels that begin with a barrier.
  VkCommandBuffer begin_commands(Barrier barrier = Barrier::all);
  /// Records with `body`, runs it and waits.
  void run_once(const std::function<void(VkCommandBuffer)>& body);
  void copy_in(const Allocation& to, int64_t offset, const std::byte* from, int64_t bytes);
  void copy_out(const Allocation& from, int64_t offset, std::byte* to, int64_t bytes);
  void zero(const Allocation& allocation);

  /// Everything before (of kernels only, or copies too) is finished and visible to everything after.
  void barrier(VkCommandBuffer commands, Barrier kind = Barrier::all) const;
  std::vector<std::byte> pipeline_cache();
  VkPipelineLayout layout() const { return layout_; }
  /// The next submission reports a lost device: for tests.
  void lose() { must_lose_ = true; }
  bool is_lost() const { return is_lost_; }
  /// Throws what a Vulkan result says went wrong with `what`: DeviceLost, OutOfMemory or OpError.
  void check(VkResult result, const char* what);
  /// Throws DeviceLost when the device is gone.
  void check_presence();
  /// The families that reach the device's memory: one, or that of copies too.
  std::span<const uint32_t> families() const { return families_; }

#define LAZULI_VK_DECLARE(name) PFN_##name name = nullptr;
  LAZULI_VK_DEVICE(LAZULI_VK_DECLARE)
#undef LAZULI_VK_DECLARE
  VkDevice handle = VK_NULL_HANDLE;

 private:
  Device() = default;
  void open_queues(CopyQueue copy_queue);
  VkPipeline make_pipeline(std::span<const uint32_t> words, const std::vector<uint32_t>& constants,
                           bool has_fixed_subgroups);

  DeviceDescription description_;
  bool must_stage_ = false;
  bool has_short_kernels_ = false;
  std::atomic<bool> must_lose_{false};
  std::atomic<bool> is_lost_{false};
  std::unique_ptr<Queue> queue_, copies_;
  std::vector<uint32_t> families_;
  VkPipelineLayout layout_ = VK_NULL_HANDLE;
  VkPipelineCache cache_ = VK_NULL_HANDLE;
  std::map<PipelineKey, VkPipeline> pipelines_;
  std::unique_ptr<DeviceMemory> memory_;
  AllocationPointer guard_;
};

/// The device is gone: travels to JavaScript as LazuliError('device_lost').
class DeviceLost : public OpError {
 public:
  using OpError::OpError;
};

}  // namespace lazuli::gpu
