// See transfer.h.
#include "transfer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

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
void FileHandle::forget() const {}

#else

namespace {

/// What is read or written at once, so that the checksum finds it in the cache.
constexpr size_t kPiece = size_t{512} << 10;

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

}  // namespace

bool can_transfer() { return true; }

FileHandle::FileHandle(int descriptor) : descriptor_(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {
  if (descriptor_ < 0) fail(errno);
}

FileHandle::~FileHandle() { close(descriptor_); }

uint32_t FileHandle::read(int64_t position, std::span<std::byte> into) const {
  uint32_t crc = 0;
  while (!into.empty()) {
    const ssize_t count =
        pread(descriptor_, into.data(), std::min(into.size(), kPiece), static_cast<off_t>(position));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    if (count == 0) throw FileError("EOF");
    crc = crc32(crc, into.first(static_cast<size_t>(count)));
    into = into.subspan(static_cast<size_t>(count));
    position += count;
  }
  return crc;
}

uint32_t FileHandle::write(int64_t position, std::span<const std::byte> from) const {
  uint32_t crc = 0;
  [[maybe_unused]] const int64_t start = position;
  [[maybe_unused]] const size_t length = from.size();
  while (!from.empty()) {
    const ssize_t count =
        pwrite(descriptor_, from.data(), std::min(from.size(), kPiece), static_cast<off_t>(position));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    crc = crc32(crc, from.first(static_cast<size_t>(count)));
    from = from.subspan(static_cast<size_t>(count));
    position += count;
  }
#if defined(__linux__)
  // The disk begins now instead of at the fsync; what fails here fails there too.
  if (length > 0) sync_file_range(descriptor_, start, static_cast<off_t>(length), SYNC_FILE_RANGE_WRITE);
#endif
  return crc;
}

void FileHandle::forget() const {
#if defined(POSIX_FADV_DONTNEED)
  posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
#endif
}

#endif

}  // namespace lazuli
