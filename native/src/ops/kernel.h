// The interface every kernel implements: dense tensors in, dense tensors out, attributes by name.
// Plain C++: no Node types. The op list and its meaning stand in core/ops/signatures.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../threads/thread_pool.h"

namespace lazuli {

enum class DType : uint8_t {
  float32,
  float64,
  float16,
  bfloat16,
  int64,
  int32,
  int16,
  int8,
  uint8,
  boolean,
};

size_t element_size(DType dtype);
DType parse_dtype(std::string_view name);  // throws OpError for a name that is not computed with
const char* dtype_name(DType dtype);

/// A dense row-major tensor in memory that somebody else owns. `data` is null for an absent optional input.
struct TensorView {
  void* data = nullptr;
  DType dtype = DType::float32;
  std::vector<int64_t> shape;

  int64_t numel() const;
  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  bool present() const { return data != nullptr; }
  template <typename T> T* as() const { return static_cast<T*>(data); }
};

struct ElementwiseStep {
  std::string function;  // a name of SCALAR_FUNCTIONS
  std::vector<int32_t> operands;
};

/// Attributes as JavaScript gave them. Getters throw OpError naming the op and the attribute when it is
/// absent or of another kind.
class Attributes {
 public:
  using Value = std::variant<std::monostate, bool, double, std::string, std::vector<double>,
                             std::vector<std::string>, std::vector<ElementwiseStep>>;
  void set(std::string name, Value value);
  bool is_null(std::string_view name) const;  // absent or null
  bool boolean(std::string_view name) const;
  double number(std::string_view name) const;
  int64_t integer(std::string_view name) const;  // throws unless integral and within ±2^53
  const std::string& text(std::string_view name) const;
  std::vector<int64_t> integers(std::string_view name) const;
  const std::vector<double>& numbers(std::string_view name) const;
  const std::vector<ElementwiseStep>& steps(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, Value>> values_;
  const Value* find(std::string_view name) const;
  template <typename Kind> const Kind& get(std::string_view name) const;
};

class Scratch;  // tensor/scratch.h

/// What a kernel may use besides its arguments. Scratch memory is per call, 64-byte aligned and freed after
/// it; its contents are arbitrary. The inner loops of the instruction set in use: isa_kernels() in
/// cpu/isa/isa_kernels.h.
struct Context {
  ThreadPool& pool;
  Scratch& memory;
  /// A call whose results nobody wants: loops run their first piece only, and what that takes counts once per thread.
  bool is_sizing = false;

  /// Splits [0, count) into at most 256 pieces of at least `grain` and runs `body(begin, end)` on the pool.
  /// Pieces do not depend on the number of threads, so results that are combined per piece do not either.
  /// Nested calls run inline; an exception of any piece ends the loop and is rethrown here.
  template <typename Body> void parallel_for(int64_t count, int64_t grain, Body&& body) const {
    if (!is_sizing) return pool.parallel_for(count, grain, std::forward<Body>(body));
    if (count <= 0) return;
    const int64_t pieces = ThreadPool::pieces_of(count, grain);
    const int64_t before = share_loop(pieces);
    body(int64_t{0}, count / pieces + (count % pieces > 0 ? 1 : 0));
    end_loop(before);
  }
  void* scratch(
      size_t bytes) const;  // throws OutOfMemory when the memory budget refuses; may be called from pieces
  /// Room for `count` elements; refuses a count that is negative or too large.
  template <typename T> T* scratch_of(int64_t count) const {
    return static_cast<T*>(scratch(bytes_of(count, sizeof(T))));
  }
  static size_t bytes_of(int64_t count, size_t size);

 private:
  /// From here on scratch counts once per thread of a loop of so many pieces; gives what end_loop goes back to.
  int64_t share_loop(int64_t pieces) const;
  void end_loop(int64_t before) const;
};

using Inputs = std::span<const TensorView>;
using Outputs = std::span<TensorView>;

/// Checks every shape, dtype and attribute in 64 bits before it touches memory; throws OpError, never
/// crashes. The number of inputs and outputs was checked by the caller, which also puts the op's name before
/// a message that lacks it.
using Kernel = void (*)(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context);

struct OpEntry {
  const char* name;
  int least_inputs;
  int most_inputs;
  int outputs;
  Kernel kernel;
};

/// The op of that name, or null.
const OpEntry* find_op(std::string_view name);

/// Every op of the CPU backend, in the order of core/ops/signatures.ts. Families contribute their own spans.
std::span<const OpEntry> cpu_ops();

/// A wrong call: travels to JavaScript as LazuliError('native_failed').
class OpError : public std::exception {
 public:
  explicit OpError(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// The memory budget or the system refused: travels to JavaScript as LazuliError('out_of_memory').
class OutOfMemory : public OpError {
 public:
  using OpError::OpError;
};

}  // namespace lazuli
