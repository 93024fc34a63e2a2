// The formula that matmul_elementwise and linear_elementwise apply to their results while the cache holds them. Its first value is the
// product's result, the others are tensors of as many elements.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "isa/isa_kernels.h"
#include "product.h"
#include "steps.h"

namespace lazuli {

/// Read by all threads at once while the product runs.
template <typename T> class ProductSteps {
 public:
  /// Reads the formula and its other operands, inputs[first] and on. Refuses those that have not `shape`, that of `results`.
  ProductSteps(Arguments& args, Inputs inputs, size_t first, const Shape& shape, const Attributes& attributes, T* results)
      : results_(results), ahead_(kAheadRows * shape.back() * static_cast<int64_t>(sizeof(T))), math_(isa_kernels().math<T>()),
        plan_(steps_of(args, attributes, inputs.size() - first + 1, kMostSteps)) {
    for (size_t i = first; i < inputs.size(); ++i) {
      const TensorView& other = args.floating(static_cast<int>(i), "operand");
      args.expect_shape("operand", other, shape);
      others_.push_back(other.as<const T>());
    }
    for (const double constant : attributes.numbers("constants"))
      constants_.insert(constants_.end(), static_cast<size_t>(kBlock), static_cast<T>(constant));
  }
  ProductSteps(const ProductSteps&) = delete;
  ProductSteps& operator=(const ProductSteps&) = delete;

  Finish<T> finish() const {
    return {[](const void* data, T* values, T*, int64_t count) { static_cast<const ProductSteps*>(data)->apply(values, count); },
            this};
  }

 private:
  static constexpr int64_t kBlock = 256;  // elements: a stretch of a row of C, which lies in the first cache
  static constexpr size_t kMostSteps = 16;
  /// Stretches lie a row apart: no machine guesses which lines of the operands are next.
  static constexpr int64_t kAheadRows = 4;

  void apply(T* stretch, int64_t count) const {
    alignas(64) T slots[kMostSteps * kBlock];
    std::array<const T*, kMaxInputs + kMaxConstants + kMostSteps> values;
    for (int64_t done = 0; done < count; done += kBlock) {
      T* const y = stretch + done;
      const int64_t at = y - results_, left = std::min(kBlock, count - done);
      size_t next = 0;
      values[next++] = y;
      for (const T* other : others_) {
        values[next++] = other + at;
        const auto later = reinterpret_cast<uintptr_t>(other + at) + static_cast<uintptr_t>(ahead_);
        for (int64_t byte = 0; byte < left * static_cast<int64_t>(sizeof(T)); byte += 64)
          __builtin_prefetch(reinterpret_cast<const void*>(later + static_cast<uintptr_t>(byte)));
      }
      for (int i = 0; i < plan_.constants; ++i) values[next++] = constants_.data() + i * kBlock;
      for (const Step& step : plan_.steps) {
        T* const result = step.slot < 0 ? y : slots + step.slot * kBlock;
        apply_step(math_, step, values.data(), result, left);
        values[next++] = result;
      }
    }
  }

  T* const results_;
  const int64_t ahead_;  // bytes
  const VectorMath<T>& math_;
  const Steps plan_;
  std::vector<const T*> others_;
  std::vector<T> constants_;  // a block of each
};

}  // namespace lazuli
