// measureScratch of native/contract.ts: what the calls of a program would take besides their operands, none of which need exist.
#pragma once

#include "backend.h"

namespace lazuli::binding {

Napi::Value measure_scratch(const Napi::CallbackInfo& call);

}  // namespace lazuli::binding
