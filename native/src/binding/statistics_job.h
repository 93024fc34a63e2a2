// measureTensor of native/contract.ts.
#pragma once

#include "backend.h"

namespace lazuli::binding {

/// (tensor, bins, rows, columns): resolves with the tensor's figures.
Napi::Value measure(const Napi::CallbackInfo& info);

}  // namespace lazuli::binding
