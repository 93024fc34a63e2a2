// See program.h.
#include "program.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "../ops/faults.h"

namespace lazuli::gpu {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kSubmitSeconds = 0.03;
/// Command buffers of one submission, at most.
constexpr int64_t kMostBuffers = 4096;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

const GpuOp& resolve(const InstructionSpec& spec) {
  const GpuOp* op = find_gpu_op(spec.op);
  if (op == nullptr) throw OpError("the GPU has no kernel for the op '" + spec.op + "'; use the CPU");
  const auto inputs = static_cast<int>(spec.inputs.size()), outputs = static_cast<int>(spec.outputs.size());
  if (inputs < op->least_inputs || inputs > op->most_inputs)
    throw OpError(spec.op + ": inputs: expected " + std::to_string(op->least_inputs) + " to " +
                  std::to_string(op->most_inputs) + ", got " + std::to_string(inputs));
  if (outputs != op->outputs)
    throw OpError(spec.op + ": outputs: expected " + std::to_string(op->outputs) + ", got " + std::to_string(outputs));
  return *op;
}

}  // namespace

GpuProgram::GpuProgram(std::shared_ptr<Device> device, std::vector<GpuBuffer> buffers,
                       std::vector<InstructionSpec> instructions, int64_t arena_bytes)
    : device_(std::move(device)), buffers_(std::move(buffers)) {
  if (device_->is_lost()) throw DeviceLost("the GPU '" + device_->description().name + "' was lost");
  arena_ = device_->memory().take(MemoryKind::device, arena_bytes);
  std::vector<TensorView> views;
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const auto& [spec, storage] = buffers_[i];
    const Allocation& memory = storage ? *storage->memory : *arena_;
    const bool is_host = spec.storage != nullptr;
    std::byte* data = is_host ? spec.storage->block()->data() : reinterpret_cast<std::byte*>(memory.address());
    views.push_back(
        view_of(spec, data, is_host ? spec.storage->bytes() : memory.bytes(), "buffer " + std::to_string(i)));
  }
  add_instructions(instructions, views);
  add_streams(instructions);
}

void GpuProgram::add_streams(const std::vector<InstructionSpec>& instructions) {
  const auto is_host = [&](int64_t index) {
    return index >= 0 && buffers_[static_cast<size_t>(index)].spec.storage != nullptr;
  };
  const auto place_of = [&](int64_t index) -> DevicePlace {
    const GpuBuffer& buffer = buffers_[static_cast<size_t>(index)];
    if (!buffer.storage) throw OpError("take_rows: index and cursor of a table in the host's memory: expected storages");
    return {buffer.storage->memory, buffer.spec.offset};
  };
  std::vector<size_t> taken;
  for (size_t at = 0; at < instructions.size(); ++at) {
    const InstructionSpec& spec = instructions[at];
    for (size_t input = 0; input < spec.inputs.size(); ++input) {
      if (!is_host(spec.inputs[input])) continue;
      if (spec.op != "take_rows" || input != 0)
        throw OpError(spec.op + ": input " + std::to_string(input) + " lies in the host's memory, which only take_rows reads");
      taken.push_back(at);
    }
    if (std::any_of(spec.outputs.begin(), spec.outputs.end(), is_host))
      throw OpError(spec.op + ": an output lies in the host's memory");
  }
  for (const size_t at : taken) {
    const InstructionSpec& spec = instructions[at];
    const DevicePlace index = place_of(spec.inputs[1]), cursor = place_of(spec.inputs[2]);
    int64_t before = 0, whole = 0;
    for (size_t other = 0; other < instructions.size(); ++other) {
      if (instructions[other].op != "advance" ||
          instructions_[other].inputs[0].data != instructions_[at].inputs[2].data)
        continue;
      const int64_t amount = instructions_[other].attributes.integers("amounts").at(0);
      whole += amount;
      if (other < at) before += amount;
    }
    const BufferSpec& data = buffers_[static_cast<size_t>(spec.inputs[0])].spec;
    if (!stream_) stream_ = std::make_unique<Stream>(device_);
    stream_->add({at, data, instructions_[at].outputs[0].shape[0], before, whole}, index,
                 instructions_[at].inputs[1].numel(), cursor);
  }
  for (size_t table = 0; table < taken.size(); ++table) instructions_[taken[table]].inputs = stream_->inputs_of(table);
}

int64_t GpuProgram::scratch_of(std::shared_ptr<Device> device, const std::vector<BufferSpec>& buffers,
                               const std::vector<bool>& is_host, std::vector<InstructionSpec> instructions) {
  constexpr uint64_t kApart = uint64_t{1} << 40;
  GpuProgram program(device);
  std::vector<TensorView> views;
  for (const BufferSpec& buffer : buffers)
    views.push_back({reinterpret_cast<std::byte*>(kApart * (views.size() + 1)), buffer.dtype, buffer.shape});
  program.add_instructions(instructions, views);
  program.record_all(Recording::measured);
  int64_t bytes = program.recorder_->own_bytes();
  for (size_t at = 0; at < instructions.size(); ++at)
    if (instructions[at].op == "take_rows" && is_host[static_cast<size_t>(instructions[at].inputs[0])])
      bytes += Stream::bytes_of(buffers[static_cast<size_t>(instructions[at].inputs[0])],
                                program.instructions_[at].outputs[0].shape[0], *device);
  return bytes;
}

void GpuProgram::add_instructions(std::vector<InstructionSpec>& instructions, const std::vector<TensorView>& views) {
  for (InstructionSpec& spec : instructions) {
    const auto view = [&](int64_t index) -> const TensorView& {
      if (index < 0 || index >= static_cast<int64_t>(views.size()))
        throw OpError(spec.op + ": expected a buffer number below " + std::to_string(views.size()) + ", got " +
                      std::to_string(index));
      return views[static_cast<size_t>(index)];
    };
    Instruction& instruction = instructions_.emplace_back();
    instruction.op = &resolve(spec);
    for (const int64_t index : spec.inputs) instruction.inputs.push_back(index == -1 ? TensorView{} : view(index));
    for (const int64_t index : spec.outputs) instruction.outputs.push_back(view(index));
    instruction.attributes = std::move(spec.attributes);
  }
}

void GpuProgram::record(bool is_split) {
  record_all(is_split ? Recording::split : Recording::whole);
  commands_ = recorder_->finish();
  is_split_ = is_split;
}

void GpuProgram::record_all(Recording kind) {
  recorder_ = std::make_unique<Recorder>(*device_, kind);
  recorded_.clear();
  try {
    for (size_t i = 0; i < instructions_.size();) {
      recorded_.push_back(i);
      i = record(i);
    }
  } catch (...) {
    recorder_.reset();
    throw;
  }
}

/// Times every instruction by itself: its submission, its work and the wait for its end.
int64_t GpuProgram::profile(int64_t steps, RunTiming& timing) {
  timing.instructions.assign(instructions_.size(), 0);
  for (int64_t step = 0; step < steps; ++step) {
    double total = 0;
    if (stream_) {
      stream_->check();
      device_->queue().wait(submit_lead());
    }
    for (size_t i = 0; i < commands_.size(); ++i) {
      const auto start = Clock::now();
      device_->queue().wait(device_->queue().submit({&commands_[i], 1}));
      timing.instructions[recorded_[i]] += since(start);
      total += since(start);
    }
    check_status();
    if (stream_) stream_->next();
    timing.steps.push_back(total);
  }
  timing.measured_steps = steps;
  return steps;
}

/// Records an instruction, with the neighbours that can share a kernel; returns the next one.
size_t GpuProgram::record(size_t first) {
  const GpuOp& op = *instructions_[first].op;
  size_t end = first + 1;
  if (op.record_many != nullptr)
    while (end < instructions_.size() && instructions_[end].op == &op) ++end;
  std::vector<Inputs> inputs;
  std::vector<const Attributes*> attributes;
  try {
    recorder_->begin(static_cast<uint32_t>(first));
    for (size_t each = first; each < end; ++each) {
      Instruction& instruction = instructions_[each];
      inputs.emplace_back(instruction.inputs);
      attributes.push_back(&instruction.attributes);
      for (size_t at = 0; at < instruction.inputs.size(); ++at)
        recorder_->uses(instruction.inputs[at], (op.mutates >> at & 1) != 0);
      for (const TensorView& output : instruction.outputs) recorder_->uses(output, true);
    }
    if (end - first > 1)
      op.record_many(inputs, attributes, *recorder_);
    else
      op.record(inputs[0], instructions_[first].outputs, *attributes[0], *recorder_);
    recorder_->end();
  } catch (const OutOfMemory& error) {
    throw OutOfMemory("instruction " + std::to_string(first) + ", " + op.name + ": " + error.what());
  } catch (const DeviceLost&) {
    throw;
  } catch (const OpError& error) {
    throw OpError("instruction " + std::to_string(first) + ", " + op.name + ": " + error.what());
  }
  return end;
}

GpuProgram::~GpuProgram() = default;

int64_t GpuProgram::run(int64_t steps, const std::function<bool()>& should_stop,
                        const std::function<void(int64_t)>& progress, const std::atomic<bool>& must_abandon,
                        RunTiming* timing) {
  const bool is_profiled = timing != nullptr && timing->has_instructions;
  if (!recorder_ || is_split_ != is_profiled) record(is_profiled);
  struct Settling {
    GpuProgram& program;
    ~Settling() { program.settle(); }
  } const settling{*this};
  if (stream_) stream_->start(steps);
  if (is_profiled) return profile(steps, *timing);
  const auto per_step = static_cast<int64_t>(std::max<size_t>(commands_.size(), 1));
  struct Flight {
    uint64_t value;
    int64_t steps;
  };
  std::deque<Flight> flights;
  int64_t submitted = 0, done = 0;
  Clock::time_point mark = Clock::now();
  recorder_->status() = Status{};
  const auto land = [&] {
    const Flight flight = flights.front();
    flights.pop_front();
    device_->queue().wait(flight.value);
    check_status();
    seconds_per_step_ = since(mark) / static_cast<double>(flight.steps);
    mark = Clock::now();
    done += flight.steps;
    if (timing != nullptr) timing->steps.insert(timing->steps.end(), static_cast<size_t>(flight.steps), seconds_per_step_);
    progress(done);
  };
  trigger_fault(FaultPlace::kernel);
  while (submitted < steps && !should_stop()) {
    if (must_abandon.load()) break;
    if (stream_ && !stream_->has_batch()) {
      while (!flights.empty()) land();
      stream_->check();
    }
    if (seconds_per_step_ > 2 * kSubmitSeconds) {
      while (!flights.empty()) land();
      mark = Clock::now();
      run_slowly(must_abandon);
      check_status();
      seconds_per_step_ = since(mark);
      if (timing != nullptr) timing->steps.push_back(seconds_per_step_);
      mark = Clock::now();
      progress(done = ++submitted);
      continue;
    }
    int64_t count = seconds_per_step_ == 0 ? 1 : static_cast<int64_t>(kSubmitSeconds / seconds_per_step_);
    count = std::clamp<int64_t>(count, 1, std::min(steps - submitted, std::max<int64_t>(kMostBuffers / per_step, 1)));
    if (stream_) count = 1;
    flights.push_back({submit_steps(count), count});
    submitted += count;
    // Two in flight: the device never waits for the host.
    if (flights.size() > 1 || seconds_per_step_ == 0) land();
    if (stream_) stream_->next();
  }
  while (!flights.empty()) land();
  if (must_abandon.load() && done < steps) throw OpError("the native backend was closed during the run");
  return done;
}

/// One step, a command buffer at a time, with a look at the closing flag between.
void GpuProgram::run_slowly(const std::atomic<bool>& must_abandon) {
  if (stream_) submit_lead();
  bool is_ahead = !stream_;
  for (const VkCommandBuffer& commands : commands_) {
    if (must_abandon.load()) throw OpError("the native backend was closed during the run");
    const uint64_t value = device_->queue().submit({&commands, 1});
    if (!std::exchange(is_ahead, true)) stream_->next();
    device_->queue().wait(value);
  }
}

uint64_t GpuProgram::submit_lead() {
  const Stream::Lead lead = stream_->lead();
  return device_->queue().submit({&lead.commands, 1}, device_->copies(), lead.copied);
}

uint64_t GpuProgram::submit_steps(int64_t count) {
  std::vector<VkCommandBuffer> list;
  uint64_t copied = 0;
  if (stream_) {
    const Stream::Lead lead = stream_->lead();
    list.push_back(lead.commands);
    copied = lead.copied;
  }
  for (int64_t i = 0; i < count; ++i) list.insert(list.end(), commands_.begin(), commands_.end());
  return device_->queue().submit(list, device_->copies(), copied);
}

void GpuProgram::settle() noexcept {
  try {
    device_->queue().wait(device_->queue().submitted());
    if (stream_) stream_->settle();
  } catch (const std::exception&) {
    // A device that is gone does nothing more.
  }
}

std::string GpuProgram::describe_access(const Instruction& instruction, uint64_t address, uint32_t bytes) const {
  const TensorView* nearest = nullptr;
  std::string name;
  uint64_t least = UINT64_MAX;
  const auto look = [&](const std::vector<TensorView>& views, const char* kind) {
    for (size_t at = 0; at < views.size(); ++at) {
      if (!views[at].present()) continue;
      const auto begin = reinterpret_cast<uint64_t>(views[at].data);
      const uint64_t distance = address < begin ? begin - address : address - begin;
      if (distance >= least) continue;
      least = distance;
      nearest = &views[at];
      name = kind + std::to_string(at);
    }
  };
  look(instruction.inputs, "input ");
  look(instruction.outputs, "output ");
  const std::string what = "a kernel reached for " + std::to_string(bytes) + " bytes outside of its tensors";
  if (nearest == nullptr) return what;
  const auto place = static_cast<int64_t>(address - reinterpret_cast<uint64_t>(nearest->data));
  return what + ": expected an index below " + std::to_string(nearest->numel()) + " of " + name + ", got " +
         std::to_string(place / static_cast<int64_t>(element_size(nearest->dtype)));
}

void GpuProgram::check_status() {
  const Status status = recorder_->status();
  if (status.code == 0) return;
  recorder_->status() = Status{};
  const auto value = static_cast<int64_t>(static_cast<uint64_t>(static_cast<uint32_t>(status.high)) << 32 |
                                          static_cast<uint32_t>(status.low));
  const char* op = status.instruction < instructions_.size() ? instructions_[status.instruction].op->name : "?";
  const auto position = std::to_string(status.position);
  const std::string got = ", got " + std::to_string(value);
  std::string what;
  switch (static_cast<StatusCode>(status.code)) {
    case StatusCode::index: what = "index[" + position + "]: expected a row of the table" + got; break;
    case StatusCode::cursor: what = "cursor: expected that the batch's rows are left" + got; break;
    case StatusCode::log_position: what = "position: expected a place in the log" + got; break;
    case StatusCode::target: what = "target " + position + ": expected a class or ignore_index" + got; break;
    case StatusCode::divisor: what = "ZeroDivisionError: the divisor: expected no zeros" + got; break;
    case StatusCode::bounds:
      if (status.instruction >= instructions_.size()) break;
      what = describe_access(instructions_[status.instruction], static_cast<uint64_t>(value), status.position);
      break;
    case StatusCode::none: return;
  }
  throw OpError("instruction " + std::to_string(status.instruction) + ", " + op + ": " + what);
}

}  // namespace lazuli::gpu
