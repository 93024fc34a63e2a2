// The fused elementwise op as a kernel of its own: SPIR-V written from the op's steps into the frame elementwise.comp,
// whose functions load, store and compute.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../ops/kernel.h"

namespace lazuli::gpu {

/// How an input lies under the output: where its elements come from when the output's axes, merged where that is
/// possible, are `sizes`. All inputs of equal layout share kernels.
struct ElementwiseLayout {
  std::vector<int64_t> sizes;                 // merged axes of the output
  std::vector<std::vector<int64_t>> strides;  // per input and axis, in elements; 0 where it is repeated
};

/// Throws OpError for an unknown function or operand: they come from our own tables.
std::vector<uint32_t> emit_elementwise(const std::vector<ElementwiseStep>& steps,
                                       const std::vector<double>& constants, const ElementwiseLayout& layout);
/// Names a kernel: equal names, equal kernels.
std::string name_elementwise(const std::vector<ElementwiseStep>& steps, const std::vector<double>& constants,
                             const ElementwiseLayout& layout);

}  // namespace lazuli::gpu
