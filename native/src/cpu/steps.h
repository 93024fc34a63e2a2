// The steps of a formula of scalar functions, as the elementwise op and the products that take such a formula hold them: read from
// the attributes, checked, and applied to blocks that stay in the first cache, one vector loop per step and block.
#pragma once

#include <array>
#include <vector>

#include "arguments.h"
#include "isa/vector_math.h"

namespace lazuli {

inline constexpr size_t kMaxInputs = 8, kMaxConstants = 16, kMaxSteps = 64;

/// A step with its operands as numbers of values: inputs, constants, earlier steps.
struct Step {
  int function;
  std::array<int, 3> operands{};
  int slot = -1;  // the block its result goes to; -1 for the output itself
};

/// A formula: its values are numbered inputs, constants, results of steps.
struct Steps {
  int inputs = 0;
  int constants = 0;
  std::vector<Step> steps;
  int slots = 0;
};

/// The attributes `steps` and `constants` over `inputs` values. Refuses what is not a formula, or one of more than `most_steps`.
Steps steps_of(const Arguments& args, const Attributes& attributes, size_t inputs, size_t most_steps = kMaxSteps);

/// One step on `count` elements; `values` holds where those known so far lie. `result` may be an operand.
template <typename T>
void apply_step(const VectorMath<T>& math, const Step& step, const T* const* values, T* result, int64_t count) {
  const auto operand = [&](size_t i) { return values[step.operands[i]]; };
  if (step.function < kFirstBinary)
    math.unary[step.function](operand(0), result, count);
  else if (step.function < kFirstTernary)
    math.binary[step.function - kFirstBinary](operand(0), operand(1), result, count);
  else
    math.where(operand(0), operand(1), operand(2), result, count);
}

}  // namespace lazuli
