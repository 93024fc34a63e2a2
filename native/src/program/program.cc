// See program.h.
#include "program.h"

#include <algorithm>
#include <chrono>

#include "../ops/checks.h"
#include "../ops/mutations.h"
#include "../tensor/release.h"

namespace lazuli {

TensorView view_of(const BufferSpec& buffer, std::byte* data, int64_t bytes, const std::string& what) {
  const auto size = static_cast<int64_t>(element_size(buffer.dtype));
  const int64_t needed = checked_product(checked_numel(buffer.shape, what.c_str()), size, what.c_str());
  if (buffer.offset < 0 || buffer.offset > bytes || needed > bytes - buffer.offset)
    throw OpError(what + ": expected " + std::to_string(needed) + " bytes from byte " +
                  std::to_string(buffer.offset) + " on, got a block of " + std::to_string(bytes) + " bytes");
  if (buffer.offset % size != 0)
    throw OpError(what + ": expected an offset that is a multiple of " + std::to_string(size) +
                  " bytes for " + dtype_name(buffer.dtype) + ", got " + std::to_string(buffer.offset));
  return {data + buffer.offset, buffer.dtype, buffer.shape};
}

/// What one reading of the clock takes here.
static double seconds_of_reading() {
  using Clock = std::chrono::steady_clock;
  static const double seconds = [] {
    constexpr int readings = 64;
    const auto start = Clock::now();
    auto end = start;
    for (int i = 0; i < readings; ++i) end = Clock::now();
    return std::chrono::duration<double>(end - start).count() / readings;
  }();
  return seconds;
}

/// Steps from one whose instructions are measured to the next for reading clocks to take about 1 % of the time. A reading
/// also keeps the processor from running ahead, hence twice.
static int64_t steps_apart(double step_seconds, size_t instructions) {
  const double readings = 2 * seconds_of_reading() * static_cast<double>(instructions);
  return std::clamp<int64_t>(static_cast<int64_t>(100 * readings / std::max(step_seconds, 1e-9)), 1, 1000);
}

Program::Program(std::vector<BufferSpec> buffers, std::vector<InstructionSpec> instructions,
                 int64_t arena_bytes, const std::shared_ptr<MemoryBudget>& budget)
    : buffers_(std::move(buffers)), arena_(with_released([&] { return Memory(budget, arena_bytes); })) {
  std::vector<TensorView> views;
  views.reserve(buffers_.size());
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const std::string what = "buffer " + std::to_string(i);
    const StoragePointer& storage = buffers_[i].storage;
    views.push_back(storage ? view_of(buffers_[i], storage->block()->data(), storage->bytes(), what)
                            : view_of(buffers_[i], arena_.data(), arena_.bytes(), what));
  }
  add_instructions(std::move(instructions), views);
}

void Program::add_instructions(std::vector<InstructionSpec> instructions, const std::vector<TensorView>& views) {
  instructions_.reserve(instructions.size());
  for (InstructionSpec& spec : instructions) {
    const std::string where = "instruction " + std::to_string(instructions_.size()) + ": ";
    try {
      Instruction& instruction = instructions_.emplace_back();
      instruction.op = &Executor::resolve(spec.op, spec.inputs.size(), spec.outputs.size());
      const auto view = [&](int64_t index) -> const TensorView& {
        if (index < 0 || index >= static_cast<int64_t>(views.size()))
          throw OpError(spec.op + ": expected a buffer number below " + std::to_string(views.size()) +
                        ", got " + std::to_string(index));
        return views[static_cast<size_t>(index)];
      };
      for (const int64_t index : spec.inputs)
        instruction.inputs.push_back(index == -1 ? TensorView{} : view(index));
      for (const int64_t index : spec.outputs) instruction.outputs.push_back(view(index));
      instruction.attributes = std::move(spec.attributes);
      bind(instruction, spec);
    } catch (const OpError& error) {
      throw OpError(where + error.what());
    }
  }
}

void Program::bind(Instruction& instruction, const InstructionSpec& spec) {
  const uint32_t mutated = mutated_inputs(spec.op);
  const auto add = [&](TensorView& view, int64_t index, bool is_written) {
    if (index == -1) return;
    const BufferSpec& buffer = buffers_[static_cast<size_t>(index)];
    if (buffer.storage) bindings_.add(view, buffer.storage, buffer.offset, is_written);
  };
  for (size_t i = 0; i < spec.inputs.size(); ++i)
    add(instruction.inputs[i], spec.inputs[i], is_mutated(mutated, i));
  for (size_t i = 0; i < spec.outputs.size(); ++i) add(instruction.outputs[i], spec.outputs[i], true);
}

int64_t Program::scratch_bytes(ThreadPool& pool) const {
  int64_t most = 0;
  for (const Instruction& instruction : instructions_) {
    std::vector<TensorView> outputs = instruction.outputs;
    most = std::max(most, scratch_of(*instruction.op, instruction.inputs, outputs, instruction.attributes, pool));
  }
  return most;
}

int64_t Program::run(int64_t steps, Executor& executor, const std::function<bool()>& should_stop,
                     const std::function<void(int64_t)>& progress, const std::atomic<bool>& must_abandon,
                     RunTiming* timing) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const std::vector<BlockPointer> blocks = bindings_.bind();
  ThreadPool& pool = executor.pool();
  if (scratch_threads_ != pool.threads()) {
    scratch_ = scratch_bytes(pool);
    scratch_threads_ = pool.threads();
  }
  executor.reserve(scratch_);
  const bool has_instructions = timing != nullptr && timing->has_instructions;
  if (has_instructions) timing->instructions.assign(instructions_.size(), 0);
  const bool is_sampled = has_instructions && timing->is_sampled;
  const bool has_steps = timing != nullptr && !is_sampled;
  const double reading = has_instructions ? seconds_of_reading() : 0;
  for (int64_t step = 0; step < steps; ++step) {
    if (should_stop()) return step;
    const bool is_profiled = has_instructions && (!is_sampled || ++since_sampled_ >= sampled_every_);
    const auto step_start = has_steps || is_profiled ? Clock::now() : Clock::time_point{};
    auto start = step_start;
    for (size_t i = 0; i < instructions_.size(); ++i) {
      if (must_abandon.load(std::memory_order_relaxed))
        throw OpError("the native backend was closed during the run");
      Instruction& instruction = instructions_[i];
      try {
        executor.run(*instruction.op, instruction.inputs, instruction.outputs, instruction.attributes);
      } catch (const OutOfMemory& error) {
        throw OutOfMemory("step " + std::to_string(step) + ", instruction " + std::to_string(i) + ": " +
                          error.what());
      } catch (const OpError& error) {
        throw OpError("step " + std::to_string(step) + ", instruction " + std::to_string(i) + ": " +
                      error.what());
      }
      if (!is_profiled) continue;
      const auto end = Clock::now();
      timing->instructions[i] += std::max(0.0, std::chrono::duration<double>(end - start).count() - reading);
      start = end;
    }
    if (is_profiled) {
      ++timing->measured_steps;
      since_sampled_ = 0;
      sampled_every_ = steps_apart(seconds_since(step_start), instructions_.size());
    }
    if (has_steps) timing->steps.push_back(seconds_since(step_start));
    progress(step + 1);
  }
  return steps;
}

}  // namespace lazuli
