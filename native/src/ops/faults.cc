// One armed fault per place.
#include "faults.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <stdexcept>
#include <string>

#include "kernel.h"

namespace lazuli {
namespace {

constexpr std::array<std::string_view, 5> kPlaces = {"allocate", "kernel", "thread", "entry", "delivery"};
constexpr std::array<std::string_view, 4> kKinds = {"none", "bad_alloc", "length_error", "int"};

struct Fault {
  std::atomic<int> kind{0};
  std::atomic<int64_t> before{0};  // passes that go well
};
std::array<Fault, kPlaces.size()> armed{};

template <size_t count>
size_t index_of(const std::array<std::string_view, count>& words, std::string_view word) {
  const size_t index = static_cast<size_t>(std::ranges::find(words, word) - words.begin());
  if (index < count) return index;
  std::string list;
  for (const std::string_view each : words) list += (list.empty() ? "" : ", ") + std::string(each);
  throw OpError("injectFault: expected one of " + list + ", got '" + std::string(word) + "'");
}

}  // namespace

bool inject_fault(std::string_view place, std::string_view kind, int64_t after) {
  Fault& fault = armed[index_of(kPlaces, place)];
  const auto index = static_cast<int>(index_of(kKinds, kind));
  const bool was_armed = fault.kind.exchange(0) != 0;
  fault.before.store(after);
  fault.kind.store(index);
  return was_armed;
}

void trigger_fault(FaultPlace place) {
  Fault& fault = armed[static_cast<size_t>(place)];
  if (fault.kind.load(std::memory_order_relaxed) == 0) return;
  if (fault.before.fetch_sub(1) > 0) return;
  switch (fault.kind.exchange(0)) {
    case 1: throw std::bad_alloc();
    case 2: throw std::length_error("injected length_error");
    case 3: throw 42;
    default: return;
  }
}

}  // namespace lazuli
