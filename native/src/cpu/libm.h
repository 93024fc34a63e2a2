// The C library's functions of a double, as PyTorch calls them: their last bits are the platform's, so they are called, not
// computed anew.
#pragma once

#include <cstddef>
#include <string>

namespace lazuli {

/// Replaces each value by log, log1p, sin or cos of it, one scalar call each. Throws OpError for another name.
void apply_libm(const std::string& name, double* values, size_t count);

}  // namespace lazuli
