// How much scratch a call will take, found by calling its kernel over memory that is only mapped: no kernel says it twice.
#include "../ops/checks.h"
#include "program.h"

namespace lazuli {

int64_t scratch_of(const OpEntry& op, Inputs inputs, Outputs outputs, const Attributes& attributes, ThreadPool& pool) {
  std::vector<Memory> operands;
  const auto mapped = [&](const TensorView& view) {
    if (view.data == nullptr) return view;
    const int64_t bytes =
        checked_product(view.numel(), static_cast<int64_t>(element_size(view.dtype)), "an operand");
    operands.emplace_back(nullptr, bytes);
    return TensorView{operands.back().data(), view.dtype, view.shape};
  };
  std::vector<TensorView> from, to;
  for (const TensorView& view : inputs) from.push_back(mapped(view));
  for (const TensorView& view : outputs) to.push_back(mapped(view));
  Scratch scratch(nullptr);
  try {
    op.kernel(from, to, attributes, Context{pool, scratch, true});
  } catch (const OutOfMemory&) {
    throw;
  } catch (const OpError&) {
  }
  scratch.reset();
  return scratch.need();
}

}  // namespace lazuli
