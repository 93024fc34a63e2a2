// Runs one op: counts its arguments, calls the kernel, names the op in whatever goes wrong, frees the
// scratch.
#pragma once

#include "../ops/kernel.h"
#include "../tensor/scratch.h"

namespace lazuli {

class Executor {
 public:
  Executor(ThreadPool& pool, std::shared_ptr<MemoryBudget> budget)
      : pool_(pool), scratch_(std::move(budget)) {}

  /// Throws OpError for an unknown name or a wrong number of arguments.
  static const OpEntry& resolve(std::string_view name, size_t inputs, size_t outputs);
  /// Throws OpError or OutOfMemory whose message begins with the op's name, whatever the kernel threw.
  void run(const OpEntry& op, Inputs inputs, Outputs outputs, const Attributes& attributes);
  ThreadPool& pool() { return pool_; }
  /// Takes scratch for the calls to come in one block. Throws OutOfMemory.
  void reserve(int64_t bytes) { scratch_.reserve(bytes); }
  /// Gives scratch beyond `bytes` back to the system.
  void trim(int64_t bytes) { scratch_.trim(bytes); }

 private:
  ThreadPool& pool_;
  Scratch scratch_;
};

/// What an exception says, whatever its type; to be called inside a catch block.
std::string describe_current_exception(bool& is_out_of_memory);

}  // namespace lazuli
