// How much the backend's threads give way to other threads of the machine: an app with a window wants its window first.
#pragma once

namespace lazuli {

/// Niceness (0 to 19, as in nice(1)) of native threads started from now on. 0, the default, leaves them as the system starts them.
void set_thread_niceness(int niceness);

/// Called by every native thread when it starts. Does nothing where the system has no niceness per thread.
void apply_thread_niceness();

}  // namespace lazuli
