// The op dropout_mask: Philox4x32-10 (isa/random_words.inc.h), a function of seed, step, stream and element
// alone, so that every device and thread count draws the same mask.
#include <algorithm>
#include <array>

#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"

namespace lazuli {
namespace {

/// Counters worked off at once: their words stay in the first-level cache.
constexpr int64_t kBlocks = 256;

/// (rng int64 [2] = seed, step) → mask. Element e takes word e mod 4 of the counter (e/4 low, e/4 high, step,
/// stream) under the key (seed low, seed high); it is dropped when the word's upper 24 bits are below
/// probability · 2^24.
void dropout_mask(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("dropout_mask", inputs, outputs, 1, 1, 1);
  const TensorView& rng = args.typed(0, "rng", DType::int64);
  args.expect_shape("rng", rng, {2});
  const Shape shape = attributes.integers("shape");
  const DType dtype = parse_dtype(attributes.text("dtype"));
  if (dtype != DType::float32 && dtype != DType::float64)
    args.refuse("dtype", "float32 or float64", dtype_name(dtype));
  const double probability = attributes.number("probability");
  if (!(probability >= 0 && probability <= 1))
    args.refuse("probability", "0 to 1", std::to_string(probability));
  const auto stream = static_cast<uint32_t>(args.integer(attributes, "stream", 0, UINT32_MAX));
  TensorView& y = args.output(0, "output", shape, dtype);
  const int64_t count = args.elements("output", shape);
  const auto seed = static_cast<uint64_t>(rng.as<const int64_t>()[0]);
  const auto step = static_cast<uint32_t>(rng.as<const int64_t>()[1]);
  const auto threshold = static_cast<uint32_t>(probability * 0x1p24);
  with_float(dtype, [&](auto zero) {
    using T = decltype(zero);
    const T scale = probability < 1 ? static_cast<T>(1 / (1 - probability)) : T(0);
    const auto philox = isa_kernels().philox;
    context.parallel_for((count + 4 * kBlocks - 1) / (4 * kBlocks), 8, [&](int64_t begin, int64_t end) {
      uint32_t words[4 * kBlocks];
      for (int64_t piece = begin; piece < end; ++piece) {
        const int64_t first = piece * 4 * kBlocks, size = std::min(4 * kBlocks, count - first);
        philox(seed, static_cast<uint64_t>(piece * kBlocks), step, stream, words, (size + 3) / 4);
        T* to = y.as<T>() + first;
        // A product and no branch: no processor predicts these.
        for (int64_t i = 0; i < size; ++i) to[i] = scale * static_cast<T>(words[i] >> 8 >= threshold);
      }
    });
  });
}

constexpr std::array<OpEntry, 1> kOps = {{{"dropout_mask", 1, 1, 1, dropout_mask}}};

}  // namespace

std::span<const OpEntry> random_ops() { return kOps; }

}  // namespace lazuli
