// Recording reductions, argmax, scan and argsort.
#include <algorithm>

#include "ops.h"

namespace lazuli::gpu {
namespace {

constexpr int64_t kPart = 4096;   // elements of one part, at least
constexpr int64_t kGroups = 512;  // workgroups that keep a device busy

struct Line {
  int64_t size, stride;
};

void push_lines(Push& push, const std::vector<Line>& kept, const std::vector<Line>& reduced) {
  std::vector<Line> all = kept;
  all.insert(all.end(), reduced.begin(), reduced.end());
  if (all.size() > 8) throw OpError("the GPU reduces over at most 8 axes");
  all.resize(8, {1, 0});
  for (const Line& line : all) push.integer(line.size);
  for (const Line& line : all) push.integer(line.stride);
}

void reduce(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &x = inputs[0], &y = outputs[0];
  expect_float32(x);
  const std::string& name = attributes.text("kind");
  const uint32_t kind = name == "sum" ? 0 : name == "max" ? 1 : 2;
  const std::vector<int64_t> axes = attributes.integers("axes");
  std::vector<Line> kept, reduced;
  int64_t step = 1;
  bool was_reduced = false, is_first = true;
  for (size_t axis = x.shape.size(); axis-- > 0;) {
    const bool is_reduced = std::find(axes.begin(), axes.end(), static_cast<int64_t>(axis)) != axes.end();
    auto& list = is_reduced ? reduced : kept;
    if (x.shape[axis] != 1) {
      if (!is_first && was_reduced == is_reduced)
        list.front().size *= x.shape[axis];
      else
        list.insert(list.begin(), {x.shape[axis], step});
      was_reduced = is_reduced;
      is_first = false;
    }
    step *= x.shape[axis];
  }
  const bool is_inner_kept = !is_first && !kept.empty() && kept.back().stride == 1;
  if (kept.empty()) kept.push_back({1, 0});
  if (reduced.empty()) reduced.push_back({1, 0});
  const int64_t results = y.numel();
  if (results == 0) return;
  int64_t elements = 1;
  for (const Line& line : reduced) elements *= line.size;
  const uint32_t side = is_inner_kept && results >= 32 ? 32 : !is_inner_kept && elements <= 64 && results >= 32 ? 32 : 1;
  const int64_t groups = (results + side - 1) / side;
  const int64_t lanes = 256 / side;
  int64_t parts = std::clamp<int64_t>(kGroups / groups, 1, std::max<int64_t>(elements / std::max<int64_t>(lanes * 8, kPart / side), 1));
  const int64_t part = (elements + parts - 1) / std::max<int64_t>(parts, 1);
  parts = std::max<int64_t>((elements + std::max<int64_t>(part, 1) - 1) / std::max<int64_t>(part, 1), 1);
  const uint64_t target = parts > 1 ? recorder.scratch(parts * results * 4) : at(y);
  Push push;
  push.address(at(x)).address(target).integer(results).integer(elements).integer(part);
  push_lines(push, kept, reduced);
  recorder.dispatch("reduce",
                    {kind, side, static_cast<uint32_t>(kept.size()), static_cast<uint32_t>(reduced.size())}, push,
                    {static_cast<uint32_t>(groups), static_cast<uint32_t>(parts), 1});
  if (parts == 1) return;
  recorder.barrier();
  Push join;
  join.address(target).address(at(y)).integer(results).integer(parts).integer(parts);
  push_lines(join, {{results, 1}}, {{parts, results}});
  const uint32_t join_side = results >= 32 ? 32 : 1;
  recorder.dispatch("reduce", {kind, join_side, 1, 1}, join,
                    {static_cast<uint32_t>((results + join_side - 1) / join_side), 1, 1});
}

void argmax(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  expect_float32(inputs[0]);
  const Axis axis = around(inputs[0].shape, static_cast<size_t>(attributes.integer("axis")));
  Push push;
  push.address(at(inputs[0])).address(at(outputs[0])).integer(axis.size).integer(axis.inner).integer(outputs[0].numel());
  recorder.dispatch_elements("argmax", {}, push, outputs[0].numel(), 1);
}

void scan(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  expect_float32(inputs[0]);
  const Axis axis = around(inputs[0].shape, static_cast<size_t>(attributes.integer("axis")));
  Push push;
  push.address(at(inputs[0])).address(at(outputs[0])).integer(axis.size).integer(axis.inner);
  push.integer(axis.outer * axis.inner).integer(attributes.boolean("reverse"));
  if (axis.size > 0)
    recorder.dispatch_elements("scan", {attributes.text("kind") == "prod"}, push, axis.outer * axis.inner, 1);
}

void argsort(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  expect_float32(inputs[0]);
  const Axis axis = around(inputs[0].shape, static_cast<size_t>(attributes.integer("axis")));
  Push push;
  push.address(at(inputs[0])).address(at(outputs[0])).integer(axis.size).integer(axis.inner);
  push.integer(outputs[0].numel()).integer(attributes.boolean("descending"));
  recorder.dispatch_elements("argsort", {}, push, outputs[0].numel());
}

constexpr GpuOp kOps[] = {{"reduce", 1, 1, 1, 0, reduce},
                          {"argmax", 1, 1, 1, 0, argmax},
                          {"scan", 1, 1, 1, 0, scan},
                          {"argsort", 1, 1, 1, 0, argsort}};

}  // namespace

std::span<const GpuOp> reduce_gpu_ops() { return kOps; }

}  // namespace lazuli::gpu
