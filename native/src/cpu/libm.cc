// See libm.h.
#include "libm.h"

#include <cmath>

#include "../ops/kernel.h"

namespace lazuli {
namespace {

/// Called through the pointer, so that no compiler puts a vector function with other last bits in its place.
using Function = double (*)(double);

struct Row {
  const char* name;
  Function function;
};

constexpr Row kFunctions[] = {{"log", std::log}, {"log1p", std::log1p}, {"sin", std::sin}, {"cos", std::cos}};

}  // namespace

void apply_libm(const std::string& name, double* values, size_t count) {
  for (const Row& row : kFunctions) {
    if (name != row.name) continue;
    const Function function = row.function;
    for (size_t i = 0; i < count; ++i) values[i] = function(values[i]);
    return;
  }
  throw OpError("libm: expected log, log1p, sin or cos, got " + name);
}

}  // namespace lazuli
