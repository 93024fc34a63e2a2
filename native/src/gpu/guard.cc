// See guard.h. Word numbers and opcodes: the SPIR-V specification, section 3.
#include "guard.h"

#include <algorithm>
#include <initializer_list>
#include <map>

#include "recorder.h"
#include "spirv_opcodes.h"

namespace lazuli::gpu {
namespace {

constexpr uint32_t kPhysicalStorage = 5349, kAligned = 2, kDeviceScope = 1, kOffset = 35, kPointerBytes = 8;

using Words = std::vector<uint32_t>;
using List = std::initializer_list<uint32_t>;

void put(Words& to, Opcode op, List operands) {
  to.push_back(static_cast<uint32_t>(operands.size() + 1) << 16 | op);
  to.insert(to.end(), operands);
}

class Guard {
 public:
  Guard(std::span<const uint32_t> words, uint64_t table)
      : words_(words), low_(static_cast<uint32_t>(table)), high_(static_cast<uint32_t>(table >> 32)), next_(words[3]) {}

  Words run() {
    bool has_matrices = false;
    each_instruction(words_, [&](Opcode op, std::span<const uint32_t> each) {
      learn(op, each);
      has_matrices = has_matrices || op == kOpCooperativeMatrixLoad;
    });
    if (has_matrices) return {words_.begin(), words_.end()};
    declare();
    Words body;
    each_instruction(words_, [&](Opcode op, std::span<const uint32_t> each) { rewrite(op, each, body); });
    const Words check = check_function();
    const auto functions = body.begin() + static_cast<std::ptrdiff_t>(first_function_);
    Words all(words_.begin(), words_.begin() + kSpirvHead);
    all.insert(all.end(), body.begin(), functions);
    all.insert(all.end(), declarations_.begin(), declarations_.end());
    all.insert(all.end(), functions, body.end());
    all.insert(all.end(), check.begin(), check.end());
    all[3] = next_;
    return all;
  }

 private:
  /// Types, and which results are pointers to buffers.
  void learn(Opcode op, std::span<const uint32_t> each) {
    switch (op) {
      case kOpTypeBool: bool_ = each[1]; break;
      case kOpTypeInt:
        sizes_[each[1]] = each[2] / 8;
        if (each[2] == 32 && each[3] == 0) uint_ = each[1];
        break;
      case kOpTypeFloat: sizes_[each[1]] = each[2] / 8; break;
      case kOpTypeVector:
        sizes_[each[1]] = sizes_[each[2]] * each[3];
        if (each[2] == uint_ && each[3] == 2) pair_ = each[1];
        if (each[2] == uint_ && each[3] == 4) four_ = each[1];
        break;
      case kOpMemberDecorate:
        if (each[3] == kOffset) offsets_[{each[1], each[2]}] = each[4];
        break;
      case kOpTypeStruct:
        for (uint32_t member = 0; member + 2 < each.size(); ++member)
          if (const auto offset = offsets_.find({each[1], member}); offset != offsets_.end())
            sizes_[each[1]] = std::max(sizes_[each[1]], offset->second + sizes_[each[member + 2]]);
        break;
      case kOpTypePointer:
        if (each[2] != kPhysicalStorage) break;
        sizes_[each[1]] = kPointerBytes;
        pointees_[each[1]] = each[3];
        if (each[3] == uint_) uint_pointer_ = each[1];
        if (each[3] == four_) four_pointer_ = each[1];
        break;
      case kOpTypeFunction:
        if (each.size() == 5 && each[2] == pair_ && each[3] == pair_ && each[4] == uint_) function_type_ = each[1];
        break;
      case kOpLoad: case kOpAccessChain: case kOpInBoundsAccessChain: case kOpPtrAccessChain: case kOpCopyObject:
      case kOpConvertUToPtr: case kOpBitcast: case kOpFunctionParameter: case kOpFunctionCall: case kOpSelect: case kOpPhi:
        if (pointees_.contains(each[1])) pointers_[each[2]] = each[1];
        break;
      default: break;
    }
  }

  uint32_t declared(uint32_t& known, Opcode op, List operands) {
    if (known != 0) return known;
    known = next_++;
    Words all{known};
    all.insert(all.end(), operands);
    declarations_.push_back(static_cast<uint32_t>(all.size() + 1) << 16 | op);
    declarations_.insert(declarations_.end(), all.begin(), all.end());
    return known;
  }
  void declare() {
    declared(bool_, kOpTypeBool, {});
    declared(uint_, kOpTypeInt, {32, 0});
    declared(pair_, kOpTypeVector, {uint_, 2});
    declared(four_, kOpTypeVector, {uint_, 4});
    declared(uint_pointer_, kOpTypePointer, {kPhysicalStorage, uint_});
    declared(four_pointer_, kOpTypePointer, {kPhysicalStorage, four_});
    declared(function_type_, kOpTypeFunction, {pair_, pair_, uint_});
    function_ = next_++;
  }
  uint32_t constant(uint32_t value) {
    uint32_t& known = constants_[value];
    if (known == 0) put(declarations_, kOpConstant, {uint_, known = next_++, value});
    return known;
  }
  uint32_t constant_pair(uint32_t low, uint32_t high) {
    const uint32_t a = constant(low), b = constant(high), id = next_++;
    put(declarations_, kOpConstantComposite, {pair_, id, a, b});
    return id;
  }

  /// An instruction, before it what leads its access through the check.
  void rewrite(Opcode op, std::span<const uint32_t> each, Words& body) {
    if (op == kOpFunction && first_function_ == 0) first_function_ = body.size();
    const bool is_store = op == kOpStore || op == kOpAtomicStore;
    const bool is_access = is_store || op == kOpLoad || (op >= kOpAtomicLoad && op <= kOpAtomicXor);
    const size_t place = is_store ? 1 : 3;
    Words own(each.begin(), each.end());
    if (const auto found = is_access ? pointers_.find(each[place]) : pointers_.end(); found != pointers_.end()) {
      const uint32_t type = found->second, bytes = sizes_[pointees_[type]];
      if (bytes == 0) throw OpError("GPU: an access of no known size");
      const uint32_t address = next_++, allowed = next_++, pointer = next_++, size = constant(bytes);
      put(body, kOpBitcast, {pair_, address, each[place]});
      put(body, kOpFunctionCall, {pair_, allowed, function_, address, size});
      put(body, kOpBitcast, {type, pointer, allowed});
      own[place] = pointer;
    }
    body.insert(body.end(), own.begin(), own.end());
  }

  uint32_t emit(Words& to, Opcode op, uint32_t type, List operands) {
    const uint32_t id = next_++;
    to.push_back(static_cast<uint32_t>(operands.size() + 3) << 16 | op);
    to.insert(to.end(), {type, id});
    to.insert(to.end(), operands);
    return id;
  }

  /// uvec2 check(uvec2 address, uint bytes): the address, or that of memory that belongs to nobody.
  Words check_function() {
    Words to;
    const uint32_t zero = constant(0), one = constant(1), piece = constant(16), start = constant(low_ + 16), high = constant(high_);
    const uint32_t head_at = constant_pair(low_, high_), nobody = constant_pair(low_ + static_cast<uint32_t>(kGuardBytes) - 256, high_);
    const uint32_t code = constant(static_cast<uint32_t>(StatusCode::bounds));
    const uint32_t scope = constant(kDeviceScope);
    uint32_t offsets[5] = {};
    for (uint32_t i = 1; i < 5; ++i) offsets[i] = constant(4 * i);
    const uint32_t address = next_++, bytes = next_++;
    uint32_t labels[10];
    for (uint32_t& label : labels) label = next_++;
    const auto [entry, loop, test, body, found, merge, more, none, first, end] = labels;
    const auto load = [&](uint32_t at) {
      const uint32_t pointer = emit(to, kOpBitcast, four_pointer_, {at});
      return emit(to, kOpLoad, four_, {pointer, kAligned, 16});
    };
    const auto part = [&](uint32_t of, uint32_t at) { return emit(to, kOpCompositeExtract, uint_, {of, at}); };
    put(to, kOpFunction, {pair_, function_, 0, function_type_});
    put(to, kOpFunctionParameter, {pair_, address});
    put(to, kOpFunctionParameter, {uint_, bytes});
    put(to, kOpLabel, {entry});
    const uint32_t address_low = part(address, 0), address_high = part(address, 1);
    const uint32_t head = load(head_at), count = part(head, 0);
    put(to, kOpBranch, {loop});
    put(to, kOpLabel, {loop});
    const uint32_t following = next_++;
    const uint32_t i = emit(to, kOpPhi, uint_, {zero, entry, following, more});
    put(to, kOpLoopMerge, {none, more, 0});
    put(to, kOpBranch, {test});
    put(to, kOpLabel, {test});
    put(to, kOpBranchConditional, {emit(to, kOpULessThan, bool_, {i, count}), body, none});
    put(to, kOpLabel, {body});
    const uint32_t at = emit(to, kOpIAdd, uint_, {emit(to, kOpIMul, uint_, {i, piece}), start});
    const uint32_t range = load(emit(to, kOpCompositeConstruct, pair_, {at, high}));
    const uint32_t low = part(range, 0), size = part(range, 2);
    const uint32_t distance = emit(to, kOpISub, uint_, {address_low, low});
    const uint32_t borrow = emit(to, kOpSelect, uint_, {emit(to, kOpULessThan, bool_, {address_low, low}), one, zero});
    const uint32_t rest = emit(to, kOpISub, uint_, {emit(to, kOpISub, uint_, {address_high, part(range, 1)}), borrow});
    const uint32_t is_near = emit(to, kOpIEqual, bool_, {rest, zero});
    const uint32_t has_room = emit(to, kOpUGreaterThanEqual, bool_, {size, bytes});
    const uint32_t is_before_end = emit(to, kOpULessThanEqual, bool_, {distance, emit(to, kOpISub, uint_, {size, bytes})});
    const uint32_t both = emit(to, kOpLogicalAnd, bool_, {is_near, has_room});
    const uint32_t is_inside = emit(to, kOpLogicalAnd, bool_, {both, is_before_end});
    put(to, kOpSelectionMerge, {merge, 0});
    put(to, kOpBranchConditional, {is_inside, found, merge});
    put(to, kOpLabel, {found});
    put(to, kOpReturnValue, {address});
    put(to, kOpLabel, {merge});
    put(to, kOpBranch, {more});
    put(to, kOpLabel, {more});
    put(to, kOpIAdd, {uint_, following, i, one});
    put(to, kOpBranch, {loop});
    put(to, kOpLabel, {none});
    const uint32_t status_low = part(head, 2), status_high = part(head, 3);
    const auto word = [&](uint32_t place) {
      return emit(to, kOpBitcast, uint_pointer_, {emit(to, kOpCompositeConstruct, pair_, {place, status_high})});
    };
    const uint32_t before = emit(to, kOpAtomicCompareExchange, uint_, {word(status_low), scope, zero, zero, code, zero});
    const uint32_t is_first = emit(to, kOpIEqual, bool_, {before, zero});
    put(to, kOpSelectionMerge, {end, 0});
    put(to, kOpBranchConditional, {is_first, first, end});
    put(to, kOpLabel, {first});
    const uint32_t values[5] = {0, part(head, 1), address_low, address_high, bytes};
    for (uint32_t k = 1; k < 5; ++k)
      put(to, kOpStore, {word(emit(to, kOpIAdd, uint_, {status_low, offsets[k]})), values[k], kAligned, 4});
    put(to, kOpBranch, {end});
    put(to, kOpLabel, {end});
    put(to, kOpReturnValue, {nobody});
    put(to, kOpFunctionEnd, {});
    return to;
  }

  std::span<const uint32_t> words_;
  uint32_t low_, high_, next_;
  uint32_t bool_ = 0, uint_ = 0, pair_ = 0, four_ = 0, uint_pointer_ = 0, four_pointer_ = 0, function_type_ = 0;
  uint32_t function_ = 0;
  std::map<uint32_t, uint32_t> sizes_, pointees_, pointers_, constants_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> offsets_;  // of members of structures
  Words declarations_;
  size_t first_function_ = 0;
};

}  // namespace

std::vector<uint32_t> guarded(std::span<const uint32_t> words, uint64_t table) { return Guard(words, table).run(); }

}  // namespace lazuli::gpu
