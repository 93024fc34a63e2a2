// Window products of few channels or few taps, whose register tiles would be mostly empty or mostly overhead: each vector of
// outputs of a line is summed by itself, a whole plane while the first cache holds it. window_product.h decides which ones.
#pragma once

#include "window_product.h"

namespace lazuli {

/// Whether the product is one whose outputs lie in lines one after the other and that is quicker so than with tiles.
template <typename T> bool suits_window_vectors(const WindowProduct<T>& product);

/// Each output's taps are summed in the order of the elements they meet, channel by channel, after the bias.
template <typename T> void run_window_vectors(const WindowProduct<T>& product, const Context& context);

}  // namespace lazuli
