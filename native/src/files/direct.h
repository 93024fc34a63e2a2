// Long runs of bytes between the disk and memory past the system's cache, which on a busy or new machine costs more than the
// disk: its pages have to be found, filled and copied. Falls back to the caller where host or file system has no such way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace lazuli {

/// Shorter runs are as fast through the cache.
inline constexpr size_t kLeastDirect = size_t{512} << 10;

/// Fills `into` from `position` of an open file; returns the CRC-32. Nothing where the file is in the cache already, or cannot be read
/// so. Throws FileError, "EOF" where the file ends too early.
std::optional<uint32_t> read_directly(int descriptor, int64_t position, std::span<std::byte> into);

/// Writes the whole blocks of `from` that lie at `position` of an open file, and the parts of blocks at both ends through the cache;
/// returns the CRC-32. Nothing where the file cannot be written so. Throws FileError.
std::optional<uint32_t> write_directly(int descriptor, int64_t position, std::span<const std::byte> from);

}  // namespace lazuli
