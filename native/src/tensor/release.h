// Gives large blocks back to the system on a thread of its own: unmapping a gigabyte takes a tenth of a second, which the thread
// that drops the last hold on it, JavaScript's as often as not, does not have.
#pragma once

#include "../ops/kernel.h"
#include "memory.h"

namespace lazuli {

/// Frees the memory: at once, or soon where it is large. The budget has it back then.
void release_soon(Memory&& memory) noexcept;
/// Waits until everything given up so far is free.
void drain_released();

/// What `make` returns. Where it finds too little memory it is asked again when what was given up is free.
template <typename Make> auto with_released(Make&& make) {
  try {
    return make();
  } catch (const OutOfMemory&) {
    drain_released();
    return make();
  }
}

}  // namespace lazuli
