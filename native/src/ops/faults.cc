// One armed fault per place.
#include "faults.h"

#include <array>
#include <atomic>
#include <new>
#include <stdexcept>

#include "kernel.h"

namespace lazuli {
namespace {

constexpr std::array<std::string_view, 3> kPlaces = {"allocate", "kernel", "thread"};
constexpr std::array<std::string_view, 4> kKinds = {"", "bad_alloc", "length_error", "int"};
std::array<std::atomic<int>, 3> armed{};

}  // namespace

void inject_fault(std::string_view place, std::string_view kind) {
  for (size_t p = 0; p < kPlaces.size(); ++p) {
    if (kPlaces[p] != place) continue;
    for (size_t k = 1; k < kKinds.size(); ++k) {
      if (kKinds[k] != kind) continue;
      armed[p].store(static_cast<int>(k));
      return;
    }
    throw OpError("injectFault: expected bad_alloc, length_error or int, got '" + std::string(kind) + "'");
  }
  throw OpError("injectFault: expected allocate, kernel or thread, got '" + std::string(place) + "'");
}

void trigger_fault(FaultPlace place) {
  std::atomic<int>& fault = armed[static_cast<size_t>(place)];
  if (fault.load(std::memory_order_relaxed) == 0) return;
  switch (fault.exchange(0)) {
    case 1: throw std::bad_alloc();
    case 2: throw std::length_error("injected length_error");
    case 3: throw 42;
    default: return;
  }
}

}  // namespace lazuli
