// A flat list of ops over planned buffers, checked once and run many times. It owns its arena and holds the
// storages it reads and writes: one that JavaScript disposes meanwhile stays in memory until the program is
// gone.
#pragma once

#include <atomic>
#include <functional>

#include "bindings.h"
#include "executor.h"

namespace lazuli {

/// A dense tensor in the arena (`storage` null) or in a storage; `offset` in bytes.
struct BufferSpec {
  DType dtype = DType::float32;
  std::vector<int64_t> shape;
  StoragePointer storage;
  int64_t offset = 0;
};

struct InstructionSpec {
  std::string op;
  std::vector<int64_t> inputs;  // buffer numbers; -1 for an absent optional input
  std::vector<int64_t> outputs;
  Attributes attributes;
};

/// Measured by a run that is given one: seconds of each step and, where asked for, of each instruction over the measured steps.
/// What reading a clock takes is not counted.
struct RunTiming {
  bool has_instructions = false;
  /// Only instructions, and only of so many steps that reading clocks takes about 1 % of the time.
  bool is_sampled = false;
  int64_t measured_steps = 0;
  std::vector<double> steps;
  std::vector<double> instructions;
};

/// Scratch that a call takes: the kernel runs the first piece of each of its loops, over zeros that are mapped and hardly
/// touched. What it refuses is for the call itself to say. Throws OutOfMemory where the system gives no addresses.
int64_t scratch_of(const OpEntry& op, Inputs inputs, Outputs outputs, const Attributes& attributes, ThreadPool& pool);

/// The view of a dense tensor inside a block of `bytes`. Throws OpError naming `what` when it does not fit or
/// is misaligned.
TensorView view_of(const BufferSpec& buffer, std::byte* data, int64_t bytes, const std::string& what);

class Program {
 public:
  /// Throws OpError when an op is unknown, an arity or buffer number is wrong or a buffer does not fit its
  /// memory, and OutOfMemory when the budget refuses the arena. Shapes against each other are the kernels' to
  /// check, at every run.
  Program(std::vector<BufferSpec> buffers, std::vector<InstructionSpec> instructions, int64_t arena_bytes,
          const std::shared_ptr<MemoryBudget>& budget);

  /// Runs all instructions `steps` times; returns the steps completed. Between steps it asks `should_stop`
  /// and tells `progress`; `must_abandon` is asked between instructions and ends the run in the middle of a
  /// step. `timing` may be null. Storages that it writes and that are shared get memory of their own first: OutOfMemory.
  int64_t run(int64_t steps, Executor& executor, const std::function<bool()>& should_stop,
              const std::function<void(int64_t)>& progress, const std::atomic<bool>& must_abandon,
              RunTiming* timing = nullptr);

  int64_t arena_bytes() const { return arena_.bytes(); }
  /// Scratch that the instruction needing the most of it takes, on so many threads as `pool` has.
  int64_t scratch_bytes(ThreadPool& pool) const;

 private:
  struct Instruction {
    const OpEntry* op;
    std::vector<TensorView> inputs;
    std::vector<TensorView> outputs;
    Attributes attributes;
  };

  void add_instructions(std::vector<InstructionSpec> instructions, const std::vector<TensorView>& views);
  /// The instruction's views of storages; it stays where it is.
  void bind(Instruction& instruction, const InstructionSpec& spec);

  std::vector<BufferSpec> buffers_;
  std::vector<Instruction> instructions_;
  Bindings bindings_;
  Memory arena_;
  /// What scratch_bytes gave, and for how many threads.
  /// The instructions of one step of so many are measured in sampled runs, and the steps since one was.
  int64_t sampled_every_ = 1;
  int64_t since_sampled_ = 0;
  int64_t scratch_ = 0;
  int scratch_threads_ = 0;
};

}  // namespace lazuli
