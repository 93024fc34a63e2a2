// See transfer.h.
#include "transfer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "crc32.h"

#if !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace lazuli {

#if defined(_WIN32)

bool can_transfer() { return false; }
FileHandle::FileHandle(int) : descriptor_(-1) { throw FileError("ENOSYS"); }
FileHandle::~FileHandle() = default;
uint32_t FileHandle::read(int64_t, std::span<std::byte>) const { throw FileError("ENOSYS"); }
uint32_t FileHandle::write(int64_t, std::span<const std::byte>) const { throw FileError("ENOSYS"); }
uint32_t FileHandle::copy(int64_t, const FileHandle&, int64_t, int64_t) const { throw FileError("ENOSYS"); }
void FileHandle::read_plainly(int64_t, std::span<std::byte>) const { throw FileError("ENOSYS"); }
void FileHandle::write_plainly(int64_t, std::span<const std::byte>) const { throw FileError("ENOSYS"); }
void FileHandle::forget() const {}

#else

namespace {

/// What is read or written at once, so that the checksum finds it in the cache.
constexpr size_t kPiece = size_t{512} << 10;
/// What is moved at once where no checksum follows.
constexpr size_t kPlainPiece = size_t{4} << 20;

struct ErrorName {
  int code;
  const char* name;
};
constexpr ErrorName kNames[] = {
    {EACCES, "EACCES"}, {EBADF, "EBADF"},   {EDQUOT, "EDQUOT"}, {EFBIG, "EFBIG"}, {EINVAL, "EINVAL"},
    {EIO, "EIO"},       {EISDIR, "EISDIR"}, {EMFILE, "EMFILE"}, {ENFILE, "ENFILE"}, {ENOMEM, "ENOMEM"},
    {ENOSPC, "ENOSPC"}, {ENXIO, "ENXIO"},   {EPERM, "EPERM"},   {EROFS, "EROFS"}, {ESTALE, "ESTALE"},
};

[[noreturn]] void fail(int code) {
  for (const ErrorName& row : kNames)
    if (row.code == code) throw FileError(row.name);
  throw FileError("errno " + std::to_string(code) + ", " + std::strerror(code));
}

/// Up to a piece of bytes into memory: at least one. Throws FileError, also at the end of the file.
size_t read_some(int descriptor, int64_t position, std::span<std::byte> into, size_t piece) {
  while (true) {
    const ssize_t count =
        pread(descriptor, into.data(), std::min(into.size(), piece), static_cast<off_t>(position));
    if (count > 0) return static_cast<size_t>(count);
    if (count == 0) throw FileError("EOF");
    if (errno != EINTR) fail(errno);
  }
}

/// Reading that tells its failures from those of writing: the code follows "source ".
size_t read_source(int descriptor, int64_t position, std::span<std::byte> into) {
  try {
    return read_some(descriptor, position, into, kPiece);
  } catch (const FileError& error) {
    throw FileError(std::string("source ") + error.what());
  }
}

/// Up to a piece of bytes out of memory. Throws FileError.
size_t write_some(int descriptor, int64_t position, std::span<const std::byte> from, size_t piece) {
  while (true) {
    const ssize_t count =
        pwrite(descriptor, from.data(), std::min(from.size(), piece), static_cast<off_t>(position));
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) fail(errno);
  }
}

/// The disk begins now instead of at the fsync; what fails here fails there too.
void start_writing([[maybe_unused]] int descriptor, [[maybe_unused]] int64_t position,
                   [[maybe_unused]] size_t length) {
#if defined(__linux__)
  if (length > 0)
    sync_file_range(descriptor, position, static_cast<off_t>(length), SYNC_FILE_RANGE_WRITE);
#endif
}

}  // namespace

bool can_transfer() { return true; }

FileHandle::FileHandle(int descriptor) : descriptor_(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {
  if (descriptor_ < 0) fail(errno);
}

FileHandle::~FileHandle() { close(descriptor_); }

uint32_t FileHandle::read(int64_t position, std::span<std::byte> into) const {
  uint32_t crc = 0;
  while (!into.empty()) {
    const size_t count = read_some(descriptor_, position, into, kPiece);
    crc = crc32(crc, into.first(count));
    into = into.subspan(count);
    position += static_cast<int64_t>(count);
  }
  return crc;
}

uint32_t FileHandle::write(int64_t position, std::span<const std::byte> from) const {
  uint32_t crc = 0;
  const int64_t start = position;
  const size_t length = from.size();
  while (!from.empty()) {
    const size_t count = write_some(descriptor_, position, from, kPiece);
    crc = crc32(crc, from.first(count));
    from = from.subspan(count);
    position += static_cast<int64_t>(count);
  }
  start_writing(descriptor_, start, length);
  return crc;
}

uint32_t FileHandle::copy(int64_t position, const FileHandle& target, int64_t target_position,
                          int64_t length) const {
  const auto piece = std::make_unique_for_overwrite<std::byte[]>(kPiece);
  uint32_t crc = 0;
  for (int64_t done = 0; done < length;) {
    const size_t most = static_cast<size_t>(std::min<int64_t>(length - done, kPiece));
    const size_t count = read_source(descriptor_, position + done, {piece.get(), most});
    crc = crc32(crc, {piece.get(), count});
    for (size_t written = 0; written < count;)
      written += write_some(target.descriptor_, target_position + done + static_cast<int64_t>(written),
                            {piece.get() + written, count - written}, kPiece);
    done += static_cast<int64_t>(count);
  }
  start_writing(target.descriptor_, target_position, static_cast<size_t>(length));
  return crc;
}

void FileHandle::read_plainly(int64_t position, std::span<std::byte> into) const {
  while (!into.empty()) {
    const size_t count = read_some(descriptor_, position, into, kPlainPiece);
    into = into.subspan(count);
    position += static_cast<int64_t>(count);
  }
}

void FileHandle::write_plainly(int64_t position, std::span<const std::byte> from) const {
  const int64_t start = position;
  const size_t length = from.size();
  while (!from.empty()) {
    const size_t count = write_some(descriptor_, position, from, kPlainPiece);
    from = from.subspan(count);
    position += static_cast<int64_t>(count);
  }
  start_writing(descriptor_, start, length);
}

void FileHandle::forget() const {
#if defined(POSIX_FADV_DONTNEED)
  posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
#endif
}

#endif

}  // namespace lazuli
