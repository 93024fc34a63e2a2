// Faults that tests inject: the next allocation, kernel or thread body throws. Costs one relaxed load where
// nothing is armed.
#pragma once

#include <string_view>

namespace lazuli {

enum class FaultPlace { allocate, kernel, thread };

/// Arms one fault; `kind` is bad_alloc, length_error or int. Throws OpError for other words.
void inject_fault(std::string_view place, std::string_view kind);
/// Throws the fault armed for this place, once.
void trigger_fault(FaultPlace place);

}  // namespace lazuli
