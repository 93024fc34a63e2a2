// Kernels with their specialization constants written in. Drivers in software compile what constants leave out as well (SwiftShader
// takes twice the time), unless it is gone before they see it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lazuli::gpu {

/// The kernel with the given value for each constant, by its number, and its default where none is given; what is computed from
/// constants of 32 bits and truths is a constant too.
std::vector<uint32_t> specialized(std::span<const uint32_t> words, std::span<const uint32_t> constants);

}  // namespace lazuli::gpu
