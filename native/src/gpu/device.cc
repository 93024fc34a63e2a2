// See device.h.
#include "device.h"

#include <algorithm>
#include <cstring>

#include "guard.h"
#include "ops/units.h"
#include "specialize.h"
#include "spirv.h"

namespace lazuli::gpu {
namespace {

/// What every device guarantees.
constexpr uint32_t kPushBytes = 128;
constexpr int64_t kStagingBytes = 8 << 20;
/// Kernels for matrix units count on the size of subgroups.
constexpr const char* kUnitsKernels = "product_units";

}  // namespace

std::shared_ptr<Device> Device::open(const DeviceDescription& description, const DeviceOptions& options) {
  const std::shared_ptr<Device> device(new Device());
  // A wish that cannot be read is told here: a device without matrix units would never look at it.
  wished_tiles();
  const Instance& instance = Instance::get();
  device->description_ = description;
  device->must_stage_ = options.must_stage;
  device->has_short_kernels_ = description.is_software && !options.is_as_on_hardware;
  const float priorities[] = {1, 1};
  std::vector<VkDeviceQueueCreateInfo> queues{
      {VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, nullptr, 0, description.queue_family, 1, priorities}};
  device->families_ = {description.queue_family};
  if (options.copy_queue == CopyQueue::automatic && description.copy_family) {
    device->families_.push_back(*description.copy_family);
    queues.push_back({VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, nullptr, 0, *description.copy_family, 1, priorities});
  } else if (options.copy_queue == CopyQueue::apart) {
    queues[0].queueCount = std::min<uint32_t>(description.queue_count, 2);
  }
  VkPhysicalDeviceVulkan12Features v12{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
  v12.bufferDeviceAddress = v12.timelineSemaphore = VK_TRUE;
  VkPhysicalDeviceVulkan11Features v11{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, &v12};
  v11.storageBuffer16BitAccess = description.has_storage16 ? VK_TRUE : VK_FALSE;
  const bool has_half = description.half_units.m > 0, has_brain = description.brain_units.m > 0;
  Bfloat16Features brain{kBfloat16Features, &v11, has_brain, VK_FALSE, has_brain};
  CooperativeMatrixFeatures matrix{kCooperativeMatrixFeatures, has_brain ? static_cast<void*>(&brain) : &v11, VK_TRUE};
  VkPhysicalDeviceVulkan13Features v13{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES, &matrix};
  v13.subgroupSizeControl = v13.computeFullSubgroups = description.must_fix_subgroups ? VK_TRUE : VK_FALSE;
  VkPhysicalDeviceFeatures2 features{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &v11};
  std::vector<const char*> extensions;
  if (has_half || has_brain) {
    v12.vulkanMemoryModel = VK_TRUE;
    v12.shaderFloat16 = has_half ? VK_TRUE : VK_FALSE;
    features.pNext = &v13;
    extensions.push_back("VK_KHR_cooperative_matrix");
    if (has_brain) extensions.push_back("VK_KHR_shader_bfloat16");
  }
  VkDeviceCreateInfo info{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, &features};
  info.queueCreateInfoCount = static_cast<uint32_t>(queues.size());
  info.pQueueCreateInfos = queues.data();
  info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  const VkResult result = instance.vkCreateDevice(description.handle, &info, nullptr, &device->handle);
  if (result != VK_SUCCESS)
    throw OpError("the GPU '" + description.name + "' does not open: " + result_text(result));
#define LAZULI_VK_LOAD(name) \
  device->name = reinterpret_cast<PFN_##name>(instance.vkGetDeviceProcAddr(device->handle, #name));
  LAZULI_VK_DEVICE(LAZULI_VK_LOAD)
#undef LAZULI_VK_LOAD
  device->open_queues(options.copy_queue);
  const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, 0, kPushBytes};
  VkPipelineLayoutCreateInfo layout{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &range;
  device->check(device->vkCreatePipelineLayout(device->handle, &layout, nullptr, &device->layout_), "layout");
  VkPipelineCacheCreateInfo cache{VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  cache.initialDataSize = options.pipeline_cache.size();
  cache.pInitialData = options.pipeline_cache.data();
  if (device->vkCreatePipelineCache(device->handle, &cache, nullptr, &device->cache_) != VK_SUCCESS) {
    cache.initialDataSize = 0;  // one the driver rejects is as good as none
    device->check(device->vkCreatePipelineCache(device->handle, &cache, nullptr, &device->cache_), "cache");
  }
  device->memory_ = std::make_unique<DeviceMemory>(*device);
  // Kernels add to the low word of the table's address alone.
  const auto is_usable = [](const AllocationPointer& guard) {
    return guard && static_cast<uint32_t>(guard->address()) <= UINT32_MAX - kGuardBytes;
  };
  while (options.is_checked && !is_usable(device->guard_))
    device->guard_ = device->memory_->take_for_device(MemoryKind::device, kGuardBytes);
  return device;
}

void Device::open_queues(CopyQueue copy_queue) {
  const auto get = [&](uint32_t family, uint32_t index) {
    VkQueue found = VK_NULL_HANDLE;
    vkGetDeviceQueue(handle, family, index, &found);
    return found;
  };
  const uint32_t own = description_.queue_family;
  queue_ = std::make_unique<Queue>(*this, get(own, 0), own);
  queue_->open();
  if (families_.size() > 1)
    copies_ = std::make_unique<Queue>(*this, get(families_[1], 0), families_[1]);
  else if (copy_queue == CopyQueue::apart)
    copies_ = std::make_unique<Queue>(*this, get(own, description_.queue_count > 1 ? 1 : 0), own);
  if (copies_) copies_->open();
}

Device::~Device() {
  if (handle == VK_NULL_HANDLE) return;
  vkDeviceWaitIdle(handle);
  for (const auto& [_, pipeline] : pipelines_) vkDestroyPipeline(handle, pipeline, nullptr);
  vkDestroyPipelineCache(handle, cache_, nullptr);
  vkDestroyPipelineLayout(handle, layout_, nullptr);
  queue_.reset();
  copies_.reset();
  memory_.reset();
  vkDestroyDevice(handle, nullptr);
}

void Device::check(VkResult result, const char* what) {
  if (result == VK_SUCCESS) return;
  if (result == VK_ERROR_DEVICE_LOST) {
    is_lost_ = true;
    throw DeviceLost("the GPU '" + description_.name + "' was lost (" + what + ")");
  }
  const std::string text = std::string("GPU: ") + what + ": " + result_text(result);
  if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY) throw OutOfMemory(text);
  throw OpError(text);
}

void Device::check_presence() {
  if (must_lose_.exchange(false) || is_lost_) check(VK_ERROR_DEVICE_LOST, "submit");
}

VkPipeline Device::pipeline(const std::string& kernel, const std::vector<uint32_t>& constants) {
  VkPipeline& found = pipelines_[{kernel, constants}];
  if (found == VK_NULL_HANDLE) {
    const std::span<const uint32_t> words = find_spirv(kernel);
    if (words.empty()) throw OpError("GPU: there is no kernel '" + kernel + "'");
    found = make_pipeline(words, constants, description_.must_fix_subgroups && kernel.starts_with(kUnitsKernels));
  }
  return found;
}

VkPipeline Device::pipeline_of(const std::string& name, const std::function<std::vector<uint32_t>()>& make) {
  VkPipeline& found = pipelines_[{name, {}}];
  if (found == VK_NULL_HANDLE) found = make_pipeline(make(), {}, false);
  return found;
}

VkPipeline Device::make_pipeline(std::span<const uint32_t> words, const std::vector<uint32_t>& constants,
                                 bool has_fixed_subgroups) {
  std::vector<uint32_t> plain, checked;
  if (has_short_kernels_) words = plain = specialized(words, constants);
  if (guard_) words = checked = guarded(words, guard_->address());
  VkShaderModuleCreateInfo module{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  module.codeSize = words.size_bytes();
  module.pCode = words.data();
  VkShaderModule shader = VK_NULL_HANDLE;
  check(vkCreateShaderModule(handle, &module, nullptr, &shader), "kernel");
  std::vector<VkSpecializationMapEntry> entries;
  for (uint32_t i = 0; i < constants.size(); ++i) entries.push_back({i, i * 4, 4});
  const VkSpecializationInfo specialization{static_cast<uint32_t>(entries.size()), entries.data(),
                                            constants.size() * 4, constants.data()};
  VkComputePipelineCreateInfo info{VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  info.stage = {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO, nullptr, 0, VK_SHADER_STAGE_COMPUTE_BIT,
                shader, "main", has_short_kernels_ ? nullptr : &specialization};
  const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo size{
      VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO, nullptr, description_.subgroup_size};
  if (has_fixed_subgroups) {
    info.stage.pNext = &size;
    info.stage.flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
  }
  info.layout = layout_;
  VkPipeline pipeline = VK_NULL_HANDLE;
  const VkResult result = vkCreateComputePipelines(handle, cache_, 1, &info, nullptr, &pipeline);
  vkDestroyShaderModule(handle, shader, nullptr);
  check(result, "pipeline");
  return pipeline;
}

VkCommandBuffer Device::begin_commands(Barrier kind) {
  const VkCommandBuffer commands = queue_->begin_commands();
  barrier(commands, kind);
  return commands;
}

void Device::run_once(const std::function<void(VkCommandBuffer)>& body) {
  const VkCommandBuffer commands = begin_commands();
  try {
    body(commands);
    queue_->end_commands(commands);
    queue_->wait(queue_->submit({&commands, 1}));
  } catch (...) {
    queue_->free_commands({&commands, 1});
    throw;
  }
  queue_->free_commands({&commands, 1});
}

void Device::barrier(VkCommandBuffer commands, Barrier kind) const {
  const VkMemoryBarrier memory{VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr,
                               VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_MEMORY_READ_BIT,
                               VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_MEMORY_READ_BIT};
  constexpr VkPipelineStageFlags kernels = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_HOST_BIT;
  const VkPipelineStageFlags stages =
      kind == Barrier::all ? kernels | VK_PIPELINE_STAGE_TRANSFER_BIT : kernels;
  vkCmdPipelineBarrier(commands, stages, stages, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

void Device::copy_in(const Allocation& to, int64_t offset, const std::byte* from, int64_t bytes) {
  const AllocationPointer staging = memory_->take(MemoryKind::staging, std::min(kStagingBytes, bytes));
  const Allocation& between = *staging;
  for (int64_t done = 0; done < bytes; done += kStagingBytes) {
    const int64_t size = std::min(kStagingBytes, bytes - done);
    std::memcpy(between.mapped(), from + done, static_cast<size_t>(size));
    run_once([&](VkCommandBuffer commands) {
      const VkBufferCopy region{between.offset(), to.offset() + static_cast<VkDeviceSize>(offset + done),
                                static_cast<VkDeviceSize>(size)};
      vkCmdCopyBuffer(commands, between.buffer(), to.buffer(), 1, &region);
      barrier(commands);
    });
  }
}

void Device::copy_out(const Allocation& from, int64_t offset, std::byte* to, int64_t bytes) {
  const AllocationPointer staging = memory_->take(MemoryKind::staging, std::min(kStagingBytes, bytes));
  const Allocation& between = *staging;
  for (int64_t done = 0; done < bytes; done += kStagingBytes) {
    const int64_t size = std::min(kStagingBytes, bytes - done);
    run_once([&](VkCommandBuffer commands) {
      const VkBufferCopy region{from.offset() + static_cast<VkDeviceSize>(offset + done), between.offset(),
                                static_cast<VkDeviceSize>(size)};
      vkCmdCopyBuffer(commands, from.buffer(), between.buffer(), 1, &region);
      barrier(commands);
    });
    std::memcpy(to + done, between.mapped(), static_cast<size_t>(size));
  }
}

void Device::zero(const Allocation& allocation) {
  run_once([&](VkCommandBuffer commands) {
    const auto bytes = static_cast<VkDeviceSize>(std::max<int64_t>((allocation.bytes() + 3) / 4 * 4, 4));
    vkCmdFillBuffer(commands, allocation.buffer(), allocation.offset(), bytes, 0);
    barrier(commands);
  });
}

std::vector<std::byte> Device::pipeline_cache() {
  size_t size = 0;
  if (vkGetPipelineCacheData(handle, cache_, &size, nullptr) != VK_SUCCESS) return {};
  std::vector<std::byte> data(size);
  if (vkGetPipelineCacheData(handle, cache_, &size, data.data()) != VK_SUCCESS) return {};
  data.resize(size);
  return data;
}

}  // namespace lazuli::gpu
