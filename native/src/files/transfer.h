// Moves bytes between an open file and memory, with their CRC-32. Knows no format and looks at no byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace lazuli {

/// What the system said about a file, by the name of its code: "ENOSPC", or "EOF" where the file ends too early.
class FileError : public std::runtime_error {
 public:
  explicit FileError(std::string code) : std::runtime_error(std::move(code)) {}
};

/// A file descriptor of our own for an open file, so that nobody closes it under a transfer.
class FileHandle {
 public:
  /// Duplicates `descriptor`. Throws FileError.
  explicit FileHandle(int descriptor);
  ~FileHandle();
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  /// Fills `into` from `position`, past the system's cache where that is faster; returns the CRC-32 of what was read. Throws FileError.
  uint32_t read(int64_t position, std::span<std::byte> into) const;
  /// Writes all of `from` at `position` so that the disk starts on it; returns its CRC-32. Throws FileError.
  uint32_t write(int64_t position, std::span<const std::byte> from) const;
  /// Gives the file blocks for its first `bytes`, and that size. Does nothing where the file system has no such thing; throws FileError where
  /// there is no room.
  void make_room(int64_t bytes) const;
  /// Copies `length` bytes from `position` on to `target` as `write` does; returns their CRC-32. Throws FileError, of
  /// this file with "source " before the code.
  uint32_t copy(int64_t position, const FileHandle& target, int64_t target_position, int64_t length) const;
  /// What the disk gives: read and write without the checksum and in large pieces. For measurements. Throws FileError.
  void read_plainly(int64_t position, std::span<std::byte> into) const;
  void write_plainly(int64_t position, std::span<const std::byte> from) const;
  /// Has the system forget what it holds of the file, so that the next read comes from the disk. For measurements;
  /// does nothing where the system has no such call.
  void forget() const;

 private:
  int descriptor_;
};

/// True where descriptors of the host are descriptors of ours: not on Windows.
bool can_transfer();

}  // namespace lazuli
