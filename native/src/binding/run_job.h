// Runs of a program, on whatever device: they queue on the backend's thread, report progress and resolve on JavaScript's.
#pragma once

#include "../program/program.h"
#include "backend.h"

namespace lazuli::binding {

/// A program that can be run; shared with its runs, so that it lives until the last has ended.
class Runnable {
 public:
  virtual ~Runnable() = default;
  /// On the backend's thread. Returns the steps completed. `timing` may be null; a device may leave instructions out.
  virtual int64_t run(int64_t steps, const std::function<bool()>& should_stop,
                      const std::function<void(int64_t)>& progress, RunTiming* timing) = 0;
  /// A run stops when this is no longer what it was when the run was asked for.
  std::atomic<int64_t> cancels{0};
};

/// program.run(steps, onProgress?) of native/contract.ts. `runnable` is null after dispose().
Napi::Value run_steps(const Napi::CallbackInfo& info, const std::shared_ptr<Runnable>& runnable, Backend::Lane lane);

}  // namespace lazuli::binding
