// The transforms of winograd_kernels.h on the vectors of product_kernels_simd.h. Included only by isa_kernels.inc.h.
#pragma once

#include "../winograd_kernels.h"
#include "product_kernels_simd.h"

namespace lazuli {
namespace {
namespace winograd_simd {

using product_simd::load;
using product_simd::load_first;
using product_simd::NumbersBelow;
using product_simd::Numbers;
using product_simd::store;
using product_simd::store_first;
typedef product_simd::Vector<float> V;
inline constexpr int64_t kLanes = product_simd::kLanes<float>;

/// Row r of Bᵀ times the column (d0, d1, d2, d3).
inline V input_term(int r, V d0, V d1, V d2, V d3) {
  return r == 0 ? d0 - d2 : r == 1 ? d1 + d2 : r == 2 ? d2 - d1 : d1 - d3;
}
/// Row r of A times the column (g0, g1).
inline V gradient_term(int r, V g0, V g1) { return r == 0 ? g0 : r == 1 ? g0 + g1 : r == 2 ? g0 - g1 : -g1; }

/// Rows [first, last) of the transforms; a row alone loads only what it needs.
template <int first, int last>
inline void input_rows(const float* plane, int64_t sub, int64_t pitch, const WinogradRun* runs, int64_t run_count, float* to,
                       int64_t step) {
  for (const WinogradRun* run = runs; run < runs + run_count; ++run)
    for (int64_t tile = 0; tile < run->length; tile += kLanes) {
      const float* from = plane + run->source + tile;
      float* place = to + run->place + tile;
      V d[4][4];
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r)
#pragma GCC unroll 4
        for (int s = 0; s < 4; ++s)
          d[r][s] = load(from + ((r & 1) * 2 + (s & 1)) * sub + (r >> 1) * pitch + (s >> 1));
#pragma GCC unroll 4
      for (int r = first; r < last; ++r) {
        V e[4];
#pragma GCC unroll 4
        for (int s = 0; s < 4; ++s) e[s] = input_term(r, d[0][s], d[1][s], d[2][s], d[3][s]);
#pragma GCC unroll 4
        for (int s = 0; s < 4; ++s) store(place + (4 * (r - first) + s) * step, input_term(s, e[0], e[1], e[2], e[3]));
      }
    }
}

inline void input(const float* plane, int64_t sub, int64_t pitch, const WinogradRun* runs, int64_t run_count, int row,
                  float* to, int64_t step) {
  switch (row) {
    case 0: return input_rows<0, 1>(plane, sub, pitch, runs, run_count, to, step);
    case 1: return input_rows<1, 2>(plane, sub, pitch, runs, run_count, to, step);
    case 2: return input_rows<2, 3>(plane, sub, pitch, runs, run_count, to, step);
    case 3: return input_rows<3, 4>(plane, sub, pitch, runs, run_count, to, step);
    default: return input_rows<0, 4>(plane, sub, pitch, runs, run_count, to, step);
  }
}

template <int... lane> inline void deinterleave(V& a, V& b, Numbers<lane...>) {
  const V even = __builtin_shufflevector(a, b, (2 * lane)...);
  b = __builtin_shufflevector(a, b, (2 * lane + 1)...);
  a = even;
}
template <int... lane> inline void interleave(V& a, V& b, Numbers<lane...>) {
  constexpr int lanes = static_cast<int>(kLanes);
  const V first = __builtin_shufflevector(a, b, (lane / 2 + lane % 2 * lanes)...);
  b = __builtin_shufflevector(a, b, (lane / 2 + lanes / 2 + lane % 2 * lanes)...);
  a = first;
}

template <int row>
inline void gradient_row(const float* plane, int64_t pitch, const WinogradRun* runs, int64_t run_count, float* to,
                         int64_t step) {
  for (const WinogradRun* run = runs; run < runs + run_count; ++run)
    for (int64_t tile = 0; tile < run->length; tile += kLanes) {
      float* place = to + run->place + tile;
      V g[2][2] = {};
#pragma GCC unroll 2
      for (int r = 0; r < 2; ++r) {
        if (r == (row == 0 ? 1 : row == 3 ? 0 : 2)) continue;
        const float* from = plane + run->target + r * pitch + 2 * tile;
        const int64_t width = r == 1 && !run->has_second_row ? 0 : run->width - 2 * tile;
        if (width >= 2 * kLanes) {
          g[r][0] = load(from);
          g[r][1] = load(from + kLanes);
        } else {
          g[r][0] = width >= kLanes ? load(from) : load_first(from, width);
          g[r][1] = width > kLanes ? load_first(from + kLanes, width - kLanes) : V{};
        }
      }
      V e0 = gradient_term(row, g[0][0], g[1][0]), e1 = gradient_term(row, g[0][1], g[1][1]);
      deinterleave(e0, e1, typename NumbersBelow<kLanes>::type{});
#pragma GCC unroll 4
      for (int s = 0; s < 4; ++s) store(place + s * step, gradient_term(s, e0, e1));
    }
}

inline void output_gradient(const float* plane, int64_t pitch, const WinogradRun* runs, int64_t run_count, int row, float* to,
                            int64_t step) {
  switch (row) {
    case 0: return gradient_row<0>(plane, pitch, runs, run_count, to, step);
    case 1: return gradient_row<1>(plane, pitch, runs, run_count, to, step);
    case 2: return gradient_row<2>(plane, pitch, runs, run_count, to, step);
    default: return gradient_row<3>(plane, pitch, runs, run_count, to, step);
  }
}

inline float output(const float* from, int64_t step, int64_t tiles, float bias, float* even, float* odd) {
  V check = {};
  for (int64_t tile = 0; tile < tiles; tile += kLanes) {
    V e[2][4];
#pragma GCC unroll 4
    for (int s = 0; s < 4; ++s) {
      V m[4];
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) m[r] = load(from + (4 * r + s) * step + tile);
      e[0][s] = m[0] + m[1] + m[2];
      e[1][s] = m[1] - m[2] - m[3];
    }
    float* const rows[2] = {even, odd};
#pragma GCC unroll 2
    for (int r = 0; r < 2; ++r) {
      V y0 = e[r][0] + e[r][1] + e[r][2] + bias, y1 = e[r][1] - e[r][2] - e[r][3] + bias;
      check += (y0 + y1) * 0.0f;
      interleave(y0, y1, typename NumbersBelow<kLanes>::type{});
      store(rows[r] + 2 * tile, y0);
      store(rows[r] + 2 * tile + kLanes, y1);
    }
  }
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += check[lane];
  return sum;
}

inline void copy(const float* from, float* to, int64_t count) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, load(from + i));
  if (i < count) store_first(to + i, load_first(from + i, count - i), count - i);
}

inline void scatter(const float* even, const float* odd, const WinogradRun* runs, int64_t run_count, float* plane,
                    int64_t pitch) {
  for (const WinogradRun* run = runs; run < runs + run_count; ++run) {
    copy(even + 2 * run->tile, plane + run->target, run->width);
    if (run->has_second_row) copy(odd + 2 * run->tile, plane + run->target + pitch, run->width);
  }
}

constexpr WinogradKernels table() { return {input, output_gradient, output, scatter}; }

}  // namespace winograd_simd
}  // namespace
}  // namespace lazuli
