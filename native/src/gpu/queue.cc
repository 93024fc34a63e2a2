// See queue.h.
#include "queue.h"

#include "device.h"

namespace lazuli::gpu {

void Queue::open() {
  const VkCommandPoolCreateInfo pool{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr, 0, family_};
  device_.check(device_.vkCreateCommandPool(device_.handle, &pool, nullptr, &pool_), "command pool");
  const VkSemaphoreTypeCreateInfo type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, nullptr,
                                       VK_SEMAPHORE_TYPE_TIMELINE, 0};
  const VkSemaphoreCreateInfo semaphore{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type, 0};
  device_.check(device_.vkCreateSemaphore(device_.handle, &semaphore, nullptr, &timeline_), "semaphore");
}

Queue::~Queue() {
  device_.vkDestroySemaphore(device_.handle, timeline_, nullptr);
  device_.vkDestroyCommandPool(device_.handle, pool_, nullptr);
}

VkCommandBuffer Queue::begin_commands() {
  {
    const std::lock_guard lock(unused_mutex_);
    if (!unused_.empty())
      device_.vkFreeCommandBuffers(device_.handle, pool_, static_cast<uint32_t>(unused_.size()), unused_.data());
    unused_.clear();
  }
  const VkCommandBufferAllocateInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, pool_,
                                         VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
  VkCommandBuffer commands = VK_NULL_HANDLE;
  device_.check(device_.vkAllocateCommandBuffers(device_.handle, &info, &commands), "command buffer");
  const VkCommandBufferBeginInfo begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr,
                                       VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT, nullptr};
  device_.check(device_.vkBeginCommandBuffer(commands, &begin), "command buffer");
  return commands;
}

void Queue::end_commands(VkCommandBuffer commands) {
  device_.check(device_.vkEndCommandBuffer(commands), "command buffer");
}

uint64_t Queue::submit(std::span<const VkCommandBuffer> commands, const Queue* other, uint64_t value) {
  device_.check_presence();
  const uint64_t own = submitted_ + 1;
  VkTimelineSemaphoreSubmitInfo timeline{VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO};
  timeline.signalSemaphoreValueCount = 1;
  timeline.pSignalSemaphoreValues = &own;
  VkSubmitInfo info{VK_STRUCTURE_TYPE_SUBMIT_INFO, &timeline};
  info.commandBufferCount = static_cast<uint32_t>(commands.size());
  info.pCommandBuffers = commands.data();
  info.signalSemaphoreCount = 1;
  info.pSignalSemaphores = &timeline_;
  constexpr VkPipelineStageFlags all = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
  if (other != nullptr && value > 0) {
    timeline.waitSemaphoreValueCount = info.waitSemaphoreCount = 1;
    timeline.pWaitSemaphoreValues = &value;
    info.pWaitSemaphores = &other->timeline_;
    info.pWaitDstStageMask = &all;
  }
  device_.check(device_.vkQueueSubmit(handle_, 1, &info, VK_NULL_HANDLE), "submit");
  return submitted_ = own;
}

void Queue::wait(uint64_t value) const {
  VkSemaphoreWaitInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO};
  info.semaphoreCount = 1;
  info.pSemaphores = &timeline_;
  info.pValues = &value;
  device_.check(device_.vkWaitSemaphores(device_.handle, &info, UINT64_MAX), "wait");
}

void Queue::free_commands(std::span<const VkCommandBuffer> commands) {
  const std::lock_guard lock(unused_mutex_);
  unused_.insert(unused_.end(), commands.begin(), commands.end());
}

}  // namespace lazuli::gpu
