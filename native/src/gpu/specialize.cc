// See specialize.h. Word numbers and opcodes: the SPIR-V specification, section 3.
#include "specialize.h"

#include <map>
#include <optional>

#include "spirv_opcodes.h"

namespace lazuli::gpu {
namespace {

constexpr uint32_t kSpecId = 1;

class Specializer {
 public:
  explicit Specializer(std::span<const uint32_t> constants) : constants_(constants) {}

  std::vector<uint32_t> run(std::span<const uint32_t> words) {
    words_.assign(words.begin(), words.begin() + kSpirvHead);
    each_instruction(words, [&](Opcode op, std::span<const uint32_t> each) { rewrite(op, each); });
    return std::move(words_);
  }

 private:
  void rewrite(Opcode op, std::span<const uint32_t> each) {
    switch (op) {
      case kOpDecorate:
        if (each[2] != kSpecId) break;
        numbers_[each[1]] = each[3];
        return;
      case kOpTypeBool: bool_ = each[1]; break;
      case kOpConstantTrue:
      case kOpConstantFalse: values_[each[2]] = op == kOpConstantTrue; break;
      case kOpConstant:
        if (each.size() == 4) values_[each[2]] = each[3];
        break;
      case kOpSpecConstantTrue:
      case kOpSpecConstantFalse: return keep(each[1], each[2], given(each[2], op == kOpSpecConstantTrue) != 0);
      case kOpSpecConstant:
        if (each.size() != 4) break;
        return keep(each[1], each[2], given(each[2], each[3]));
      case kOpSpecConstantComposite:
        words_.push_back(each[0] >> 16 << 16 | kOpConstantComposite);
        words_.insert(words_.end(), each.begin() + 1, each.end());
        return;
      case kOpSpecConstantOp:
        if (const auto value = computed(each)) return keep(each[1], each[2], *value);
        break;
      default: break;
    }
    words_.insert(words_.end(), each.begin(), each.end());
  }

  uint32_t given(uint32_t id, uint32_t otherwise) const {
    const auto number = numbers_.find(id);
    return number == numbers_.end() || number->second >= constants_.size() ? otherwise : constants_[number->second];
  }

  void keep(uint32_t type, uint32_t id, uint32_t value) {
    values_[id] = value;
    if (type == bool_)
      words_.insert(words_.end(), {3u << 16 | (value != 0 ? kOpConstantTrue : kOpConstantFalse), type, id});
    else
      words_.insert(words_.end(), {4u << 16 | kOpConstant, type, id, value});
  }

  /// What an op gives of constants whose values are known; nothing where it does not say.
  std::optional<uint32_t> computed(std::span<const uint32_t> each) const {
    std::vector<uint32_t> of;
    for (const uint32_t id : each.subspan(4)) {
      const auto value = values_.find(id);
      if (value == values_.end()) return {};
      of.push_back(value->second);
    }
    if (of.size() == 3 && each[3] == kOpSelect) return of[0] != 0 ? of[1] : of[2];
    if (of.size() != 2) return {};
    const uint32_t a = of[0], b = of[1];
    switch (each[3]) {
      case kOpIAdd: return a + b;
      case kOpISub: return a - b;
      case kOpIMul: return a * b;
      case kOpUDiv: return b == 0 ? std::nullopt : std::optional(a / b);
      case kOpUMod: return b == 0 ? std::nullopt : std::optional(a % b);
      case kOpLogicalOr:
      case kOpBitwiseOr: return a | b;
      case kOpLogicalAnd: return a & b;
      case kOpIEqual: return a == b;
      case kOpINotEqual: return a != b;
      case kOpUGreaterThan: return a > b;
      case kOpUGreaterThanEqual: return a >= b;
      case kOpULessThan: return a < b;
      case kOpULessThanEqual: return a <= b;
      default: return {};
    }
  }

  std::span<const uint32_t> constants_;
  std::vector<uint32_t> words_;
  uint32_t bool_ = 0;
  std::map<uint32_t, uint32_t> numbers_, values_;  // by id
};

}  // namespace

std::vector<uint32_t> specialized(std::span<const uint32_t> words, std::span<const uint32_t> constants) {
  return Specializer(constants).run(words);
}

}  // namespace lazuli::gpu
