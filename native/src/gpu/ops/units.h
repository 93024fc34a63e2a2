// Products on a device's matrix units: their tiles, and how work is cut, which other products share.
#pragma once

#include "ops.h"

namespace lazuli::gpu {

/// Multiprocessors of a large device: fewer workgroups than about that leave it idle.
constexpr int64_t kBusy = 132;

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct Sizes {
  int64_t m, n, k, batches;
};

struct Split {
  int64_t splits, k_part;
};

/// How many parts of k keep a large device busiest: tiles run in rounds of `round`, and a last round that is nearly empty
/// costs as much as a full one. Each part costs what joining it does.
Split split_sum(int64_t tiles, int64_t k, int64_t round, int64_t depth, double join_steps);

Groups groups_of(int64_t tile_m, int64_t tile_n, int64_t m, int64_t n, int64_t batches, int64_t splits);

/// Tiles of a workgroup and of a subgroup on matrix units, and how far along k they lie in shared memory at once.
struct UnitTiles {
  int64_t m, n, sub_m, sub_n, depth = 32;
  int64_t subgroups() const { return m / sub_m * (n / sub_n); }
};

/// What the device multiplies of a dtype; `m` is 0 where it has no units for that.
const MatrixShape& unit_of(DType dtype, const DeviceDescription& device);

/// What LAZULI_GPU_TILES asks for, as in 128x256/64x64x32 (a workgroup's tile, a subgroup's, the depth): to measure. `m` is 0 where it
/// asks for nothing. Throws OpError for what is no such text.
UnitTiles wished_tiles();

/// The tiles for these sizes, wished or chosen; `m` is 0 where the device or they are not fit for matrix units. Throws OpError for a
/// wish that the device has no room for.
UnitTiles unit_tiles(const Sizes& sizes, const MatrixShape& unit, const DeviceDescription& device);

Split split_units(const UnitTiles& tiles, const Sizes& sizes);

/// How the units' kernel reads and writes: eights of A are asked of convolutions alone.
struct UnitReading {
  bool is_a_along_k = true, is_b_along_k = false, is_c_in_eights = false, is_a_in_eights = false, has_unit_stride = false;
};

/// Runs the kernel `product_units_<mode>` over tiles that `unit_tiles` gave.
void run_units(int mode, DType operands, DType result, const UnitTiles& tiles, const UnitReading& reading, const Push& push,
               const Sizes& sizes, int64_t splits, Recorder& recorder);

}  // namespace lazuli::gpu
