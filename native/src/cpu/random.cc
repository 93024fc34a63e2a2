// The op dropout_mask: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), a function of seed,
// step, stream and element alone, so that every device and thread count draws the same mask.
#include <algorithm>
#include <array>

#include "arguments.h"
#include "families.h"

namespace lazuli {
namespace {

using Words = std::array<uint32_t, 4>;

Words philox(Words counter, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * counter[0], p1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ key0, static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ key1, static_cast<uint32_t>(p0)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

/// (rng int64 [2] = seed, step) → mask. Element e takes word e mod 4 of the counter (e/4 low, e/4 high, step, stream) under
/// the key (seed low, seed high); it is dropped when the word's upper 24 bits are below probability · 2^24.
void dropout_mask(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("dropout_mask", inputs, outputs, 1, 1, 1);
  const TensorView& rng = args.typed(0, "rng", DType::int64);
  args.expect_shape("rng", rng, {2});
  const Shape shape = attributes.integers("shape");
  const DType dtype = parse_dtype(attributes.text("dtype"));
  if (dtype != DType::float32 && dtype != DType::float64) args.refuse("dtype", "float32 or float64", dtype_name(dtype));
  const double probability = attributes.number("probability");
  if (!(probability >= 0 && probability <= 1)) args.refuse("probability", "0 to 1", std::to_string(probability));
  const auto stream = static_cast<uint32_t>(args.integer(attributes, "stream", 0, UINT32_MAX));
  TensorView& y = args.output(0, "output", shape, dtype);
  const int64_t count = args.elements("output", shape);
  const auto seed = static_cast<uint64_t>(rng.as<const int64_t>()[0]);
  const auto step = static_cast<uint32_t>(rng.as<const int64_t>()[1]);
  const auto threshold = static_cast<uint32_t>(probability * 0x1p24);
  with_float(dtype, [&](auto zero) {
    using T = decltype(zero);
    const T scale = probability < 1 ? static_cast<T>(1 / (1 - probability)) : T(0);
    context.parallel_for((count + 3) / 4, 2048, [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block) {
        const Words words =
            philox({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), step, stream},
                   static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
        T* to = y.as<T>() + block * 4;
        const auto size = static_cast<size_t>(std::min<int64_t>(4, count - block * 4));
        for (size_t i = 0; i < size; ++i) to[i] = words[i] >> 8 < threshold ? T(0) : scale;
      }
    });
  });
}

constexpr std::array<OpEntry, 1> kOps = {{{"dropout_mask", 1, 1, 1, dropout_mask}}};

}  // namespace

std::span<const OpEntry> random_ops() { return kOps; }

}  // namespace lazuli
