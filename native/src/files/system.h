// The system's reads and writes, repeated until something moved, its refusals as FileError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "transfer.h"

namespace lazuli {

[[noreturn]] void fail(int code);

/// Up to a piece of bytes into memory: at least one. Throws FileError, also at the end of the file.
size_t read_some(int descriptor, int64_t position, std::span<std::byte> into, size_t piece);

/// Up to a piece of bytes out of memory. Throws FileError.
size_t write_some(int descriptor, int64_t position, std::span<const std::byte> from, size_t piece);

/// All bytes out of memory. Throws FileError.
void write_all(int descriptor, int64_t position, std::span<const std::byte> from);

/// Held while bytes are copied or checked, which takes a processor: at most one for each processor at a time, however many threads wait
/// for the disk, so that others get theirs soon.
class ProcessorTurn {
 public:
  ProcessorTurn();
  ~ProcessorTurn();
  ProcessorTurn(const ProcessorTurn&) = delete;
  ProcessorTurn& operator=(const ProcessorTurn&) = delete;
};

}  // namespace lazuli
