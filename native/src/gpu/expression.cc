// See expression.h. Word numbers and opcodes: the SPIR-V specification, section 3.
#include "expression.h"

#include <array>
#include <bit>
#include <map>
#include <set>

#include "spirv.h"
#include "spirv_opcodes.h"

namespace lazuli::gpu {
namespace {

constexpr uint32_t kFunctionStorage = 7;

/// A function of the frame and those it calls.
struct Function {
  uint32_t id;
  std::vector<uint32_t> words;
  std::set<uint32_t> calls;
};

/// The frame, read once: what stands before the functions, and the functions, compute without its body.
struct Frame {
  std::vector<uint32_t> before;
  std::vector<Function> functions;
  uint32_t compute = 0, parameter = 0;  // parameter: a pointer to the index
  uint32_t float_type = 0, uint_type = 0, float_pointer = 0, uint_pointer = 0, bound = 0;
  std::map<std::string, uint32_t> names;

  Frame();
  uint32_t function(const std::string& name) const {
    const auto found = names.find(name);
    if (found == names.end()) throw OpError("elementwise: there is no function '" + name + "'");
    return found->second;
  }
};

Frame::Frame() {
  const auto words = find_spirv("elementwise");
  bound = words[3];
  before.assign(words.begin(), words.begin() + 5);
  bool is_skipping = false;
  for (size_t at = 5; at < words.size();) {
    const uint32_t count = words[at] >> 16, op = words[at] & 0xFFFF;
    const auto instruction = words.subspan(at, count);
    at += count;
    if (op == kOpName) {
      // Functions are named with their parameters: f_exp(f1;
      const std::string name(reinterpret_cast<const char*>(&instruction[2]));
      if (const size_t end = name.find('('); end != std::string::npos) names[name.substr(0, end)] = instruction[1];
      continue;
    }
    if (op == kOpMemberName) continue;
    if (op == kOpTypeFloat && instruction[2] == 32) float_type = instruction[1];
    if (op == kOpTypeInt && instruction[2] == 32 && instruction[3] == 0) uint_type = instruction[1];
    if (op == kOpTypePointer && instruction[2] == kFunctionStorage) {
      if (instruction[3] == float_type) float_pointer = instruction[1];
      if (instruction[3] == uint_type) uint_pointer = instruction[1];
    }
    if (op == kOpFunction) {
      if (functions.empty()) compute = function("compute");
      functions.push_back({instruction[2], {}, {}});
    }
    const bool is_in_compute = !functions.empty() && functions.back().id == compute;
    if (is_in_compute && op == kOpFunctionParameter) parameter = instruction[2];
    if (op == kOpFunctionEnd) is_skipping = false;
    if (is_skipping) continue;
    if (op == kOpFunctionCall) functions.back().calls.insert(instruction[3]);
    auto& target = functions.empty() ? before : functions.back().words;
    target.insert(target.end(), instruction.begin(), instruction.end());
    is_skipping = is_in_compute && op == kOpLabel;
  }
}

const Frame& frame() {
  static const Frame frame;
  return frame;
}

/// Writes one kernel: numbers, constants, and the body of compute.
class Emitter {
 public:
  Emitter(const std::vector<ElementwiseStep>& steps, const std::vector<double>& constants,
          const ElementwiseLayout& layout)
      : next_(frame().bound) {
    index_variable_ = variable(frame().uint_pointer);
    for (uint32_t& each : variables_) each = variable(frame().float_pointer);
    const uint32_t index = emit(kOpLoad, frame().uint_type, {frame().parameter});
    const std::vector<uint32_t> places = axes(layout.sizes, index);
    std::vector<uint32_t> values;
    for (size_t input = 0; input < layout.strides.size(); ++input) {
      const uint32_t at = offset(layout, input, index, places);
      store(index_variable_, at);
      values.push_back(call("load_" + std::to_string(input), {index_variable_}));
    }
    for (const double value : constants) values.push_back(number(value));
    for (const ElementwiseStep& step : steps) {
      std::vector<uint32_t> operands;
      for (const int32_t operand : step.operands) {
        if (operand < 0 || static_cast<size_t>(operand) >= values.size())
          throw OpError("elementwise: operand " + std::to_string(operand) + " of " + std::to_string(values.size()));
        operands.push_back(values[static_cast<size_t>(operand)]);
      }
      if (operands.size() > variables_.size()) throw OpError("elementwise: too many operands");
      for (size_t i = 0; i < operands.size(); ++i) store(variables_[i], operands[i]);
      values.push_back(call("f_" + step.function, {variables_.begin(), variables_.begin() + operands.size()}));
    }
    body_.insert(body_.end(), {2u << 16 | kOpReturnValue, values.back()});
  }

  /// The frame with the new body and only the functions that are used.
  std::vector<uint32_t> words() const {
    std::vector<uint32_t> all = frame().before;
    all[3] = next_;
    all.insert(all.end(), declarations_.begin(), declarations_.end());
    const std::set<uint32_t> used = reached();
    for (const Function& function : frame().functions) {
      if (!used.contains(function.id)) continue;
      if (function.id != frame().compute) {
        all.insert(all.end(), function.words.begin(), function.words.end());
        continue;
      }
      const auto end = function.words.end() - 1;  // OpFunctionEnd
      all.insert(all.end(), function.words.begin(), end);
      all.insert(all.end(), local_.begin(), local_.end());
      all.insert(all.end(), body_.begin(), body_.end());
      all.insert(all.end(), end, function.words.end());
    }
    return all;
  }

 private:
  /// main, compute, what compute calls, and what those call.
  std::set<uint32_t> reached() const {
    std::set<uint32_t> used = called_;
    used.insert(frame().compute);
    used.insert(frame().functions.front().id);
    std::vector<uint32_t> waiting(used.begin(), used.end());
    while (!waiting.empty()) {
      const uint32_t id = waiting.back();
      waiting.pop_back();
      for (const Function& function : frame().functions)
        if (function.id == id)
          for (const uint32_t call : function.calls)
            if (used.insert(call).second) waiting.push_back(call);
    }
    return used;
  }
  uint32_t emit(uint32_t op, uint32_t type, const std::vector<uint32_t>& operands) {
    const uint32_t id = next_++;
    body_.push_back(static_cast<uint32_t>(3 + operands.size()) << 16 | op);
    body_.insert(body_.end(), {type, id});
    body_.insert(body_.end(), operands.begin(), operands.end());
    return id;
  }
  uint32_t constant(uint32_t type, uint32_t bits) {
    uint32_t& id = constants_[{type, bits}];
    if (id == 0) {
      id = next_++;
      declarations_.insert(declarations_.end(), {4u << 16 | kOpConstant, type, id, bits});
    }
    return id;
  }
  uint32_t integer(int64_t value) { return constant(frame().uint_type, static_cast<uint32_t>(value)); }
  uint32_t number(double value) {
    return constant(frame().float_type, std::bit_cast<uint32_t>(static_cast<float>(value)));
  }
  /// Arguments go through variables of the caller, as unoptimized GLSL hands them over.
  uint32_t variable(uint32_t pointer) {
    const uint32_t id = next_++;
    local_.insert(local_.end(), {4u << 16 | kOpVariable, pointer, id, kFunctionStorage});
    return id;
  }
  void store(uint32_t pointer, uint32_t value) { body_.insert(body_.end(), {3u << 16 | kOpStore, pointer, value}); }
  uint32_t call(const std::string& name, const std::vector<uint32_t>& arguments) {
    std::vector<uint32_t> operands = {frame().function(name)};
    called_.insert(operands[0]);
    operands.insert(operands.end(), arguments.begin(), arguments.end());
    return emit(kOpFunctionCall, frame().float_type, operands);
  }
  std::vector<uint32_t> axes(const std::vector<int64_t>& sizes, uint32_t index) {
    std::vector<uint32_t> places(sizes.size());
    uint32_t left = index;
    for (size_t axis = sizes.size(); axis-- > 0;) {
      if (axis == 0) {
        places[axis] = left;
        break;
      }
      places[axis] = emit(kOpUMod, frame().uint_type, {left, integer(sizes[axis])});
      left = emit(kOpUDiv, frame().uint_type, {left, integer(sizes[axis])});
    }
    return places;
  }
  uint32_t offset(const ElementwiseLayout& layout, size_t input, uint32_t index, const std::vector<uint32_t>& places) {
    const auto& strides = layout.strides[input];
    int64_t step = 1;
    bool is_dense = true;
    for (size_t axis = layout.sizes.size(); axis-- > 0;) {
      is_dense = is_dense && strides[axis] == step;
      step *= layout.sizes[axis];
    }
    if (is_dense) return index;
    uint32_t sum = 0;
    for (size_t axis = 0; axis < layout.sizes.size(); ++axis) {
      if (strides[axis] == 0) continue;
      const uint32_t term = strides[axis] == 1
                                ? places[axis]
                                : emit(kOpIMul, frame().uint_type, {places[axis], integer(strides[axis])});
      sum = sum == 0 ? term : emit(kOpIAdd, frame().uint_type, {sum, term});
    }
    return sum == 0 ? integer(0) : sum;
  }

  uint32_t next_;
  uint32_t index_variable_ = 0;
  std::array<uint32_t, 3> variables_{};
  std::vector<uint32_t> declarations_, local_, body_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> constants_;
  std::set<uint32_t> called_;
};

}  // namespace

std::vector<uint32_t> emit_elementwise(const std::vector<ElementwiseStep>& steps,
                                       const std::vector<double>& constants, const ElementwiseLayout& layout) {
  return Emitter(steps, constants, layout).words();
}

std::string name_elementwise(const std::vector<ElementwiseStep>& steps, const std::vector<double>& constants,
                             const ElementwiseLayout& layout) {
  std::string name = "elementwise";
  for (const ElementwiseStep& step : steps) {
    name += " " + step.function;
    for (const int32_t operand : step.operands) name += "," + std::to_string(operand);
  }
  for (const double value : constants)
    name += " " + std::to_string(std::bit_cast<uint32_t>(static_cast<float>(value)));
  for (const int64_t size : layout.sizes) name += layout.sizes.size() > 1 ? " [" + std::to_string(size) : "";
  for (const auto& strides : layout.strides) {
    name += " @";
    for (const int64_t stride : strides) name += std::to_string(stride) + ",";
  }
  return name;
}

}  // namespace lazuli::gpu
