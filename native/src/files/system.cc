// See system.h.
#include "system.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#if !defined(_WIN32)
#include <unistd.h>

#include <semaphore>

#include "../threads/thread_pool.h"

namespace lazuli {
namespace {

struct ErrorName {
  int code;
  const char* name;
};
constexpr ErrorName kNames[] = {
    {EACCES, "EACCES"}, {EBADF, "EBADF"},   {EDQUOT, "EDQUOT"}, {EFBIG, "EFBIG"}, {EINVAL, "EINVAL"},
    {EIO, "EIO"},       {EISDIR, "EISDIR"}, {EMFILE, "EMFILE"}, {ENFILE, "ENFILE"}, {ENOMEM, "ENOMEM"},
    {ENOSPC, "ENOSPC"}, {ENXIO, "ENXIO"},   {EPERM, "EPERM"},   {EROFS, "EROFS"}, {ESTALE, "ESTALE"},
};

std::counting_semaphore<>& processor_turns() {
  static std::counting_semaphore<> turns(usable_cores());
  return turns;
}

}  // namespace

ProcessorTurn::ProcessorTurn() { processor_turns().acquire(); }
ProcessorTurn::~ProcessorTurn() { processor_turns().release(); }

[[noreturn]] void fail(int code) {
  for (const ErrorName& row : kNames)
    if (row.code == code) throw FileError(row.name);
  throw FileError("errno " + std::to_string(code) + ", " + std::strerror(code));
}

size_t read_some(int descriptor, int64_t position, std::span<std::byte> into, size_t piece) {
  while (true) {
    const ssize_t count =
        pread(descriptor, into.data(), std::min(into.size(), piece), static_cast<off_t>(position));
    if (count > 0) return static_cast<size_t>(count);
    if (count == 0) throw FileError("EOF");
    if (errno != EINTR) fail(errno);
  }
}

size_t write_some(int descriptor, int64_t position, std::span<const std::byte> from, size_t piece) {
  while (true) {
    const ssize_t count =
        pwrite(descriptor, from.data(), std::min(from.size(), piece), static_cast<off_t>(position));
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) fail(errno);
  }
}

void write_all(int descriptor, int64_t position, std::span<const std::byte> from) {
  while (!from.empty()) {
    const size_t count = write_some(descriptor, position, from, from.size());
    from = from.subspan(count);
    position += static_cast<int64_t>(count);
  }
}

}  // namespace lazuli
#endif
