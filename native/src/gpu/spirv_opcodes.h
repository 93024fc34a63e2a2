// The instructions of SPIR-V that kernels are made of and rewritten by, by their numbers: the SPIR-V specification, section 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lazuli::gpu {

enum Opcode : uint32_t {
  kOpName = 5,
  kOpMemberName = 6,
  kOpTypeBool = 20,
  kOpTypeInt = 21,
  kOpTypeFloat = 22,
  kOpTypeVector = 23,
  kOpTypeStruct = 30,
  kOpTypePointer = 32,
  kOpTypeFunction = 33,
  kOpConstantTrue = 41,
  kOpConstantFalse = 42,
  kOpConstant = 43,
  kOpConstantComposite = 44,
  kOpSpecConstantTrue = 48,
  kOpSpecConstantFalse = 49,
  kOpSpecConstant = 50,
  kOpSpecConstantComposite = 51,
  kOpSpecConstantOp = 52,
  kOpFunction = 54,
  kOpFunctionParameter = 55,
  kOpFunctionEnd = 56,
  kOpFunctionCall = 57,
  kOpVariable = 59,
  kOpLoad = 61,
  kOpStore = 62,
  kOpAccessChain = 65,
  kOpInBoundsAccessChain = 66,
  kOpPtrAccessChain = 67,
  kOpDecorate = 71,
  kOpMemberDecorate = 72,
  kOpCompositeConstruct = 80,
  kOpCompositeExtract = 81,
  kOpCopyObject = 83,
  kOpConvertUToPtr = 120,
  kOpBitcast = 124,
  kOpIAdd = 128,
  kOpISub = 130,
  kOpIMul = 132,
  kOpUDiv = 134,
  kOpUMod = 137,
  kOpLogicalOr = 166,
  kOpLogicalAnd = 167,
  kOpSelect = 169,
  kOpIEqual = 170,
  kOpINotEqual = 171,
  kOpUGreaterThan = 172,
  kOpUGreaterThanEqual = 174,
  kOpULessThan = 176,
  kOpULessThanEqual = 178,
  kOpBitwiseOr = 197,
  kOpAtomicLoad = 227,
  kOpAtomicStore = 228,
  kOpAtomicCompareExchange = 230,
  kOpAtomicXor = 242,
  kOpPhi = 245,
  kOpLoopMerge = 246,
  kOpSelectionMerge = 247,
  kOpLabel = 248,
  kOpBranch = 249,
  kOpBranchConditional = 250,
  kOpReturnValue = 254,
  kOpCooperativeMatrixLoad = 4457,
};

/// Words before the first instruction.
constexpr size_t kSpirvHead = 5;

/// Calls body(opcode, words) for each instruction of a kernel.
template <typename Body> void each_instruction(std::span<const uint32_t> words, Body&& body) {
  for (size_t at = kSpirvHead; at < words.size();) {
    const size_t count = words[at] >> 16;
    body(static_cast<Opcode>(words[at] & 0xFFFF), words.subspan(at, count));
    at += count;
  }
}

}  // namespace lazuli::gpu
