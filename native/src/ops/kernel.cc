// Dtype tables, attribute getters and the scratch of a call; see kernel.h.
#include "kernel.h"

#include <array>
#include <cmath>

#include "../tensor/scratch.h"

namespace lazuli {
namespace {

struct DTypeRow {
  const char* name;
  size_t bytes;
};
constexpr std::array<DTypeRow, 10> kDTypes = {{
    {"float32", 4},
    {"float64", 8},
    {"float16", 2},
    {"bfloat16", 2},
    {"int64", 8},
    {"int32", 4},
    {"int16", 2},
    {"int8", 1},
    {"uint8", 1},
    {"bool", 1},
}};

constexpr std::array<const char*, 7> kKinds = {
    "null", "a boolean", "a number", "a string", "a list of numbers", "a list of strings", "a list of steps",
};

[[noreturn]] void refuse(std::string_view name, const std::string& expected, const std::string& got) {
  throw OpError("attribute '" + std::string(name) + "': expected " + expected + ", got " + got);
}

int64_t integral(std::string_view name, double value) {
  if (!(std::floor(value) == value && std::fabs(value) <= 0x1p53))
    refuse(name, "an integer", std::to_string(value));
  return static_cast<int64_t>(value);
}

/// An empty list from JavaScript has no element kind: it stands for every kind of list.
bool is_empty_list(const Attributes::Value& value) {
  const auto* list = std::get_if<std::vector<double>>(&value);
  return list != nullptr && list->empty();
}

}  // namespace

size_t element_size(DType dtype) { return kDTypes[static_cast<size_t>(dtype)].bytes; }

const char* dtype_name(DType dtype) { return kDTypes[static_cast<size_t>(dtype)].name; }

DType parse_dtype(std::string_view name) {
  for (size_t i = 0; i < kDTypes.size(); ++i)
    if (name == kDTypes[i].name) return static_cast<DType>(i);
  std::string names;
  for (const DTypeRow& row : kDTypes) names += (names.empty() ? "" : ", ") + std::string(row.name);
  throw OpError("dtype: expected one of " + names + ", got '" + std::string(name) + "'");
}

int64_t TensorView::numel() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

void Attributes::set(std::string name, Value value) {
  values_.emplace_back(std::move(name), std::move(value));
}

const Attributes::Value* Attributes::find(std::string_view name) const {
  for (const auto& [key, value] : values_)
    if (key == name) return &value;
  return nullptr;
}

template <typename Kind> const Kind& Attributes::get(std::string_view name) const {
  const Value* value = find(name);
  constexpr size_t wanted = Value(std::in_place_type<Kind>).index();
  if (value == nullptr) refuse(name, kKinds[wanted], "nothing");
  if (const auto* found = std::get_if<Kind>(value)) return *found;
  if constexpr (wanted > 3) {
    static const Kind empty;
    if (is_empty_list(*value)) return empty;
  }
  refuse(name, kKinds[wanted], kKinds[value->index()]);
}

bool Attributes::is_null(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr || std::holds_alternative<std::monostate>(*value);
}
bool Attributes::boolean(std::string_view name) const { return get<bool>(name); }
double Attributes::number(std::string_view name) const { return get<double>(name); }
int64_t Attributes::integer(std::string_view name) const { return integral(name, number(name)); }
const std::string& Attributes::text(std::string_view name) const { return get<std::string>(name); }
const std::vector<double>& Attributes::numbers(std::string_view name) const {
  return get<std::vector<double>>(name);
}
const std::vector<ElementwiseStep>& Attributes::steps(std::string_view name) const {
  return get<std::vector<ElementwiseStep>>(name);
}
std::vector<int64_t> Attributes::integers(std::string_view name) const {
  std::vector<int64_t> list;
  for (const double value : numbers(name)) list.push_back(integral(name, value));
  return list;
}

void* Context::scratch(size_t bytes) const { return memory.take(bytes); }

int64_t Context::share_loop(int64_t pieces) const {
  const int64_t before = memory.sharers();
  if (before == 1) memory.set_sharers(std::min<int64_t>(pool.threads(), pieces));
  return before;
}
void Context::end_loop(int64_t before) const { memory.set_sharers(before); }

size_t Context::bytes_of(int64_t count, size_t size) {
  if (count < 0 || count > (int64_t{1} << 46) / static_cast<int64_t>(size))
    throw OutOfMemory("not enough memory: scratch for " + std::to_string(count) + " elements of " +
                      std::to_string(size) + " bytes needed");
  return static_cast<size_t>(count) * size;
}

}  // namespace lazuli
