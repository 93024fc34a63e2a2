// See steps.h.
#include "steps.h"

#include <algorithm>
#include <string_view>

#include "activation.h"

namespace lazuli {
namespace {

constexpr std::array<std::string_view, kScalarFunctions> kFunctionNames = {
    "neg",        "abs",    "sign",   "exp",     "expm1", "log", "log1p", "sqrt",    "rsqrt",
    "reciprocal", "square", "tanh",   "sigmoid", "erf",   "sin", "cos",   "floor",   "ceil",
    "round",      "relu",   "is_nan", "gelu",    "gelu_slope",
    "add",        "sub",    "mul",    "div",     "maximum", "minimum",
    "pow",        "fmod",   "eq",     "ne",      "lt",    "le",  "gt",    "ge",      "where",
};

int arity_of(int function) { return function < kFirstBinary ? 1 : function < kFirstTernary ? 2 : 3; }

/// Gives each step's result a block that is free again after its last use.
void assign_slots(Steps& plan) {
  const int first = plan.inputs + plan.constants, count = static_cast<int>(plan.steps.size());
  std::vector<int> last_use(plan.steps.size(), -1), free_slots;
  for (int s = 0; s < count; ++s)
    for (const int operand : plan.steps[static_cast<size_t>(s)].operands)
      if (operand >= first) last_use[static_cast<size_t>(operand - first)] = s;
  for (int s = 0; s + 1 < count; ++s) {
    Step& step = plan.steps[static_cast<size_t>(s)];
    // A vector loop may write over its own operand, so blocks read here for the last time are free already.
    for (int earlier = 0; earlier < s; ++earlier)
      if (last_use[static_cast<size_t>(earlier)] == s)
        free_slots.push_back(plan.steps[static_cast<size_t>(earlier)].slot);
    if (free_slots.empty()) {
      step.slot = plan.slots++;
    } else {
      step.slot = free_slots.back();
      free_slots.pop_back();
    }
    if (last_use[static_cast<size_t>(s)] < 0) free_slots.push_back(step.slot);
  }
}

}  // namespace

Steps steps_of(const Arguments& args, const Attributes& attributes, size_t inputs, size_t most_steps) {
  const auto& steps = attributes.steps("steps");
  Steps plan;
  plan.inputs = static_cast<int>(inputs);
  const size_t constants = attributes.numbers("constants").size();
  if (constants > kMaxConstants) args.refuse("constants", "at most 16", std::to_string(constants));
  if (steps.empty() || steps.size() > most_steps)
    args.refuse("steps", "1 to " + std::to_string(most_steps), std::to_string(steps.size()));
  plan.constants = static_cast<int>(constants);
  for (const ElementwiseStep& step : steps) {
    const std::string what = "step " + std::to_string(plan.steps.size());
    const int function = find_scalar_function(step.function);
    if (function < 0) args.refuse(what, "a scalar function", "'" + step.function + "'");
    Step& planned = plan.steps.emplace_back();
    planned.function = function;
    planned.operands.fill(-1);
    const auto arity = static_cast<size_t>(arity_of(planned.function));
    if (step.operands.size() != arity)
      args.refuse(what + ", " + step.function, std::to_string(arity) + " operands",
                  std::to_string(step.operands.size()));
    const int known = plan.inputs + plan.constants + static_cast<int>(plan.steps.size()) - 1;
    for (size_t i = 0; i < arity; ++i) {
      if (step.operands[i] < 0 || step.operands[i] >= known)
        args.refuse(what + ", " + step.function, "operands below " + std::to_string(known),
                    std::to_string(step.operands[i]));
      planned.operands[i] = step.operands[i];
    }
  }
  assign_slots(plan);
  return plan;
}

int find_scalar_function(std::string_view name) {
  const auto found = std::find(kFunctionNames.begin(), kFunctionNames.end(), name);
  return found == kFunctionNames.end() ? -1 : static_cast<int>(found - kFunctionNames.begin());
}

}  // namespace lazuli
