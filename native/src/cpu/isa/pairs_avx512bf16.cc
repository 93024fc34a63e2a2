// Bfloat16 products with AVX-512's dot products of pairs, on the tiles of the avx512 set.
#include "product_kernels_simd.h"

namespace lazuli {
namespace {

struct PairStep {
  template <typename T>
  static inline product_simd::Vector<T> of(product_simd::Vector<T> a, product_simd::Vector<T> b, product_simd::Vector<T> c) {
    return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
  }
};

typedef uint32_t Bits __attribute__((vector_size(64)));

constexpr int64_t kLanes = product_simd::kLanes<float>;

/// The bfloat16 bits of 16 floats in the low halves of 32.
inline Bits lowered(__m512 values) {
  return (Bits)_mm512_maskz_cvtepu16_epi32(0xFFFF, (__m256i)_mm512_cvtneps_pbh(values));
}
inline __m512 paired(__m512 first, __m512 second) { return (__m512)(lowered(first) | lowered(second) << 16); }

inline int64_t at_most_lanes(int64_t count) { return count < kLanes ? count : kLanes; }

/// Panels whose rows lie side by side, `rows` and `width` of at most a vector.
inline void pack_lines(float* to, int64_t height, const float* from, int64_t depth_stride, int64_t rows, int64_t width,
                       int64_t depth) {
  const int64_t lines = (depth + 1) / 2;
  for (int64_t k = 0; k < depth; k += 2, from += 2 * depth_stride) {
    const __m512 first = product_simd::load_first(from, rows);
    const __m512 second = k + 1 < depth ? product_simd::load_first(from + depth_stride, rows) : __m512{};
    product_simd::store_line<float>(to, height, width, lines, k / 2, paired(first, second));
  }
}

/// Panels whose rows are contiguous along the depth: pairs are made first, then moved as one.
inline void pack_transposed(float* to, int64_t height, const float* from, int64_t row_stride, int64_t rows, int64_t width,
                            int64_t depth) {
  const int64_t lines = (depth + 1) / 2;
  for (int64_t k = 0; k < depth; k += 2 * kLanes) {
    const int64_t low = at_most_lanes(depth - k), high = depth - k > kLanes ? at_most_lanes(depth - k - kLanes) : 0;
    product_simd::Vector<float> square[kLanes];
#pragma GCC unroll 16
    for (int64_t r = 0; r < kLanes; ++r) {
      const float* row = from + r * row_stride + k;
      square[r] = r < rows ? (__m512)_mm512_cvtne2ps_pbh(product_simd::load_first(row + kLanes, high),
                                                         product_simd::load_first(row, low))
                           : __m512{};
    }
    product_simd::transpose<float, kLanes / 2>(square);
    const int64_t count = (low + high + 1) / 2;
#pragma GCC unroll 16
    for (int64_t j = 0; j < kLanes; ++j)
      if (j < count) product_simd::store_line<float>(to, height, width, lines, k / 2 + j, square[j]);
  }
}

/// Elements apart in both directions: through lines of a vector.
inline void pack_scattered(float* to, int64_t height, const float* from, int64_t row_stride, int64_t depth_stride,
                           int64_t rows, int64_t width, int64_t depth) {
  float lines[2 * kLanes] = {};
  for (int64_t k = 0; k < depth; k += 2) {
    for (int64_t part = 0; part < 2; ++part)
      for (int64_t r = 0; r < rows; ++r)
        lines[part * kLanes + r] = k + part < depth ? from[r * row_stride + (k + part) * depth_stride] : 0.0f;
    product_simd::store_first(to + k / 2 * height,
                              paired(product_simd::load(lines), product_simd::load(lines + kLanes)), width);
  }
}

void pack(float* to, int64_t height, const float* from, int64_t row_stride, int64_t depth_stride, int64_t rows,
          int64_t depth) {
  for (int64_t r = 0; r < height; r += kLanes) {
    const int64_t width = at_most_lanes(height - r), count = rows > r ? at_most_lanes(rows - r) : 0;
    const float* source = from + r * row_stride;
    if (row_stride == 1) pack_lines(to + r, height, source, depth_stride, count, width, depth);
    else if (depth_stride == 1) pack_transposed(to + r, height, source, row_stride, count, width, depth);
    else pack_scattered(to + r, height, source, row_stride, depth_stride, count, width, depth);
  }
}

constexpr PairKernels kKernels{product_simd::tile<float, PairStep>, pack};

}  // namespace

const PairKernels& pair_kernels_avx512bf16() { return kKernels; }

}  // namespace lazuli
