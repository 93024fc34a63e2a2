// Recording optimizer updates: neighbours with equal options are one pass over all their parameters.
#include <cmath>

#include "ops.h"

namespace lazuli::gpu {
namespace {

constexpr int64_t kChunk = 4096;
enum Rule : uint32_t { kSgd, kAdam, kRmsprop };

/// As optimize.comp reads it.
struct Row {
  uint64_t parameter, gradient, states[3], step, rate;
  uint32_t count, unused;
};
static_assert(sizeof(Row) == 64);

/// The options in the order of the kernel's numbers.
struct Options {
  bool maximize = false, nesterov = false, decoupled = false;
  double beta1 = 0, beta2 = 0, eps = 0, decay = 0, momentum = 0, dampening = 0;
  bool operator==(const Options&) const = default;
};

Options options_of(Rule rule, const Attributes& attributes) {
  Options options;
  options.maximize = attributes.boolean("maximize");
  options.decay = attributes.number("weight_decay");
  if (rule != kAdam) options.momentum = attributes.number("momentum");
  if (rule != kSgd) options.eps = attributes.number("eps");
  if (rule == kSgd) {
    options.nesterov = attributes.boolean("nesterov");
    options.dampening = attributes.number("dampening");
  } else if (rule == kAdam) {
    options.decoupled = attributes.boolean("decoupled");
    options.beta1 = attributes.number("beta1");
    options.beta2 = attributes.number("beta2");
  } else {
    options.beta1 = attributes.number("alpha");
  }
  return options;
}

void run(Rule rule, std::span<const Inputs> calls, const Options& options, Recorder& recorder) {
  std::vector<Row> rows;
  std::vector<uint32_t> chunks;
  std::vector<uint64_t> steps;
  for (const Inputs& inputs : calls) {
    expect_float32(inputs[0]);
    const size_t states = inputs.size() - 4;
    Row row{at(inputs[0]), at(inputs[1]), {0, 0, 0}, at(inputs[2 + states]), at(inputs[3 + states]),
            static_cast<uint32_t>(inputs[0].numel()), 0};
    for (size_t i = 0; i < states; ++i) row.states[i] = at(inputs[2 + i]);
    for (int64_t first = 0; first < inputs[0].numel(); first += kChunk) {
      chunks.push_back(static_cast<uint32_t>(rows.size()));
      chunks.push_back(static_cast<uint32_t>(first));
    }
    rows.push_back(row);
    steps.push_back(row.step);
  }
  const auto count = [&] {
    Push push;
    push.address(recorder.constants(steps)).integer(static_cast<int64_t>(steps.size()));
    recorder.dispatch_elements("count_steps", {}, push, static_cast<int64_t>(steps.size()), 64);
  };
  if (rule != kSgd) {
    count();
    recorder.barrier();
  }
  if (!chunks.empty()) {
    Push push;
    push.address(recorder.constants(rows)).address(recorder.constants(chunks));
    push.integer(static_cast<int64_t>(chunks.size() / 2)).integer(kChunk);
    push.integer(options.maximize).integer(options.nesterov).integer(options.decoupled);
    for (const double value :
         {options.beta1, options.beta2, options.eps, options.decay, options.momentum, options.dampening,
          1 - options.beta1, 1 - options.beta2, std::log(options.beta1), std::log(options.beta2)})
      push.number(value);
    recorder.dispatch_elements("optimize", {rule}, push, static_cast<int64_t>(chunks.size() / 2), 1);
  }
  if (rule == kSgd) {
    recorder.barrier();
    count();
  }
}

template <Rule rule> void one(Inputs inputs, Outputs, const Attributes& attributes, Recorder& recorder) {
  run(rule, {&inputs, 1}, options_of(rule, attributes), recorder);
}

template <Rule rule>
void many(std::span<const Inputs> inputs, std::span<const Attributes* const> attributes, Recorder& recorder) {
  for (size_t first = 0; first < inputs.size();) {
    const Options options = options_of(rule, *attributes[first]);
    size_t end = first + 1;
    while (end < inputs.size() && options_of(rule, *attributes[end]) == options) ++end;
    run(rule, inputs.subspan(first, end - first), options, recorder);
    first = end;
  }
}

constexpr GpuOp kOps[] = {
    {"sgd_step", 5, 5, 0, 0b1101, one<kSgd>, many<kSgd>},
    {"adam_step", 7, 7, 0, 0b111101, one<kAdam>, many<kAdam>},
    {"rmsprop_step", 7, 7, 0, 0b111101, one<kRmsprop>, many<kRmsprop>},
};

}  // namespace

std::span<const GpuOp> optimizer_ops() { return kOps; }

}  // namespace lazuli::gpu
