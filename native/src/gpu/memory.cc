// Device memory in blocks; see device.h.
#include <algorithm>

#include "../ops/faults.h"
#include "device.h"

namespace lazuli::gpu {
namespace {

constexpr VkDeviceSize kUnit = 256;
VkDeviceSize round_up(VkDeviceSize bytes) { return (bytes + kUnit - 1) / kUnit * kUnit; }

}  // namespace

struct DeviceMemory::Pool {
  MemoryKind kind;
  uint32_t type = 0;
  bool is_mapped = false;
  bool is_device = false;  // counted against the device's budget
  VkDeviceSize block_bytes = 0;
  std::vector<std::unique_ptr<Allocation::Block>> blocks;
};

/// One buffer over one piece of the driver's memory, and what of it is free.
struct Allocation::Block {
  DeviceMemory::Pool* pool = nullptr;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer buffer = VK_NULL_HANDLE;
  uint64_t address = 0;
  std::byte* mapped = nullptr;
  VkDeviceSize bytes = 0;
  std::map<VkDeviceSize, VkDeviceSize> free;  // offset to size
};

uint64_t Allocation::address() const { return block_->address + offset_; }
std::byte* Allocation::mapped() const {
  return block_->mapped == nullptr ? nullptr : block_->mapped + offset_;
}
VkBuffer Allocation::buffer() const { return block_->buffer; }
Allocation::~Allocation() {
  if (device_) device_->memory().give(*this);
}

DeviceMemory::DeviceMemory(Device& device) : device_(device), budget_(0) {
  VkPhysicalDeviceMemoryProperties2 query{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};
  Instance::get().vkGetPhysicalDeviceMemoryProperties2(device.description().handle, &query);
  const VkPhysicalDeviceMemoryProperties& memory = query.memoryProperties;
  const auto find = [&](std::initializer_list<VkMemoryPropertyFlags> wishes, VkMemoryPropertyFlags without) {
    for (const VkMemoryPropertyFlags wish : wishes)
      for (uint32_t type = 0; type < memory.memoryTypeCount; ++type) {
        const VkMemoryPropertyFlags flags = memory.memoryTypes[type].propertyFlags;
        if ((flags & wish) == wish && (flags & without) == 0) return type;
      }
    throw OpError("the device has no memory of a kind that is needed");
  };
  constexpr VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
                                  visible = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                                  cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  const VkMemoryPropertyFlags odd =
      VK_MEMORY_PROPERTY_PROTECTED_BIT | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT | 0x40 | 0x80 /* AMD coherent */;
  const uint32_t device_type = find({local}, odd);
  const bool is_mapped = (memory.memoryTypes[device_type].propertyFlags & visible) == visible;
  is_unified_ = is_mapped && device.description().type != "discrete" && !device.must_stage();
  const bool is_large = device.description().memory > (int64_t{4} << 30) && !device.description().is_software;
  const auto add = [&](MemoryKind kind, uint32_t type, bool mapped, VkDeviceSize block) {
    auto pool = std::make_unique<Pool>();
    const uint32_t heap = memory.memoryTypes[type].heapIndex;
    *pool = {kind, type, mapped, (memory.memoryHeaps[heap].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0, block, {}};
    pools_.push_back(std::move(pool));
  };
  add(MemoryKind::device, device_type, is_unified_, (is_large ? 64 : 4) << 20);
  add(MemoryKind::shared, find({local | visible, visible}, odd), true, 2 << 20);
  add(MemoryKind::staging, find({visible | cached, visible}, odd), true, 8 << 20);
  budget_.set_limit(device.description().budget);
}

DeviceMemory::~DeviceMemory() {
  for (const auto& pool : pools_)
    for (const auto& block : pool->blocks) {
      device_.vkDestroyBuffer(device_.handle, block->buffer, nullptr);
      device_.vkFreeMemory(device_.handle, block->memory, nullptr);
    }
}

bool DeviceMemory::is_counted(MemoryKind kind) const { return pools_[static_cast<size_t>(kind)]->is_device; }

AllocationPointer DeviceMemory::take(MemoryKind kind, int64_t bytes) {
  if (bytes < 0 || bytes > (int64_t{1} << 46))
    throw OutOfMemory("not enough GPU memory: " + std::to_string(bytes) + " bytes needed");
  const std::lock_guard lock(mutex_);
  trigger_fault(FaultPlace::allocate);
  Pool& pool = *pools_[static_cast<size_t>(kind)];
  // Whole 16-byte pieces lie inside, so that kernels may read vectors at the end.
  const VkDeviceSize size = round_up(std::max<VkDeviceSize>(static_cast<VkDeviceSize>(bytes), 16));
  Allocation::Block* found = nullptr;
  VkDeviceSize at = 0;
  for (const auto& block : pool.blocks) {
    for (const auto& [offset, room] : block->free)
      if (room >= size) {
        found = block.get();
        at = offset;
        break;
      }
    if (found != nullptr) break;
  }
  if (found == nullptr) {
    found = grow(pool, size);
    at = 0;
  }
  const VkDeviceSize room = found->free[at];
  found->free.erase(at);
  if (room > size) found->free[at + size] = room - size;
  AllocationPointer allocation(new Allocation());
  allocation->device_ = device_.shared_from_this();
  allocation->block_ = found;
  allocation->offset_ = at;
  allocation->size_ = size;
  allocation->bytes_ = bytes;
  return allocation;
}

AllocationPointer DeviceMemory::take_for_device(MemoryKind kind, int64_t bytes) {
  AllocationPointer allocation = take(kind, bytes);
  allocation->device_.reset();
  return allocation;
}

Allocation::Block* DeviceMemory::grow(Pool& pool, VkDeviceSize size) {
  const VkDeviceSize bytes = size > pool.block_bytes / 4 ? size : pool.block_bytes;
  const auto charged = static_cast<int64_t>(bytes);
  if (pool.is_device) {
    try {
      budget_.take(charged);
    } catch (const OutOfMemory& error) {
      throw OutOfMemory(std::string("GPU memory: ") + error.what());
    }
  }
  auto block = std::make_unique<Allocation::Block>();
  block->pool = &pool;
  block->bytes = bytes;
  try {
    VkBufferCreateInfo buffer{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
    buffer.size = bytes;
    buffer.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                   VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
    if (const auto families = device_.families(); families.size() > 1) {
      buffer.sharingMode = VK_SHARING_MODE_CONCURRENT;
      buffer.queueFamilyIndexCount = static_cast<uint32_t>(families.size());
      buffer.pQueueFamilyIndices = families.data();
    }
    VkResult result = device_.vkCreateBuffer(device_.handle, &buffer, nullptr, &block->buffer);
    if (result == VK_SUCCESS) {
      VkMemoryRequirements needs{};
      device_.vkGetBufferMemoryRequirements(device_.handle, block->buffer, &needs);
      VkMemoryAllocateFlagsInfo flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, nullptr,
                                      VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT, 0};
      VkMemoryAllocateInfo info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &flags, needs.size, pool.type};
      result = device_.vkAllocateMemory(device_.handle, &info, nullptr, &block->memory);
    }
    if (result == VK_SUCCESS)
      result = device_.vkBindBufferMemory(device_.handle, block->buffer, block->memory, 0);
    if (result == VK_SUCCESS && pool.is_mapped)
      result = device_.vkMapMemory(device_.handle, block->memory, 0, VK_WHOLE_SIZE, 0,
                                   reinterpret_cast<void**>(&block->mapped));
    if (result != VK_SUCCESS)
      throw OutOfMemory("not enough GPU memory: the driver refused " + std::to_string(charged) + " bytes (" +
                        result_text(result) + ")");
  } catch (...) {
    if (block->buffer != VK_NULL_HANDLE) device_.vkDestroyBuffer(device_.handle, block->buffer, nullptr);
    if (block->memory != VK_NULL_HANDLE) device_.vkFreeMemory(device_.handle, block->memory, nullptr);
    if (pool.is_device) budget_.give(charged);
    throw;
  }
  VkBufferDeviceAddressInfo address{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, nullptr, block->buffer};
  block->address = device_.vkGetBufferDeviceAddress(device_.handle, &address);
  block->free[0] = bytes;
  pool.blocks.push_back(std::move(block));
  return pool.blocks.back().get();
}

void DeviceMemory::give(Allocation& allocation) {
  const std::lock_guard lock(mutex_);
  auto& free = allocation.block_->free;
  auto [place, _] = free.emplace(allocation.offset_, allocation.size_);
  if (const auto next = std::next(place); next != free.end() && place->first + place->second == next->first) {
    place->second += next->second;
    free.erase(next);
  }
  if (place != free.begin()) {
    const auto before = std::prev(place);
    if (before->first + before->second == place->first) {
      before->second += place->second;
      free.erase(place);
      place = before;
    }
  }
  // The staging block stays: every copy takes from it.
  const bool is_kept = allocation.block_->pool->kind == MemoryKind::staging;
  if (place->second == allocation.block_->bytes && !is_kept) free_block(allocation.block_);
}

void DeviceMemory::free_block(Allocation::Block* block) {
  Pool& pool = *block->pool;
  device_.vkDestroyBuffer(device_.handle, block->buffer, nullptr);
  device_.vkFreeMemory(device_.handle, block->memory, nullptr);
  if (pool.is_device) budget_.give(static_cast<int64_t>(block->bytes));
  std::erase_if(pool.blocks, [&](const auto& each) { return each.get() == block; });
}

}  // namespace lazuli::gpu
