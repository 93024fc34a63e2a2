// See units.h.
#include "units.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace lazuli::gpu {
namespace {

/// As kJoinSteps of other products.
constexpr double kUnitJoinSteps = 200;

/// Whether kernels run with these tiles on a device.
bool is_fit(const UnitTiles& tiles, const MatrixShape& unit, const DeviceDescription& device) {
  const auto& [m, n, sub_m, sub_n, depth] = tiles;
  const int64_t threads = tiles.subgroups() * device.subgroup_size;
  const int64_t shared = (m + n) * (depth + 8) * 2 + tiles.subgroups() * unit.m * unit.n * 4;
  return threads > 0 && threads <= 1024 && m * depth / 8 % threads == 0 && n * depth / 8 % threads == 0 &&
         threads % (n / 8) == 0 && shared + 1024 <= device.shared_bytes;
}

}  // namespace

UnitTiles wished_tiles() {
  const char* text = std::getenv("LAZULI_GPU_TILES");
  if (text == nullptr || *text == 0) return {};
  long long m = 0, n = 0, sub_m = 0, sub_n = 0, depth = 0;
  char rest = 0;
  const bool is_read = std::sscanf(text, "%lldx%lld/%lldx%lldx%lld%c", &m, &n, &sub_m, &sub_n, &depth, &rest) == 5;
  const auto is_whole = [](long long size, long long part) { return part > 0 && size > 0 && size <= 512 && size % part == 0; };
  if (!is_read || !is_whole(m, sub_m) || !is_whole(n, sub_n) || !is_whole(sub_m, 32) || !is_whole(sub_n, 32) || !is_whole(depth, 32))
    throw OpError("LAZULI_GPU_TILES: expected MxN/MxNxDEPTH in multiples of 32, up to 512, got '" + std::string(text) + "'");
  return {m, n, sub_m, sub_n, depth};
}

Split split_sum(int64_t tiles, int64_t k, int64_t round, int64_t depth, double join_steps) {
  const int64_t most = std::clamp<int64_t>(k / 128, 1, 512);
  int64_t best = 1;
  double best_worth = 0;
  for (int64_t splits = 1; splits <= most; ++splits) {
    const double rounds = static_cast<double>(tiles * splits) / static_cast<double>(round);
    const double joining = splits == 1 ? 0 : join_steps * static_cast<double>(splits) / static_cast<double>(k);
    const double worth = rounds / std::max(std::ceil(rounds), 1.0) / (1 + joining);
    if (worth > best_worth + 0.02) best_worth = worth, best = splits;
    if (rounds > 8) break;
  }
  const int64_t k_part = ceil_div(ceil_div(std::max<int64_t>(k, 1), best), depth) * depth;
  return {std::max<int64_t>(ceil_div(k, k_part), 1), k_part};
}

Groups groups_of(int64_t tile_m, int64_t tile_n, int64_t m, int64_t n, int64_t batches, int64_t splits) {
  return {static_cast<uint32_t>(ceil_div(n, tile_n)), static_cast<uint32_t>(ceil_div(m, tile_m)),
          static_cast<uint32_t>(batches * splits)};
}

const MatrixShape& unit_of(DType dtype, const DeviceDescription& device) {
  static constexpr MatrixShape kNone{};
  return dtype == DType::bfloat16 ? device.brain_units : dtype == DType::float16 ? device.half_units : kNone;
}

UnitTiles unit_tiles(const Sizes& sizes, const MatrixShape& unit, const DeviceDescription& device) {
  const auto& [m, n, k, batches] = sizes;
  if (unit.m == 0 || std::min({m, n, k}) < 16) return {};
  const auto groups = [&](const UnitTiles& tiles) { return ceil_div(m, tiles.m) * ceil_div(n, tiles.n) * batches; };
  constexpr UnitTiles large{128, 128, 64, 64}, medium{64, 128, 32, 64}, small{64, 64, 32, 32};
  const auto fits = [&](const UnitTiles& tiles) { return is_fit(tiles, unit, device); };
  if (const UnitTiles wished = wished_tiles(); wished.m > 0) {
    if (!fits(wished))
      throw OpError("LAZULI_GPU_TILES: " + device.name + " has no room for tiles of " + std::getenv("LAZULI_GPU_TILES"));
    return wished;
  }
  if (groups(large) >= 2 * kBusy && fits(large)) return large;
  if (groups(medium) >= kBusy && fits(medium)) return medium;
  return fits(small) ? small : UnitTiles{};
}

void run_units(int mode, DType operands, DType result, const UnitTiles& tiles, const UnitReading& reading, const Push& push,
               const Sizes& sizes, int64_t splits, Recorder& recorder) {
  const DeviceDescription& device = recorder.device().description();
  const MatrixShape& unit = unit_of(operands, device);
  const auto word = [](int64_t value) { return static_cast<uint32_t>(value); };
  const std::string kernel =
      "product_units_" + std::to_string(mode) + (operands == DType::bfloat16 ? "_brain" : "_half");
  recorder.dispatch(kernel,
                    {word(tiles.subgroups()) * device.subgroup_size, word(tiles.m), word(tiles.n), word(tiles.depth),
                     word(tiles.sub_m), word(tiles.sub_n), unit.m, unit.n, unit.k, reading.is_a_along_k,
                     reading.is_b_along_k, static_cast<uint32_t>(result), reading.is_c_in_eights,
                     reading.is_a_in_eights, reading.has_unit_stride},
                    push, groups_of(tiles.m, tiles.n, sizes.m, sizes.n, sizes.batches, splits));
}

Split split_units(const UnitTiles& tiles, const Sizes& sizes) {
  const int64_t count = ceil_div(sizes.m, tiles.m) * ceil_div(sizes.n, tiles.n) * sizes.batches;
  return split_sum(count, sizes.k, kBusy, tiles.depth, kUnitJoinSteps);
}

}  // namespace lazuli::gpu
