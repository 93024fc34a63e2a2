// Small blocks come from the allocator, larger ones from mmap (VirtualAlloc on Windows).
#include "memory.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <string>
#include <utility>

#if defined(_WIN32)
#include <malloc.h>
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "../ops/faults.h"
#include "../ops/kernel.h"

namespace lazuli {
namespace {

constexpr int64_t kAlignment = 64;
/// From here on blocks are pages of their own.
constexpr int64_t kSmallest = 64 << 10;
constexpr int64_t kPage = 4096;
constexpr int64_t kHugePage = 2 << 20;
constexpr int64_t kLargest = int64_t{1} << 46;

int64_t round_up(int64_t bytes, int64_t unit) { return (bytes + unit - 1) / unit * unit; }

std::string readable(int64_t bytes) {
  const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  char text[48];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

#if defined(_WIN32)

std::byte* map_pages(int64_t bytes) {
  return static_cast<std::byte*>(
      VirtualAlloc(nullptr, static_cast<size_t>(bytes), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
}
void unmap_pages(std::byte* data, int64_t) { VirtualFree(data, 0, MEM_RELEASE); }
void* allocate_small(int64_t bytes) { return _aligned_malloc(static_cast<size_t>(bytes), kAlignment); }
void free_small(void* data) { _aligned_free(data); }

#else

std::byte* map_pages(int64_t bytes) {
  // Blocks of huge pages start at a multiple of one: map more and give the ends back.
  const int64_t slack = bytes >= kHugePage ? kHugePage : 0;
  void* mapped = mmap(nullptr, static_cast<size_t>(bytes + slack), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* data = static_cast<std::byte*>(mapped);
  if (slack == 0) return data;
  const auto misaligned = static_cast<int64_t>(reinterpret_cast<uintptr_t>(data) % kHugePage);
  const int64_t head = misaligned == 0 ? 0 : kHugePage - misaligned;
  if (head > 0) munmap(data, static_cast<size_t>(head));
  if (slack > head) munmap(data + head + bytes, static_cast<size_t>(slack - head));
#if defined(MADV_HUGEPAGE)
  madvise(data + head, static_cast<size_t>(bytes), MADV_HUGEPAGE);
#endif
  return data + head;
}
void unmap_pages(std::byte* data, int64_t bytes) { munmap(data, static_cast<size_t>(bytes)); }
void* allocate_small(int64_t bytes) { return std::aligned_alloc(kAlignment, static_cast<size_t>(bytes)); }
void free_small(void* data) { std::free(data); }

#endif

}  // namespace

void MemoryBudget::take(int64_t bytes) {
  int64_t used = used_.load();
  do {
    const int64_t limit = limit_.load();
    if (bytes > limit || used > limit - bytes)
      throw OutOfMemory("not enough memory: " + readable(bytes) + " (" + std::to_string(bytes) +
                        " bytes) needed, " + readable(used) + " in use, limit " + readable(limit) + " (" +
                        std::to_string(limit) + " bytes)");
  } while (!used_.compare_exchange_weak(used, used + bytes));
  const int64_t now = used + bytes;
  for (int64_t peak = peak_.load(); peak < now && !peak_.compare_exchange_weak(peak, now);) {
  }
}

Memory::Memory(std::shared_ptr<MemoryBudget> budget, int64_t bytes, int64_t place) {
  if (bytes < 0 || bytes > kLargest)
    throw OutOfMemory("not enough memory: " + std::to_string(bytes) + " bytes needed");
  const bool is_small = bytes < kSmallest;
  const int64_t shift = is_small || place % kAlignment != 0 ? 0 : place % kPage;
  const int64_t charged = round_up(std::max<int64_t>(bytes, 1) + shift, is_small ? kAlignment : kPage);
  if (budget) budget->take(charged);
  budget_ = std::move(budget);
  charged_ = charged;
  bytes_ = bytes;
  try {
    if (budget_) trigger_fault(FaultPlace::allocate);
    data_ = is_small ? static_cast<std::byte*>(allocate_small(charged)) : map_pages(charged);
    if (data_ == nullptr) throw OutOfMemory("not enough memory: the system refused " + readable(bytes));
    shift_ = shift;
    data_ += shift;
  } catch (...) {
    release();
    throw;
  }
  if (is_small) std::memset(data_, 0, static_cast<size_t>(charged));
}

void Memory::release() noexcept {
  if (data_ != nullptr) {
    if (bytes_ < kSmallest)
      free_small(data_);
    else
      unmap_pages(data_ - shift_, charged_);
  }
  if (budget_) budget_->give(charged_);
  budget_.reset();
  data_ = nullptr;
  bytes_ = charged_ = shift_ = 0;
}

void Memory::swap(Memory& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(charged_, other.charged_);
  std::swap(shift_, other.shift_);
}

int64_t default_memory_limit() {
#if defined(_WIN32)
  MEMORYSTATUSEX status{};
  status.dwLength = sizeof status;
  GlobalMemoryStatusEx(&status);
  auto physical = static_cast<int64_t>(status.ullTotalPhys);
#else
  int64_t physical =
      static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<int64_t>(sysconf(_SC_PAGE_SIZE));
  int64_t container = 0;
  std::ifstream file("/sys/fs/cgroup/memory.max");  // "max" where there is none: not a number
  if (file >> container && container > 0) physical = std::min(physical, container);
#endif
  return physical / 10 * 8;
}

}  // namespace lazuli
