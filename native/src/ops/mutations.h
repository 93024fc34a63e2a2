// Which inputs an op changes in place: who else reads their memory must have a copy first. As core/ops/signatures.ts has it.
#pragma once

#include <cstdint>
#include <string_view>

namespace lazuli {

/// Bit i is set where input i is changed; 0 for an op that changes none.
uint32_t mutated_inputs(std::string_view op);

}  // namespace lazuli
