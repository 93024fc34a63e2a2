// The fused elementwise op: its steps are interpreted over blocks that stay in the first-level cache, one
// vector loop of the instruction set in use per step and block.
#include <algorithm>
#include <array>
#include <string_view>

#include "activation.h"
#include "broadcast.h"
#include "families.h"
#include "isa/isa_kernels.h"

namespace lazuli {
namespace {

constexpr std::array<std::string_view, kScalarFunctions> kFunctionNames = {
    "neg",        "abs",    "sign",   "exp",     "expm1", "log", "log1p", "sqrt",    "rsqrt",
    "reciprocal", "square", "tanh",   "sigmoid", "erf",   "sin", "cos",   "floor",   "ceil",
    "round",      "relu",   "is_nan", "gelu",    "gelu_slope",
    "add",        "sub",    "mul",    "div",     "maximum", "minimum",
    "pow",        "fmod",   "eq",     "ne",      "lt",    "le",  "gt",    "ge",      "where",
};
constexpr std::array<const char*, 8> kInputNames = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"};
constexpr size_t kMaxConstants = 16, kMaxSteps = 64;

/// A step with its operands as numbers of values: inputs, constants, earlier steps.
struct Step {
  int function;
  std::array<int, 3> operands{};
  int slot = -1;  // the block its result goes to; -1 for the output itself
};

struct Plan {
  int inputs = 0;
  int constants = 0;
  std::vector<Step> steps;
  int slots = 0;
};

int arity_of(int function) { return function < kFirstBinary ? 1 : function < kFirstTernary ? 2 : 3; }

/// Gives each step's result a block that is free again after its last use.
void assign_slots(Plan& plan) {
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

Plan plan_of(const Arguments& args, const Attributes& attributes, size_t inputs) {
  const auto& steps = attributes.steps("steps");
  Plan plan;
  plan.inputs = static_cast<int>(inputs);
  const size_t constants = attributes.numbers("constants").size();
  if (constants > kMaxConstants) args.refuse("constants", "at most 16", std::to_string(constants));
  if (steps.empty() || steps.size() > kMaxSteps)
    args.refuse("steps", "1 to 64", std::to_string(steps.size()));
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

Shape broadcast_shape(const Arguments& args, Inputs inputs) {
  Shape shape;
  for (const TensorView& input : inputs) shape.resize(std::max(shape.size(), input.shape.size()), 1);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Shape& own = inputs[i].shape;
    const size_t missing = shape.size() - own.size();
    for (size_t axis = 0; axis < own.size(); ++axis) {
      int64_t& size = shape[missing + axis];
      if (own[axis] != 1 && size != 1 && own[axis] != size)
        args.refuse("shape of x" + std::to_string(i), "one that broadcasts with " + shape_text(shape),
                    shape_text(own));
      if (size == 1) size = own[axis];
    }
  }
  return shape;
}

/// Everything the pieces of one call share.
template <typename T> struct Run {
  const Plan& plan;
  std::vector<Broadcast> broadcasts;
  std::vector<const T*> data;
  std::vector<T> constants;
  T* output;
  const VectorMath<T>& math;

  /// Elements of workspace a piece needs: the readers' tables, a block per constant and per slot.
  int64_t workspace() const {
    int64_t size = (plan.constants + plan.slots) * kBlock;
    for (const Broadcast& broadcast : broadcasts) size += broadcast.table_size();
    return size;
  }

  void piece(int64_t begin, int64_t end, T* memory) const {
    std::vector<BlockReader<T>> readers;
    for (size_t i = 0; i < data.size(); ++i) {
      readers.emplace_back(broadcasts[i], data[i], memory);
      memory += broadcasts[i].table_size();
    }
    std::array<const T*, 8 + kMaxConstants + kMaxSteps> values{};
    size_t known = data.size();
    for (const T constant : constants) {
      std::fill_n(memory, kBlock, constant);
      values[known++] = memory;
      memory += kBlock;
    }
    for (int64_t first = begin; first < end; first += kBlock) {
      const int64_t count = std::min(kBlock, end - first);
      for (size_t i = 0; i < readers.size(); ++i) values[i] = readers[i].read(first, count);
      size_t next = known;
      for (const Step& step : plan.steps) {
        T* result = step.slot < 0 ? output + first : memory + step.slot * kBlock;
        apply(step, values, result, count);
        values[next++] = result;
      }
    }
  }

  template <typename Values>
  void apply(const Step& step, const Values& values, T* result, int64_t count) const {
    const auto operand = [&](int i) {
      return values[static_cast<size_t>(step.operands[static_cast<size_t>(i)])];
    };
    if (step.function < kFirstBinary)
      math.unary[step.function](operand(0), result, count);
    else if (step.function < kFirstTernary)
      math.binary[step.function - kFirstBinary](operand(0), operand(1), result, count);
    else
      math.where(operand(0), operand(1), operand(2), result, count);
  }
};

/// (x0 ... x7) → y of the broadcast shape. y may be one of the inputs that has its shape.
void elementwise(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("elementwise", inputs, outputs, 1, 8, 1);
  for (int i = 0; i < static_cast<int>(inputs.size()); ++i)
    args.floating(i, kInputNames[static_cast<size_t>(i)]);
  const Plan plan = plan_of(args, attributes, inputs.size());
  const Shape shape = broadcast_shape(args, inputs);
  TensorView& y = args.output(0, "output", shape);
  const int64_t count = args.elements("output", shape);
  if (count == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    Run<T> run{plan, {}, {}, {}, y.as<T>(), isa_kernels().math<T>()};
    for (const TensorView& input : inputs) {
      run.broadcasts.emplace_back(input.shape, shape);
      run.data.push_back(input.as<const T>());
    }
    for (const double constant : attributes.numbers("constants"))
      run.constants.push_back(static_cast<T>(constant));
    // Cheap steps need large pieces to be worth a thread.
    const int64_t blocks = (count + kBlock - 1) / kBlock;
    const int64_t grain = std::max<int64_t>(1, 32 / static_cast<int64_t>(plan.steps.size()));
    context.parallel_for(blocks, grain, [&](int64_t begin, int64_t end) {
      std::vector<T> memory(static_cast<size_t>(run.workspace()));
      run.piece(begin * kBlock, std::min(end * kBlock, count), memory.data());
    });
  });
}

constexpr std::array<OpEntry, 1> kOps = {{{"elementwise", 1, 8, 1, elementwise}}};

}  // namespace

std::span<const OpEntry> elementwise_ops() { return kOps; }

int find_scalar_function(std::string_view name) {
  const auto found = std::find(kFunctionNames.begin(), kFunctionNames.end(), name);
  return found == kFunctionNames.end() ? -1 : static_cast<int>(found - kFunctionNames.begin());
}

}  // namespace lazuli
