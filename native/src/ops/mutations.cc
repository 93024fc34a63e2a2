// See mutations.h.
#include "mutations.h"

#include <initializer_list>

namespace lazuli {
namespace {

constexpr uint32_t bits(std::initializer_list<int> inputs) {
  uint32_t mask = 0;
  for (const int input : inputs) mask |= uint32_t{1} << input;
  return mask;
}

struct Mutation {
  std::string_view op;
  uint32_t inputs;
};

constexpr Mutation kMutations[] = {
    {"batch_norm", bits({3, 4, 5})},
    {"advance", bits({0})},
    {"record", bits({1})},
    {"sgd_step", bits({0, 2, 3})},
    {"adam_step", bits({0, 2, 3, 4, 5})},
    {"rmsprop_step", bits({0, 2, 3, 4, 5})},
    {"outer_sgd_step", bits({2, 3, 4})},
    {"outer_adam_step", bits({2, 3, 4, 5, 6})},
    {"outer_rmsprop_step", bits({2, 3, 4, 5, 6})},
};

}  // namespace

uint32_t mutated_inputs(std::string_view op) {
  for (const Mutation& row : kMutations)
    if (row.op == op) return row.inputs;
  return 0;
}

}  // namespace lazuli
