// See transfer.h.
#include "transfer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "crc32.h"
#include "direct.h"
#include "system.h"

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
void FileHandle::make_room(int64_t) const {}
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

/// What is copied at once: as much as is moved in one job.
constexpr size_t kCopied = size_t{4} << 20;

/// Each transfer thread's own, kept between its jobs.
std::byte* copy_buffer() {
  thread_local const auto data = std::make_unique_for_overwrite<std::byte[]>(kCopied);
  return data.get();
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
  if (const auto direct = read_directly(descriptor_, position, into)) return *direct;
  uint32_t crc = 0;
  const ProcessorTurn turn;
  while (!into.empty()) {
    const size_t count = read_some(descriptor_, position, into, kPiece);
    crc = crc32(crc, into.first(count));
    into = into.subspan(count);
    position += static_cast<int64_t>(count);
  }
  return crc;
}

uint32_t FileHandle::write(int64_t position, std::span<const std::byte> from) const {
  if (const auto direct = write_directly(descriptor_, position, from)) return *direct;
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

void FileHandle::make_room([[maybe_unused]] int64_t bytes) const {
#if defined(__linux__)
  int code = 0;
  do code = fallocate(descriptor_, 0, 0, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
  while (code == EINTR);
  if (code == ENOSPC || code == EDQUOT || code == EFBIG || code == EIO) fail(code);
#endif
}

uint32_t FileHandle::copy(int64_t position, const FileHandle& target, int64_t target_position,
                          int64_t length) const {
  uint32_t crc = 0;
  for (int64_t done = 0; done < length;) {
    const auto count = static_cast<size_t>(std::min<int64_t>(length - done, kCopied));
    const std::span<std::byte> bytes{copy_buffer(), count};
    try {
      read(position + done, bytes);
    } catch (const FileError& error) {
      throw FileError(std::string("source ") + error.what());
    }
    target.write(target_position + done, bytes);
    crc = crc32(crc, bytes);
    done += static_cast<int64_t>(count);
  }
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
