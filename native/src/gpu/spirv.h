// The compiled kernels of shaders/, by name. scripts/shaders.mjs makes spirv.inc from the sources; a test compares them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lazuli::gpu {

/// The words of a kernel; empty for a name there is none of.
std::span<const uint32_t> find_spirv(std::string_view name);

}  // namespace lazuli::gpu
