// Faults that tests inject: one allocation, kernel, thread body, call from JavaScript or delivery to it throws. Costs one
// relaxed load where nothing is armed.
#pragma once

#include <cstdint>
#include <string_view>

namespace lazuli {

/// `entry` is every call from JavaScript, `delivery` every result and progress report on its way there.
enum class FaultPlace { allocate, kernel, thread, entry, delivery };

/// Arms one fault, which `after` passes at its place come before; `kind` is bad_alloc, length_error, int, or none to arm
/// nothing. Returns true when the fault armed there before was never met. Throws OpError for other words.
bool inject_fault(std::string_view place, std::string_view kind, int64_t after = 0);
/// Throws the fault armed for this place when its turn has come, once.
void trigger_fault(FaultPlace place);

}  // namespace lazuli
