// The fused elementwise op: its steps are interpreted over blocks that stay in the first-level cache, one
// vector loop of the instruction set in use per step and block.
#include <algorithm>
#include <array>

#include "broadcast.h"
#include "families.h"
#include "isa/isa_kernels.h"
#include "steps.h"

namespace lazuli {
namespace {

constexpr std::array<const char*, kMaxInputs> kInputNames = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"};

Shape broadcast_shape(const Arguments& args, Inputs inputs) {
  Shape shape;
  for (const TensorView& input : inputs) shape.resize(std::max(shape.size(), input.shape.size()), 1);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Shape& own = inputs[i].shape;
    const size_t missing = shape.size() - own.size();
    for (size_t axis = 0; axis < own.size(); ++axis) {
      int64_t& size = shape[missing + axis];
      if (own[axis] != 1 && size != 1 && own[axis] != size)
        args.refuse("shape of x" + std::to_string(i), "one that broadcasts with " + shape_text(shape),
                    shape_text(own));
      if (size == 1) size = own[axis];
    }
  }
  return shape;
}

/// Everything the pieces of one call share.
template <typename T> struct Run {
  const Steps& plan;
  std::vector<Broadcast> broadcasts;
  std::vector<const T*> data;
  std::vector<T> constants;
  T* output;
  const VectorMath<T>& math;

  /// Elements of workspace a piece needs: the readers' tables, a block per constant and per slot.
  int64_t workspace() const {
    int64_t size = (plan.constants + plan.slots) * kBlock;
    for (const Broadcast& broadcast : broadcasts) size += broadcast.table_size();
    return size;
  }

  void piece(int64_t begin, int64_t end, T* memory) const {
    std::vector<BlockReader<T>> readers;
    for (size_t i = 0; i < data.size(); ++i) {
      readers.emplace_back(broadcasts[i], data[i], memory);
      memory += broadcasts[i].table_size();
    }
    std::array<const T*, kMaxInputs + kMaxConstants + kMaxSteps> values{};
    size_t known = data.size();
    for (const T constant : constants) {
      std::fill_n(memory, kBlock, constant);
      values[known++] = memory;
      memory += kBlock;
    }
    for (int64_t first = begin; first < end; first += kBlock) {
      const int64_t count = std::min(kBlock, end - first);
      for (size_t i = 0; i < readers.size(); ++i) values[i] = readers[i].read(first, count);
      size_t next = known;
      for (const Step& step : plan.steps) {
        T* result = step.slot < 0 ? output + first : memory + step.slot * kBlock;
        apply_step(math, step, values.data(), result, count);
        values[next++] = result;
      }
    }
  }
};

/// (x0 ... x7) → y of the broadcast shape. y may be one of the inputs that has its shape.
void elementwise(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("elementwise", inputs, outputs, 1, 8, 1);
  for (int i = 0; i < static_cast<int>(inputs.size()); ++i)
    args.floating(i, kInputNames[static_cast<size_t>(i)]);
  const Steps plan = steps_of(args, attributes, inputs.size());
  const Shape shape = broadcast_shape(args, inputs);
  TensorView& y = args.output(0, "output", shape);
  const int64_t count = args.elements("output", shape);
  if (count == 0) return;
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    Run<T> run{plan, {}, {}, {}, y.as<T>(), isa_kernels().math<T>()};
    for (const TensorView& input : inputs) {
      run.broadcasts.emplace_back(input.shape, shape);
      run.data.push_back(input.as<const T>());
    }
    for (const double constant : attributes.numbers("constants"))
      run.constants.push_back(static_cast<T>(constant));
    // Cheap steps need large pieces to be worth a thread.
    const int64_t blocks = (count + kBlock - 1) / kBlock;
    const int64_t grain = std::max<int64_t>(1, 32 / static_cast<int64_t>(plan.steps.size()));
    context.parallel_for(blocks, grain, [&](int64_t begin, int64_t end) {
      std::vector<T> memory(static_cast<size_t>(run.workspace()));
      run.piece(begin * kBlock, std::min(end * kBlock, count), memory.data());
    });
  });
}

constexpr std::array<OpEntry, 1> kOps = {{{"elementwise", 1, 8, 1, elementwise}}};

}  // namespace

std::span<const OpEntry> elementwise_ops() { return kOps; }

}  // namespace lazuli
