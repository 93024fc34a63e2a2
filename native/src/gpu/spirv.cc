// See spirv.h.
#include "spirv.h"

namespace lazuli::gpu {
namespace {

struct Kernel {
  std::string_view name;
  std::span<const uint32_t> words;
};

#include "spirv.inc"

}  // namespace

std::span<const uint32_t> find_spirv(std::string_view name) {
  for (const Kernel& kernel : kKernels)
    if (kernel.name == name) return kernel.words;
  return {};
}

}  // namespace lazuli::gpu
