// Which instruction set's kernels run: the best this machine has, or the one forced by a test.
#include <array>
#include <atomic>
#include <string>

#include "../../ops/kernel.h"
#include "isa_kernels.h"

namespace lazuli {
namespace {

struct Available {
  std::array<const IsaKernels*, 3> sets{};
  size_t count = 0;

  Available() {
#if defined(LAZULI_X86)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("fma"))
      sets[count++] = &isa_kernels_avx512();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets[count++] = &isa_kernels_avx2();
#endif
    sets[count++] = &isa_kernels_portable();
  }
};

const Available& available() {
  static const Available sets;
  return sets;
}

std::atomic<const IsaKernels*> chosen{nullptr};

}  // namespace

#if defined(LAZULI_X86)
const PairKernels& pair_kernels_avx512bf16();

const PairKernels* pair_kernels(std::string_view isa) {
  static const bool is_there = (__builtin_cpu_init(), __builtin_cpu_supports("avx512bf16"));
  return is_there && isa == "avx512" ? &pair_kernels_avx512bf16() : nullptr;
}
#else
const PairKernels* pair_kernels(std::string_view) { return nullptr; }
#endif

std::span<const IsaKernels* const> available_isas() { return {available().sets.data(), available().count}; }

const IsaKernels& isa_kernels() {
  const IsaKernels* set = chosen.load(std::memory_order_acquire);
  return set != nullptr ? *set : *available_isas().front();
}

void select_isa(std::string_view name) {
  std::string names;
  for (const IsaKernels* set : available_isas()) {
    if (name == set->name) {
      chosen.store(set, std::memory_order_release);
      return;
    }
    names += (names.empty() ? "" : ", ") + std::string(set->name);
  }
  throw OpError("setIsa: expected one of " + names + ", got '" + std::string(name) + "'");
}

}  // namespace lazuli
