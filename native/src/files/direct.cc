// See direct.h.
#include "direct.h"

#include "crc32.h"
#include "system.h"

#if defined(__linux__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#endif

namespace lazuli {

#if !defined(__linux__)

std::optional<uint32_t> read_directly(int, int64_t, std::span<std::byte>) { return std::nullopt; }
std::optional<uint32_t> write_directly(int, int64_t, std::span<const std::byte>) { return std::nullopt; }

#else

namespace {

/// Places and lengths are multiples of this, which is one of every disk's own block.
constexpr int64_t kBlock = 4096;
/// What goes through the buffer at once.
constexpr size_t kDirectPiece = size_t{2} << 20;
/// What is read at once without the buffer.
constexpr size_t kStraightPiece = size_t{4} << 20;
/// The buffer lies in huge pages: a disk is given memory in pieces that follow each other, and pages of 4 KiB are too many pieces.
/// Measured on a virtual disk: reading 1 GiB took 1.07 s through small pages, 0.41 s through huge ones.
constexpr size_t kHugePage = size_t{2} << 20;

int64_t round_down(int64_t value) { return value - value % kBlock; }

/// A second opening of the file a descriptor is for, with O_DIRECT; closed with it.
class DirectDescriptor {
 public:
  DirectDescriptor(int descriptor, int flags)
      : descriptor_(open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), flags | O_DIRECT | O_CLOEXEC)) {}
  ~DirectDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  DirectDescriptor(const DirectDescriptor&) = delete;
  DirectDescriptor& operator=(const DirectDescriptor&) = delete;
  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// The buffer of one thread, from the system itself: allocators of hosts refuse so large an alignment.
class Buffer {
 public:
  Buffer()
      : mapped_(mmap(nullptr, kMapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (mapped_ == MAP_FAILED) throw std::bad_alloc();
    const auto start = reinterpret_cast<uintptr_t>(mapped_);
    data_ = static_cast<std::byte*>(mapped_) + (kHugePage - start % kHugePage) % kHugePage;
    madvise(data_, kDirectPiece, MADV_HUGEPAGE);
  }
  ~Buffer() { munmap(mapped_, kMapped); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  std::byte* data() const { return data_; }

 private:
  static constexpr size_t kMapped = kDirectPiece + kHugePage;
  void* mapped_;
  std::byte* data_ = nullptr;
};

/// Each transfer thread's own, kept between its jobs.
std::byte* buffer() {
  thread_local const Buffer buffer;
  return buffer.data();
}

/// Copies and returns the CRC-32 that follows `crc`, in pieces that stay in a core's cache in between.
uint32_t copy_checked(uint32_t crc, std::span<std::byte> to, std::span<const std::byte> from) {
  constexpr size_t kPiece = size_t{128} << 10;
  const ProcessorTurn turn;
  for (size_t at = 0; at < from.size(); at += kPiece) {
    const size_t length = std::min(kPiece, from.size() - at);
    std::memcpy(to.data() + at, from.data() + at, length);
    crc = crc32(crc, from.subspan(at, length));
  }
  return crc;
}

/// True where at least half of the range is in the system's cache, or the system (Linux before 6.5) cannot tell.
bool is_cached(int descriptor, int64_t position, size_t length) {
#if defined(SYS_cachestat)
  constexpr long kCacheStat = SYS_cachestat;
#else
  constexpr long kCacheStat = 451;
#endif
  struct {
    uint64_t offset, length;
  } const range{static_cast<uint64_t>(position), length};
  struct {
    uint64_t cached, dirty, writeback, evicted, recently_evicted;
  } pages{};
  if (syscall(kCacheStat, descriptor, &range, &pages, 0u) != 0) return true;
  return pages.cached * static_cast<uint64_t>(kBlock) * 2 >= length;
}

size_t whole_blocks(size_t length) { return length - length % static_cast<size_t>(kBlock); }

/// True where the blocks of the disk are blocks of this memory, and the next one begins here.
bool lies_as_file(int64_t position, std::span<std::byte> into) {
  return position % kBlock == 0 && reinterpret_cast<uintptr_t>(into.data()) % kBlock == 0;
}

/// How much lies before the memory's next block that is one of the disk too; all where there is none.
size_t before_blocks(int64_t position, std::span<std::byte> into) {
  const auto skew = static_cast<int64_t>(reinterpret_cast<uintptr_t>(into.data()) % kBlock);
  const auto head = static_cast<size_t>((kBlock - position % kBlock) % kBlock);
  return skew == position % kBlock && head > 0 ? std::min(head, into.size()) : into.size();
}

/// One read by the disk itself; null where it cannot. Throws FileError.
std::optional<size_t> read_once(int file, int64_t position, std::byte* into, size_t length) {
  for (;;) {
    const ssize_t count = pread(file, into, length, static_cast<off_t>(position));
    if (count >= 0) return static_cast<size_t>(count);
    if (errno == EINVAL) return std::nullopt;
    if (errno != EINTR) fail(errno);
  }
}

/// Reads up to a buffer of bytes at any place; returns how many, with `crc` going on. Null and FileError as read_once, "EOF" at the end.
std::optional<size_t> read_through_buffer(int file, int64_t position, std::span<std::byte> into, uint32_t& crc) {
  std::byte* const data = buffer();
  const int64_t start = round_down(position);
  const auto skipped = static_cast<size_t>(position - start);
  const size_t length = std::min(kDirectPiece, whole_blocks(skipped + into.size() + static_cast<size_t>(kBlock) - 1));
  const std::optional<size_t> count = read_once(file, start, data, length);
  if (!count) return std::nullopt;
  if (*count <= skipped) throw FileError("EOF");
  const size_t used = std::min(*count - skipped, into.size());
  crc = copy_checked(crc, into.first(used), {data + skipped, used});
  return used;
}

/// Has the system find and clear pages that were never touched: in the read itself as many threads would do that as there are reads.
/// Page by page, each with its value: asked for all at once the system would keep other threads from mapping memory meanwhile, among
/// them the one that answers the user (measured: for up to 390 ms).
void touch(std::span<std::byte> bytes) {
  const ProcessorTurn turn;
  for (size_t at = 0; at < bytes.size(); at += static_cast<size_t>(kBlock))
    std::atomic_ref(reinterpret_cast<unsigned char&>(bytes[at])).fetch_or(0, std::memory_order_relaxed);
}

/// Reads whole blocks to where they belong; otherwise as read_through_buffer.
std::optional<size_t> read_straight(int file, int64_t position, std::span<std::byte> into, uint32_t& crc) {
  into = into.first(std::min(into.size(), kStraightPiece));
  touch(into);
  const std::optional<size_t> count = read_once(file, position, into.data(), into.size());
  if (!count) return std::nullopt;
  const size_t whole = whole_blocks(*count);
  if (whole == 0) throw FileError("EOF");
  const ProcessorTurn turn;
  crc = crc32(crc, into.first(whole));
  return whole;
}

}  // namespace

std::optional<uint32_t> read_directly(int descriptor, int64_t position, std::span<std::byte> into) {
  if (into.size() < kLeastDirect || is_cached(descriptor, position, into.size())) return std::nullopt;
  const DirectDescriptor file(descriptor, O_RDONLY);
  if (!file.is_open()) return std::nullopt;
  uint32_t crc = 0;
  while (!into.empty()) {
    const bool is_straight = lies_as_file(position, into) && into.size() >= static_cast<size_t>(kBlock);
    const auto part = is_straight ? into.first(whole_blocks(into.size())) : into.first(before_blocks(position, into));
    const std::optional<size_t> count =
        is_straight ? read_straight(file.get(), position, part, crc) : read_through_buffer(file.get(), position, part, crc);
    if (!count) return std::nullopt;
    into = into.subspan(*count);
    position += static_cast<int64_t>(*count);
  }
  return crc;
}

std::optional<uint32_t> write_directly(int descriptor, int64_t position, std::span<const std::byte> from) {
  const auto head = static_cast<size_t>((kBlock - position % kBlock) % kBlock);
  if (from.size() < kLeastDirect + head) return std::nullopt;
  const DirectDescriptor file(descriptor, O_WRONLY);
  if (!file.is_open()) return std::nullopt;
  std::byte* const data = buffer();
  write_all(descriptor, position, from.first(head));
  uint32_t crc = crc32(0, from.first(head));
  from = from.subspan(head);
  position += static_cast<int64_t>(head);
  while (from.size() >= static_cast<size_t>(kBlock)) {
    const auto length =
        static_cast<size_t>(round_down(static_cast<int64_t>(std::min(from.size(), kDirectPiece))));
    const uint32_t whole = copy_checked(crc, {data, length}, from.first(length));
    const ssize_t count = pwrite(file.get(), data, length, static_cast<off_t>(position));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EINVAL) return std::nullopt;
    if (count < 0) fail(errno);
    const auto written = static_cast<size_t>(round_down(count));
    // A disk that is full, or a file at its limit: writing through the cache says which.
    if (written == 0) return std::nullopt;
    crc = written == length ? whole : crc32(crc, {data, written});
    from = from.subspan(written);
    position += static_cast<int64_t>(written);
  }
  write_all(descriptor, position, from);
  return crc32(crc, from);
}

#endif

}  // namespace lazuli
