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

/// The bfloat16 bits of 16 floats in the low halves of 32.
inline Bits lowered(__m512 values) {
  return (Bits)_mm512_maskz_cvtepu16_epi32(0xFFFF, (__m256i)_mm512_cvtneps_pbh(values));
}

void pair(float* panel, int64_t height, int64_t depth) {
  constexpr int64_t lanes = product_simd::kLanes<float>;
  for (int64_t k = 0; k < depth; k += 2) {
    const float* low = panel + k * height;
    float* to = panel + k / 2 * height;
    for (int64_t i = 0; i < height; i += lanes) {
      const int64_t count = height - i < lanes ? height - i : lanes;
      const Bits first = lowered(product_simd::load_first(low + i, count));
      const Bits second = k + 1 < depth ? lowered(product_simd::load_first(low + height + i, count)) : Bits{};
      product_simd::store_first(to + i, (__m512)(first | second << 16), count);
    }
  }
}

constexpr PairKernels kKernels{product_simd::tile<float, PairStep>, pair};

}  // namespace

const PairKernels& pair_kernels_avx512bf16() { return kKernels; }

}  // namespace lazuli
