// The ops pad and pad_gradient; core/ops/signatures.ts defines them.
#pragma once

#include "../ops/kernel.h"

namespace lazuli {

void pad(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context);
void pad_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context);

}  // namespace lazuli
