// The wording of refused arguments; see arguments.h.
#include "arguments.h"

namespace lazuli {

std::string shape_text(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

Arguments::Arguments(const char* op, Inputs inputs, Outputs outputs, int least_inputs, int most_inputs,
                     int output_count)
    : op_(op), inputs_(inputs), outputs_(outputs) {
  const auto count = static_cast<int>(inputs.size());
  if (count < least_inputs || count > most_inputs) {
    const std::string range = least_inputs == most_inputs
                                  ? std::to_string(least_inputs)
                                  : std::to_string(least_inputs) + " to " + std::to_string(most_inputs);
    refuse("number of inputs", range, std::to_string(count));
  }
  if (static_cast<int>(outputs.size()) != output_count)
    refuse("number of outputs", std::to_string(output_count), std::to_string(outputs.size()));
}

void Arguments::refuse(const std::string& what, const std::string& expected, const std::string& got) const {
  throw OpError(std::string(op_) + ": " + what + ": expected " + expected + ", got " + got);
}

const TensorView* Arguments::find(int index) const {
  if (index >= static_cast<int>(inputs_.size())) return nullptr;
  const TensorView& tensor = inputs_[static_cast<size_t>(index)];
  return tensor.present() ? &tensor : nullptr;
}

void Arguments::check_memory(const char* what, const TensorView& tensor) const {
  if (elements(what, tensor.shape) > 0 && !tensor.present()) refuse(what, "memory", "none");
}

const TensorView& Arguments::floating(int index, const char* what) {
  if (index >= static_cast<int>(inputs_.size())) refuse(what, "a tensor", "nothing");
  const TensorView& tensor = inputs_[static_cast<size_t>(index)];
  if (!tensor.present() && tensor.shape.empty()) refuse(what, "a tensor", "nothing");
  if (has_dtype_ ? tensor.dtype != dtype_ : tensor.dtype != DType::float32 && tensor.dtype != DType::float64)
    refuse(std::string("dtype of ") + what, has_dtype_ ? dtype_name(dtype_) : "float32 or float64",
           dtype_name(tensor.dtype));
  dtype_ = tensor.dtype;
  has_dtype_ = true;
  check_memory(what, tensor);
  return tensor;
}

const TensorView* Arguments::optional(int index, const char* what, const Shape& shape) {
  const TensorView* tensor = find(index);
  if (tensor == nullptr) return nullptr;
  floating(index, what);
  expect_shape(what, *tensor, shape);
  return tensor;
}

const TensorView& Arguments::typed(int index, const char* what, DType dtype) {
  if (index >= static_cast<int>(inputs_.size())) refuse(what, "a tensor", "nothing");
  const TensorView& tensor = inputs_[static_cast<size_t>(index)];
  if (!tensor.present() && tensor.shape.empty()) refuse(what, "a tensor", "nothing");
  if (tensor.dtype != dtype)
    refuse(std::string("dtype of ") + what, dtype_name(dtype), dtype_name(tensor.dtype));
  check_memory(what, tensor);
  return tensor;
}

const TensorView& Arguments::any(int index, const char* what) const {
  if (index >= static_cast<int>(inputs_.size())) refuse(what, "a tensor", "nothing");
  const TensorView& tensor = inputs_[static_cast<size_t>(index)];
  if (!tensor.present() && tensor.shape.empty()) refuse(what, "a tensor", "nothing");
  check_memory(what, tensor);
  return tensor;
}

TensorView& Arguments::output(int index, const char* what, const Shape& shape) {
  return output(index, what, shape, dtype_);
}

TensorView& Arguments::output(int index, const char* what, const Shape& shape, DType dtype) {
  TensorView& tensor = outputs_[static_cast<size_t>(index)];
  if (tensor.dtype != dtype)
    refuse(std::string("dtype of ") + what, dtype_name(dtype), dtype_name(tensor.dtype));
  expect_shape(what, tensor, shape);
  check_memory(what, tensor);
  return tensor;
}

void Arguments::expect_shape(const char* what, const TensorView& tensor, const Shape& shape) const {
  if (tensor.shape != shape)
    refuse(std::string("shape of ") + what, shape_text(shape), shape_text(tensor.shape));
}

void Arguments::expect_rank(const char* what, const TensorView& tensor, int64_t least, int64_t most) const {
  if (tensor.rank() >= least && tensor.rank() <= most) return;
  const std::string range =
      least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
  refuse(std::string("rank of ") + what, range, shape_text(tensor.shape));
}

std::vector<int64_t> Arguments::list(const Attributes& attributes, const char* name, int64_t count, int64_t least,
                                     int64_t most) const {
  std::vector<int64_t> values = attributes.integers(name);
  if (static_cast<int64_t>(values.size()) != count)
    refuse(name, std::to_string(count) + " numbers", shape_text(values));
  for (const int64_t value : values)
    if (value < least || value > most)
      refuse(name, "numbers from " + std::to_string(least) + " to " + std::to_string(most), shape_text(values));
  return values;
}

int64_t Arguments::integer(const Attributes& attributes, const char* name, int64_t least, int64_t most) const {
  const int64_t value = attributes.integer(name);
  if (value < least || value > most)
    refuse(name, std::to_string(least) + " to " + std::to_string(most), std::to_string(value));
  return value;
}

int64_t Arguments::elements(const char* what, const Shape& shape) const {
  int64_t product = 1;
  bool is_empty = false;
  for (const int64_t size : shape) {
    if (size < 0) refuse(std::string("shape of ") + what, "sizes of at least 0", shape_text(shape));
    if (size == 0) is_empty = true;
    else if (product > (int64_t{1} << 48) / size)
      refuse(std::string("shape of ") + what, "at most 2^48 elements", shape_text(shape));
    else
      product *= size;
  }
  return is_empty ? 0 : product;
}

}  // namespace lazuli
