// Which inputs an op changes in place: who else reads their memory must have a copy first. As core/ops/signatures.ts has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lazuli {

/// Bit i is set where input i is changed; 0 for an op that changes none.
uint32_t mutated_inputs(std::string_view op);

/// Whether a set of mutated_inputs() has an input; ops that take more inputs than it has bits change none of those.
constexpr bool is_mutated(uint32_t mutated, size_t input) { return input < 32 && (mutated >> input & 1) != 0; }

}  // namespace lazuli
