// A queue of a device: command buffers for it, and a timeline that says how far its work has come.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "vulkan.h"

namespace lazuli::gpu {

class Device;

/// On the device's thread only, but for free_commands.
class Queue {
 public:
  /// Two of them may share a handle: then what one of them was given first also begins first.
  Queue(Device& device, VkQueue handle, uint32_t family) : device_(device), handle_(handle), family_(family) {}
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// Makes what it is to work with. Throws OpError.
  void open();
  VkCommandBuffer begin_commands();
  void end_commands(VkCommandBuffer commands);
  /// Queues command buffers in order, to begin when `other` has come to `value`; returns the value wait() takes. Throws DeviceLost.
  uint64_t submit(std::span<const VkCommandBuffer> commands, const Queue* other = nullptr, uint64_t value = 0);
  /// Throws DeviceLost when the device is gone.
  void wait(uint64_t value) const;
  /// What the last submit returned; 0 before the first.
  uint64_t submitted() const { return submitted_; }
  /// From any thread: they are freed when new ones are made.
  void free_commands(std::span<const VkCommandBuffer> commands);

 private:
  Device& device_;
  const VkQueue handle_;
  const uint32_t family_;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  VkSemaphore timeline_ = VK_NULL_HANDLE;
  uint64_t submitted_ = 0;
  std::mutex unused_mutex_;
  std::vector<VkCommandBuffer> unused_;
};

}  // namespace lazuli::gpu
