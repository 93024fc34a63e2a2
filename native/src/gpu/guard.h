// Checked kernels, for tests: every access to a buffer asks a table of address ranges first. One outside of all of them leaves a
// fault record in the program's status and touches memory that belongs to nobody.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lazuli::gpu {

/// Memory of the table: a head, the ranges of the instruction that runs, and at its end what refused accesses touch.
constexpr int64_t kGuardBytes = 64 << 10;
constexpr int64_t kGuardRanges = 3800;

/// Pieces of 16 bytes, as kernels read them.
struct GuardHead {
  uint32_t count = 0;        // of the ranges that follow
  uint32_t instruction = 0;  // its number
  uint64_t status = 0;       // address of the program's Status
};
struct GuardRange {
  uint64_t begin = 0;
  uint32_t bytes = 0;
  uint32_t unused = 0;
};

/// The kernel with checks before its accesses, for a table at this address, whose low word does not overflow within it. Kernels that
/// load whole matrices stay as they are.
std::vector<uint32_t> guarded(std::span<const uint32_t> words, uint64_t table);

}  // namespace lazuli::gpu
