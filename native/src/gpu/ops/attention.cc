// Recording self-attention and its gradient: by blocks of steps where a head's rows fit into a workgroup's shared memory, else
// a workgroup for each step. Neither stores scores.
#include "ops.h"

namespace lazuli::gpu {
namespace {

/// Of shaders/flash.comp.
constexpr int64_t kOthers = 32, kFourBytes = 16;

struct Heads {
  int64_t samples, steps, count, size;
  explicit Heads(const TensorView& qkv, const Attributes& attributes)
      : samples(qkv.shape[0]), steps(qkv.shape[1]), count(attributes.integer("heads")), size(qkv.shape[2] / 3 / count) {}
  int64_t fours() const { return (size + 3) / 4; }
};

/// Shared memory of a workgroup with `rows` rows: its own tiles, one of others, weights and partial results.
int64_t shared_bytes(const Heads& heads, int64_t rows, bool is_gradient) {
  const int64_t pitch = heads.fours() | 1, own = is_gradient ? 2 * rows : rows;
  return kFourBytes * ((own + kOthers) * pitch + rows * (kOthers / 4 + 1) + rows * 2);
}

/// The most rows that fit and are not mostly empty; 0 where none do.
int64_t rows_of(const Heads& heads, bool is_gradient, const DeviceDescription& device) {
  for (const int64_t rows : {64, 32, 16}) {
    const bool is_needed = rows == 16 || heads.steps > rows / 2;
    if (is_needed && shared_bytes(heads, rows, is_gradient) <= static_cast<int64_t>(device.shared_bytes)) return rows;
  }
  return 0;
}

/// The addresses every kernel may need.
struct Places {
  uint64_t y, lse, gy = 0, gqkv = 0, means = 0;
};

/// What kernels convert as they read and write; y that a gradient reads is float32.
struct Types {
  DType queries, result, gy = DType::float32;
};

void run(const std::string& kernel, const TensorView& qkv, const Attributes& attributes, const Places& places,
         const Types& types, int64_t rows, Recorder& recorder) {
  const Heads heads(qkv, attributes);
  const bool is_causal = attributes.boolean("is_causal"), is_blocked = rows > 0;
  const int64_t blocks = is_blocked ? (heads.steps + rows - 1) / rows : heads.steps;
  const int64_t groups = heads.samples * heads.count * blocks;
  Push push;
  push.address(at(qkv)).address(places.y).address(places.lse).address(places.gy).address(places.gqkv);
  if (is_blocked) push.address(places.means);
  push.integer(heads.steps).integer(heads.count).integer(heads.size).integer(groups);
  push.number(attributes.number("scale"));
  std::vector<uint32_t> constants{is_causal ? 1U : 0U};
  if (is_blocked) {
    const uint64_t together = at(qkv) | places.y | places.gy | places.gqkv;
    const bool is_in_fours = heads.size % 4 == 0 && together % kFourBytes == 0;
    constants = {static_cast<uint32_t>(2 * rows), static_cast<uint32_t>(rows), static_cast<uint32_t>(heads.fours()),
                 is_in_fours ? 1U : 0U, is_causal ? 1U : 0U};
  }
  for (const DType type : {types.queries, types.gy, types.result}) constants.push_back(static_cast<uint32_t>(type));
  recorder.dispatch_elements(kernel, constants, push, groups, 1);
}

/// float32, or 16-bit floats that kernels widen as they read them and give where they are asked to.
void expect_floats(std::initializer_list<const TensorView*> tensors) {
  for (const TensorView* tensor : tensors)
    if (tensor->dtype != DType::float16 && tensor->dtype != DType::bfloat16) expect_float32(*tensor);
}

/// self_attention (qkv [n, t, 3·e]) → (y [n, t, e], lse [n, heads, t]).
void self_attention(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView& qkv = inputs[0];
  expect_floats({&qkv, &outputs[0]});
  if (qkv.numel() == 0) return;
  const int64_t rows = rows_of(Heads(qkv, attributes), false, recorder.device().description());
  run(rows > 0 ? "flash_0" : "attention_0", qkv, attributes, {at(outputs[0]), at(outputs[1])},
      {qkv.dtype, outputs[0].dtype}, rows, recorder);
}

/// self_attention_gradient (gy, qkv, y, lse) → gqkv.
void self_attention_gradient(Inputs inputs, Outputs outputs, const Attributes& attributes, Recorder& recorder) {
  const TensorView &gy = inputs[0], &qkv = inputs[1], &lse = inputs[3], &gqkv = outputs[0];
  expect_floats({&gy, &qkv, &gqkv});
  expect_float32(inputs[2]);
  if (qkv.numel() == 0) return;
  const int64_t rows = rows_of(Heads(qkv, attributes), true, recorder.device().description());
  Places places{at(inputs[2]), at(lse), at(gy), at(gqkv)};
  const Types types{qkv.dtype, gqkv.dtype, gy.dtype};
  if (rows > 0) places.means = recorder.scratch(lse.numel() * static_cast<int64_t>(sizeof(float)));
  const std::string family = rows > 0 ? "flash_" : "attention_";
  run(family + "1", qkv, attributes, places, types, rows, recorder);
  if (rows > 0) recorder.barrier();  // the second reads what the first found of each query
  run(family + "2", qkv, attributes, places, types, rows, recorder);
}

constexpr GpuOp kOps[] = {
    {"self_attention", 1, 1, 2, 0, self_attention},
    {"self_attention_gradient", 4, 4, 1, 0, self_attention_gradient},
};

}  // namespace

std::span<const GpuOp> attention_gpu_ops() { return kOps; }

}  // namespace lazuli::gpu
