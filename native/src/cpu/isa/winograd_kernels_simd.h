// The transforms of winograd_kernels.h on the vectors of product_kernels_simd.h. Included only by isa_kernels.inc.h.
#pragma once

#include "../winograd_kernels.h"
#include "product_kernels_simd.h"

namespace lazuli {
namespace {
namespace winograd_simd {

using product_simd::load;
using product_simd::store;
typedef product_simd::Vector<float> V;
inline constexpr int64_t kLanes = product_simd::kLanes<float>;
inline constexpr int kVectors = 2;
inline constexpr int64_t kChunk = kVectors * kLanes;

/// Row r of Bᵀ times the column (d0, d1, d2, d3).
inline V input_term(int r, V d0, V d1, V d2, V d3) {
  return r == 0 ? d0 - d2 : r == 1 ? d1 + d2 : r == 2 ? d2 - d1 : d1 - d3;
}
/// Row r of A times the column (g0, g1).
inline V gradient_term(int r, V g0, V g1) { return r == 0 ? g0 : r == 1 ? g0 + g1 : r == 2 ? g0 - g1 : -g1; }
/// Row r of G times the column (w0, w1, w2).
inline V kernel_term(int r, V w0, V w1, V w2) {
  return r == 0 ? w0 : r == 1 ? (w0 + w1 + w2) * 0.5f : r == 2 ? (w0 - w1 + w2) * 0.5f : w2;
}

inline void kernel(const float* taps, bool is_flipped, float* to, int64_t step) {
  for (int v = 0; v < kVectors; ++v) {
    V e[4][3];
#pragma GCC unroll 3
    for (int s = 0; s < 3; ++s) {
      const auto at = [&](int k) { return load(taps + (is_flipped ? 8 - (3 * k + s) : 3 * k + s) * kChunk + v * kLanes); };
      const V w0 = at(0), w1 = at(1), w2 = at(2);
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) e[r][s] = kernel_term(r, w0, w1, w2);
    }
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r)
#pragma GCC unroll 4
      for (int s = 0; s < 4; ++s) store(to + (4 * r + s) * step + v * kLanes, kernel_term(s, e[r][0], e[r][1], e[r][2]));
  }
}

/// Neighbouring tiles share two columns of pixels: their sums over rows are kept from one to the next.
inline void input(const float* pixels, int64_t pitch, int64_t tiles, float* to, int64_t step) {
  for (int v = 0; v < kVectors; ++v) {
    const float* from = pixels + v * kLanes;
    const auto column = [&](int64_t s, V(&e)[4]) __attribute__((always_inline)) {
      const float* at = from + s * kChunk;
      const V d0 = load(at), d1 = load(at + pitch), d2 = load(at + 2 * pitch), d3 = load(at + 3 * pitch);
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) e[r] = input_term(r, d0, d1, d2, d3);
    };
    V e0[4], e1[4], e2[4], e3[4];
    column(0, e0);
    column(1, e1);
    for (int64_t tile = 0; tile < tiles; ++tile) {
      column(2 * tile + 2, e2);
      column(2 * tile + 3, e3);
      float* place = to + tile * kChunk + v * kLanes;
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) {
#pragma GCC unroll 4
        for (int s = 0; s < 4; ++s) store(place + (4 * r + s) * step, input_term(s, e0[r], e1[r], e2[r], e3[r]));
        e0[r] = e2[r];
        e1[r] = e3[r];
      }
    }
  }
}

inline void output_gradient(const float* pixels, int64_t pitch, int64_t tiles, float* to, int64_t step) {
  for (int64_t tile = 0; tile < tiles; ++tile)
    for (int v = 0; v < kVectors; ++v) {
      const float* from = pixels + 2 * tile * kChunk + v * kLanes;
      float* place = to + tile * kChunk + v * kLanes;
      const V g00 = load(from), g01 = load(from + kChunk), g10 = load(from + pitch), g11 = load(from + pitch + kChunk);
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) {
        const V e0 = gradient_term(r, g00, g10), e1 = gradient_term(r, g01, g11);
#pragma GCC unroll 4
        for (int s = 0; s < 4; ++s) store(place + (4 * r + s) * step, gradient_term(s, e0, e1));
      }
    }
}

inline constexpr int64_t kAheadLines = 4;  // of b, asked for while they lie in the second cache

template <int rows, int vectors> void product_of(const WinogradPanel& p) {
  V sum[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v) sum[r][v] = V{};
  const float* b = p.b;
  const float* chunk = p.a;
  for (int64_t left = p.depth; left > 0; left -= kChunk, chunk += p.a_step) {
    const float* const last = chunk + (left < kChunk ? left : kChunk);
    for (const float* a = chunk; a < last; ++a, b += kChunk) {
      V values[vectors];
      for (int v = 0; v < vectors; ++v) values[v] = load(b + v * kLanes);
      for (int v = 0; v < vectors * kVectorBytes; v += 64)
        __builtin_prefetch(reinterpret_cast<const char*>(b + kAheadLines * kChunk) + v);
#pragma GCC unroll 16
      for (int r = 0; r < rows; ++r) {
        const V value = product_simd::broadcast(a[r * kChunk]);
        for (int v = 0; v < vectors; ++v) sum[r][v] = product_simd::multiply_add<float>(value, values[v], sum[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v) store(p.c + r * kChunk + v * kLanes, sum[r][v]);
}

template <int most, int vectors> void product_rows(const WinogradPanel& p) {
  if constexpr (most > 1) {
    if (p.rows < most) return product_rows<most - 1, vectors>(p);
  }
  product_of<most, vectors>(p);
}

inline void product(const WinogradPanel& p) {
  if (p.columns > kLanes) product_rows<product_simd::kTileRows, kVectors>(p);
  else product_rows<product_simd::kTileRows, 1>(p);
}

inline float sum_of(V v) {
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += v[lane];
  return sum;
}

inline float output(const float* from, int64_t step, int64_t tiles, const float* bias, float* pixels, const int64_t* places,
                    int64_t pitch) {
  V check = {};
  for (int v = 0; v < kVectors; ++v) {
    const V shift = load(bias + v * kLanes);
    for (int64_t tile = 0; tile < tiles; ++tile) {
      V e[2][4];
#pragma GCC unroll 4
      for (int s = 0; s < 4; ++s) {
        V m[4];
#pragma GCC unroll 4
        for (int r = 0; r < 4; ++r) m[r] = load(from + (4 * r + s) * step + tile * kChunk + v * kLanes);
        e[0][s] = m[0] + m[1] + m[2];
        e[1][s] = m[1] - m[2] - m[3];
      }
#pragma GCC unroll 2
      for (int r = 0; r < 2; ++r) {
        float* to = pixels + places[tile] + r * pitch + v * kLanes;
        const V y0 = e[r][0] + e[r][1] + e[r][2] + shift, y1 = e[r][1] - e[r][2] - e[r][3] + shift;
        check += (y0 + y1) * 0.0f;
        store(to, y0);
        store(to + kChunk, y1);
      }
    }
  }
  return sum_of(check);
}

inline float kernel_gradient(const float* from, int64_t step, float* taps) {
  const auto term = [](int k, V m0, V m1, V m2, V m3) {
    return k == 0 ? m0 + (m1 + m2) * 0.5f : k == 1 ? (m1 - m2) * 0.5f : (m1 + m2) * 0.5f + m3;
  };
  V check = {};
  for (int v = 0; v < kVectors; ++v) {
    V e[3][4];
#pragma GCC unroll 4
    for (int s = 0; s < 4; ++s) {
      V m[4];
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) m[r] = load(from + (4 * r + s) * step + v * kLanes);
#pragma GCC unroll 3
      for (int k = 0; k < 3; ++k) e[k][s] = term(k, m[0], m[1], m[2], m[3]);
    }
#pragma GCC unroll 3
    for (int k = 0; k < 3; ++k)
#pragma GCC unroll 3
      for (int l = 0; l < 3; ++l) {
        const V tap = term(l, e[k][0], e[k][1], e[k][2], e[k][3]);
        check += tap * 0.0f;
        store(taps + (3 * k + l) * kChunk + v * kLanes, tap);
      }
  }
  return sum_of(check);
}

inline void transpose(float* to, int64_t to_step, const float* from, int64_t from_step, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r += kLanes) {
    const int64_t count = rows - r < kLanes ? rows - r : kLanes;
    product_simd::pack_transposed(to + r, to_step, from + r * from_step, from_step, count, count, columns);
  }
}

constexpr WinogradKernels table() {
  return {static_cast<int>(kChunk), product_simd::kTileRows, kernel,          input,    output_gradient, product, output,
          kernel_gradient,          transpose};
}

}  // namespace winograd_simd
}  // namespace
}  // namespace lazuli
