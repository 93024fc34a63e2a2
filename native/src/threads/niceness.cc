// See niceness.h. On Linux setpriority on a thread's own id concerns that thread alone; elsewhere there is no such call.
#include "niceness.h"

#include <atomic>

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace lazuli {
namespace {

std::atomic<int> wanted{0};

}  // namespace

void set_thread_niceness(int niceness) { wanted.store(niceness); }

void apply_thread_niceness() {
#if defined(__linux__)
  const int niceness = wanted.load();
  if (niceness > 0) setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), niceness);
#endif
}

}  // namespace lazuli
