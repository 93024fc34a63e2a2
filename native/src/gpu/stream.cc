// See stream.h.
#include "stream.h"

#include <algorithm>
#include <cstring>

namespace lazuli::gpu {
namespace {

/// Tables of one program.
constexpr int64_t kMostTables = 64;
constexpr int64_t kWord = sizeof(int64_t);

int64_t row_bytes_of(const BufferSpec& data) {
  auto bytes = static_cast<int64_t>(element_size(data.dtype));
  for (size_t axis = 1; axis < data.shape.size(); ++axis) bytes *= data.shape[axis];
  return bytes;
}

void copy_from(Device& device, const DevicePlace& from, int64_t offset, std::vector<int64_t>& to) {
  const auto bytes = static_cast<int64_t>(to.size()) * kWord;
  if (bytes == 0) return;
  offset += from.offset;
  if (const std::byte* mapped = from.memory->mapped())
    std::memcpy(to.data(), mapped + offset, static_cast<size_t>(bytes));
  else
    device.copy_out(*from.memory, offset, reinterpret_cast<std::byte*>(to.data()), bytes);
}

std::byte* pointer_to(uint64_t address) { return reinterpret_cast<std::byte*>(address); }

}  // namespace

Stream::~Stream() {
  if (commands_[0] != VK_NULL_HANDLE) device_->queue().free_commands(commands_);
  if (copies_[0] != VK_NULL_HANDLE) device_->copies()->free_commands(copies_);
}

int64_t Stream::bytes_of(const BufferSpec& data, int64_t batch, Device& device) {
  const int64_t both = 2 * batch * row_bytes_of(data);
  return device.memory().is_counted(MemoryKind::staging) ? 2 * both : both;
}

void Stream::add(Taking taking, const DevicePlace& index, int64_t length, const DevicePlace& cursor) {
  if (static_cast<int64_t>(tables_.size()) == kMostTables) throw OpError("GPU: too many tables in the host's memory");
  const auto same = [&](const Order& order) {
    return order.index.memory == index.memory && order.index.offset == index.offset &&
           order.cursor.memory == cursor.memory && order.cursor.offset == cursor.offset;
  };
  const auto found = std::find_if(orders_.begin(), orders_.end(), same);
  const auto order = static_cast<size_t>(found - orders_.begin());
  if (found == orders_.end()) orders_.push_back({index, cursor, length, taking.stride, 0, {}});
  const int64_t batch = taking.batch, bytes = row_bytes_of(taking.data), both = 2 * batch * bytes;
  DeviceMemory& memory = device_->memory();
  tables_.push_back({std::move(taking), order, bytes, memory.take(MemoryKind::device, both),
                     memory.take(MemoryKind::staging, both)});
  if (batch <= longest_) return;
  longest_ = batch;
  turns_ = memory.take(MemoryKind::shared, (kMostTables + 2 * longest_) * kWord);
  auto* words = reinterpret_cast<int64_t*>(turns_->mapped());
  std::fill_n(words, kMostTables, 0);
  for (int64_t i = 0; i < 2 * longest_; ++i) words[kMostTables + i] = i;
}

std::vector<TensorView> Stream::inputs_of(size_t at) const {
  const Table& table = tables_[at];
  const int64_t both = 2 * table.taking.batch;
  std::vector<int64_t> shape = table.taking.data.shape;
  shape[0] = both;
  const uint64_t turns = turns_->address();
  return {{pointer_to(table.slots->address()), table.taking.data.dtype, shape},
          {pointer_to(turns + static_cast<uint64_t>(kMostTables * kWord)), DType::int64, {both}},
          {pointer_to(turns + at * sizeof(int64_t)), DType::int64, {}}};
}

void Stream::record() {
  for (size_t place = 0; place < 2; ++place) {
    const VkCommandBuffer commands = commands_[place] = device_->begin_commands(Barrier::all);
    for (size_t at = 0; at < tables_.size(); ++at)
      device_->vkCmdFillBuffer(commands, turns_->buffer(), turns_->offset() + at * sizeof(int64_t), 4,
                               static_cast<uint32_t>(static_cast<int64_t>(place) * tables_[at].taking.batch));
    device_->barrier(commands, Barrier::all);
    // No kernel of this step waits for it: the next step's commands begin with a barrier to copies.
    if (device_->copies() == nullptr) copy(commands, 1 - place);
    device_->queue().end_commands(commands);
    if (device_->copies() == nullptr) continue;
    copies_[place] = device_->copies()->begin_commands();
    copy(copies_[place], place);
    device_->copies()->end_commands(copies_[place]);
  }
}

Stream::Lead Stream::lead() {
  if (Queue* copies = device_->copies()) {
    // Its place was read by the step before this one, last of what was submitted.
    const Queue& kernels = device_->queue();
    copied_[1 - turn_] = copies->submit({&copies_[1 - turn_], 1}, &kernels, kernels.submitted());
  }
  return {commands_[turn_], copied_[turn_]};
}

void Stream::settle() const {
  if (const Queue* copies = device_->copies()) copies->wait(copies->submitted());
}

void Stream::copy(VkCommandBuffer commands, size_t place) const {
  for (const Table& table : tables_) {
    const auto bytes = static_cast<VkDeviceSize>(table.taking.batch * table.row_bytes), at = place * bytes;
    if (bytes == 0) continue;
    const VkBufferCopy region{table.staging->offset() + at, table.slots->offset() + at, bytes};
    device_->vkCmdCopyBuffer(commands, table.staging->buffer(), table.slots->buffer(), 1, &region);
  }
}

void Stream::read(Order& order, int64_t count) {
  std::vector<int64_t> cursor(1);
  copy_from(*device_, order.cursor, 0, cursor);
  order.first = cursor[0];
  const int64_t begin = std::clamp<int64_t>(order.first, 0, order.length);
  order.rows.resize(static_cast<size_t>(std::min(count, order.length - begin)));
  copy_from(*device_, order.index, begin * kWord, order.rows);
}

Stream::Batch Stream::batch_of(int64_t step) const {
  Batch batch;
  const auto refuse = [&](const Table& table, const std::string& what) {
    batch = {};
    batch.error = "instruction " + std::to_string(table.taking.instruction) + ", take_rows: " + what;
    return batch;
  };
  for (const Table& table : tables_) {
    const Order& order = orders_[table.order];
    const Taking& taking = table.taking;
    const int64_t cursor = order.first + step * order.stride + taking.moved;
    if (cursor < 0 || cursor + taking.batch > order.length)
      return refuse(table, "cursor: expected that the batch's rows are left, got " + std::to_string(cursor));
    for (int64_t i = 0; i < taking.batch; ++i) {
      const int64_t row = order.rows[static_cast<size_t>(cursor - order.first + i)];
      if (row < 0 || row >= taking.data.shape[0])
        return refuse(table, "index[" + std::to_string(cursor + i) + "]: expected a row of the table, got " +
                                 std::to_string(row));
      batch.rows.push_back(row);
    }
    batch.blocks.push_back(table.kept->block());
  }
  return batch;
}

void Stream::gather(Batch batch, size_t place) {
  size_t next = 0;
  for (size_t at = 0; at < tables_.size() && batch.error.empty(); ++at) {
    const Table& table = tables_[at];
    const auto bytes = static_cast<size_t>(table.row_bytes);
    const std::byte* from = batch.blocks[at]->data() + table.taking.data.offset;
    std::byte* to = table.staging->mapped() + place * static_cast<size_t>(table.taking.batch) * bytes;
    const size_t end = next + static_cast<size_t>(table.taking.batch);
    while (next < end) {
      // Neighbours go together: rows in order are one copy.
      size_t last = next + 1;
      while (last < end && batch.rows[last] == batch.rows[last - 1] + 1) ++last;
      const size_t length = (last - next) * bytes;
      std::memcpy(to, from + static_cast<size_t>(batch.rows[next]) * bytes, length);
      to += length;
      next = last;
    }
  }
  staged_[place] = std::move(batch);
}

void Stream::start(int64_t steps) {
  step_ = 0;
  if (commands_[0] == VK_NULL_HANDLE) record();
  for (Order& order : orders_) read(order, (steps + 2) * order.stride + longest_);
  for (Table& table : tables_) {
    const Storage& data = *table.taking.data.storage;
    if (!table.kept || table.kept->block() != data.block()) table.kept = data.copy();
  }
  Batch first = batch_of(0);
  // An earlier run left what comes next, or what it took last.
  if (!placed_[turn_].is_of(first) && placed_[1 - turn_].is_of(first)) turn_ = 1 - turn_;
  if (!placed_[turn_].is_of(first)) {
    gather(std::move(first), turn_);
    placed_[turn_] = staged_[turn_];
    if (placed_[turn_].error.empty())
      device_->run_once([&](VkCommandBuffer commands) {
        copy(commands, turn_);
        device_->barrier(commands, Barrier::all);
      });
  }
  Batch second = batch_of(1);
  if (!staged_[1 - turn_].is_of(second)) gather(std::move(second), 1 - turn_);
}

void Stream::check() const {
  if (!placed_[turn_].error.empty()) throw OpError(placed_[turn_].error);
}

void Stream::next() {
  // This step's rows left the staging memory that the next but one's come into.
  if (const Queue* copies = device_->copies()) copies->wait(copied_[turn_]);
  placed_[1 - turn_] = staged_[1 - turn_];
  gather(batch_of(++step_ + 1), turn_);
  turn_ = 1 - turn_;
}

}  // namespace lazuli::gpu
