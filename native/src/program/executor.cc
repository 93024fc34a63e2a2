// See executor.h.
#include "executor.h"

#include <new>

#include "../ops/faults.h"

namespace lazuli {

std::string describe_current_exception(bool& is_out_of_memory) {
  is_out_of_memory = false;
  try {
    throw;
  } catch (const OutOfMemory& error) {
    is_out_of_memory = true;
    return error.what();
  } catch (const std::bad_alloc&) {
    is_out_of_memory = true;
    return "not enough memory (std::bad_alloc)";
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

const OpEntry& Executor::resolve(std::string_view name, size_t inputs, size_t outputs) {
  const OpEntry* op = find_op(name);
  if (op == nullptr)
    throw OpError("op: expected one of the names ops() lists, got '" + std::string(name) + "'");
  const auto least = static_cast<size_t>(op->least_inputs), most = static_cast<size_t>(op->most_inputs);
  if (inputs < least || inputs > most) {
    const std::string range =
        least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
    throw OpError(std::string(name) + ": inputs: expected " + range + ", got " + std::to_string(inputs));
  }
  if (outputs != static_cast<size_t>(op->outputs))
    throw OpError(std::string(name) + ": outputs: expected " + std::to_string(op->outputs) + ", got " +
                  std::to_string(outputs));
  return *op;
}

void Executor::run(const OpEntry& op, Inputs inputs, Outputs outputs, const Attributes& attributes) {
  try {
    trigger_fault(FaultPlace::kernel);
    op.kernel(inputs, outputs, attributes, Context{pool_, scratch_});
    scratch_.reset();
  } catch (...) {
    bool is_out_of_memory = false;
    std::string message = describe_current_exception(is_out_of_memory);
    scratch_.reset();
    const std::string prefix = std::string(op.name) + ": ";
    if (!message.starts_with(prefix)) message.insert(0, prefix);
    if (is_out_of_memory) throw OutOfMemory(std::move(message));
    throw OpError(std::move(message));
  }
}

}  // namespace lazuli
