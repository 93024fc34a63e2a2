// See recorder.h.
#include "recorder.h"

#include <algorithm>
#include <utility>

#include "guard.h"

namespace lazuli::gpu {
namespace {

/// So that a submission can be cut into pieces that end soon, also on slow devices.
constexpr int kDispatchesPerBuffer = 32;
constexpr int64_t kConstantBlock = 64 << 10;
constexpr int64_t kScratchBlock = 1 << 20;
constexpr int64_t kMostGroups = 65535;
/// Stands for an address while memory is only counted.
constexpr uint64_t kMeasured = uint64_t{1} << 60;

uint64_t address_of(const TensorView& tensor) { return reinterpret_cast<uint64_t>(tensor.data); }

}  // namespace

Groups groups_for(int64_t count, int64_t per_group) {
  const int64_t groups = std::max<int64_t>((count + per_group - 1) / per_group, 1);
  if (groups <= kMostGroups) return {static_cast<uint32_t>(groups), 1, 1};
  const int64_t rows = (groups + kMostGroups - 1) / kMostGroups;
  if (rows > kMostGroups) throw OpError("GPU: too many elements");
  return {static_cast<uint32_t>((groups + rows - 1) / rows), static_cast<uint32_t>(rows), 1};
}

Recorder::Recorder(Device& device, Recording kind) : device_(device), kind_(kind) {
  if (is_measured()) return;
  status_ = device.memory().take(MemoryKind::shared, sizeof(Status));
  status() = Status{};
}

Recorder::~Recorder() { device_.queue().free_commands(buffers_); }

VkCommandBuffer Recorder::commands() {
  if (is_open_ && dispatches_ >= kDispatchesPerBuffer && kind_ == Recording::whole) {
    device_.queue().end_commands(buffers_.back());
    is_open_ = false;
  }
  if (!is_open_) {
    buffers_.push_back(device_.begin_commands(Barrier::kernels));
    tracked_.clear();
    dispatches_ = 0;
    is_open_ = true;
  }
  return buffers_.back();
}

void Recorder::begin(uint32_t instruction) {
  instruction_ = instruction;
  scratch_.used = 0;
  instruction_ranges_.clear();
  instruction_constants_.clear();
  if (kind_ != Recording::split) return;
  if (is_open_) device_.queue().end_commands(buffers_.back());
  is_open_ = false;
  commands();
}

void Recorder::uses(const TensorView& tensor, bool is_written) {
  if (!tensor.present()) return;
  const uint64_t begin = address_of(tensor);
  const auto bytes = static_cast<uint64_t>(tensor.numel()) * element_size(tensor.dtype);
  use(begin, begin + bytes, is_written);
}

void Recorder::use(uint64_t begin, uint64_t end, bool is_written) {
  const bool has_hazard = std::any_of(tracked_.begin(), tracked_.end(), [&](const Range& other) {
    return (is_written || other.is_written) && begin < other.end && other.begin < end;
  });
  if (has_hazard) barrier();
  instruction_ranges_.push_back({begin, end, is_written});
}

void Recorder::end() { tracked_.insert(tracked_.end(), instruction_ranges_.begin(), instruction_ranges_.end()); }

void Recorder::barrier() {
  if (!is_open_) return;
  device_.barrier(buffers_.back(), Barrier::kernels);
  tracked_.clear();
}

void Recorder::dispatch(const std::string& kernel, const std::vector<uint32_t>& constants, const Push& push,
                        Groups groups) {
  if (!is_measured()) dispatch(device_.pipeline(kernel, constants), push, groups);
}

void Recorder::dispatch(VkPipeline pipeline, const Push& push, Groups groups) {
  if (groups.x == 0 || groups.y == 0 || groups.z == 0) return;
  if (groups.y > kMostGroups || groups.z > kMostGroups || groups.x > INT32_MAX)
    throw OpError("GPU: too many workgroups");
  const VkCommandBuffer buffer = commands();
  if (device_.guard() != nullptr) write_guard(buffer);
  device_.vkCmdBindPipeline(buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  device_.vkCmdPushConstants(buffer, device_.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, push.size(), push.data());
  device_.vkCmdDispatch(buffer, groups.x, groups.y, groups.z);
  ++dispatches_;
}

void Recorder::write_guard(VkCommandBuffer buffer) {
  std::vector<Range> ranges = instruction_ranges_;
  ranges.insert(ranges.end(), instruction_constants_.begin(), instruction_constants_.end());
  ranges.push_back({status_->address(), status_->address() + sizeof(Status), true});
  if (static_cast<int64_t>(ranges.size()) > kGuardRanges) throw OpError("GPU: too many tensors to check");
  std::vector<GuardRange> pieces;
  for (const Range& range : ranges) {
    // Kernels read whole words, and vectors at the end of a tensor.
    const uint64_t begin = range.begin / 4 * 4, end = (range.end + 15) / 16 * 16;
    pieces.push_back({begin, static_cast<uint32_t>(std::min<uint64_t>(end - begin, UINT32_MAX)), 0});
  }
  const GuardHead head{static_cast<uint32_t>(pieces.size()), instruction_, status_->address()};
  const Allocation& table = *device_.guard();
  device_.barrier(buffer);
  device_.vkCmdUpdateBuffer(buffer, table.buffer(), table.offset(), sizeof head, &head);
  device_.vkCmdUpdateBuffer(buffer, table.buffer(), table.offset() + sizeof head, pieces.size() * sizeof(GuardRange), pieces.data());
  device_.barrier(buffer);
}

void Recorder::dispatch_elements(const std::string& kernel, const std::vector<uint32_t>& constants, const Push& push,
                                 int64_t count, int64_t per_group) {
  if (count > 0) dispatch(kernel, constants, push, groups_for(count, per_group));
}

uint64_t Recorder::take(Blocks& blocks, int64_t bytes, std::byte** mapped) {
  bytes = (std::max<int64_t>(bytes, 1) + 63) / 64 * 64;
  if (blocks.used + bytes > blocks.room) {
    const int64_t least = blocks.kind == MemoryKind::shared ? kConstantBlock : kScratchBlock;
    blocks.room = std::max(bytes, least);
    blocks.used = 0;
    own_bytes_ += blocks.room;
    if (!is_measured()) blocks.taken.push_back(device_.memory().take(blocks.kind, blocks.room));
  }
  const int64_t at = std::exchange(blocks.used, blocks.used + bytes);
  // No kernel looks at it.
  if (is_measured()) return kMeasured + static_cast<uint64_t>(at);
  const Allocation& block = *blocks.taken.back();
  if (mapped != nullptr) *mapped = block.mapped() + at;
  return block.address() + static_cast<uint64_t>(at);
}

uint64_t Recorder::scratch(int64_t bytes) {
  const uint64_t address = take(scratch_, bytes, nullptr);
  use(address, address + static_cast<uint64_t>(bytes), true);
  return address;
}

uint64_t Recorder::constants(const void* data, size_t bytes) {
  std::byte* mapped = nullptr;
  const uint64_t address = take(constants_, static_cast<int64_t>(bytes), &mapped);
  if (mapped != nullptr) std::memcpy(mapped, data, bytes);
  instruction_constants_.push_back({address, address + bytes, false});
  return address;
}

const std::vector<VkCommandBuffer>& Recorder::finish() {
  if (is_open_) device_.queue().end_commands(buffers_.back());
  is_open_ = false;
  return buffers_;
}

}  // namespace lazuli::gpu
