// How pools are divided among threads.
#pragma once

#include <algorithm>

#include "../ops/kernel.h"

namespace lazuli {

/// Calls body(plane) for 0 <= plane < planes, each of so many elements read or written.
template <typename Body> void each_plane(int64_t planes, int64_t work, const Context& context, Body&& body) {
  context.parallel_for(planes, std::max<int64_t>(1, int64_t{32768} / std::max<int64_t>(work, 1)),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t plane = begin; plane < end; ++plane) body(plane);
                       });
}

}  // namespace lazuli
