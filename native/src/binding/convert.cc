// See convert.h.
#include "convert.h"

#include <cmath>

#include "storage_object.h"

namespace lazuli::binding {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const Napi::Value& value) {
  throw OpError(what + ": expected " + expected + ", got " + describe(value));
}

ElementwiseStep to_step(const Napi::Value& value, const std::string& what) {
  const Napi::Array list = to_array(value, what);
  ElementwiseStep step;
  step.function = to_text(list.Get(0u), what + "[0]");
  for (uint32_t i = 1; i < list.Length(); ++i)
    step.operands.push_back(static_cast<int32_t>(to_integer(list.Get(i), what + " operand", 0, 1 << 20)));
  return step;
}

template <typename Element, typename Convert>
std::vector<Element> to_list(const Napi::Array& array, const std::string& what, Convert&& convert) {
  std::vector<Element> list;
  list.reserve(array.Length());
  for (uint32_t i = 0; i < array.Length(); ++i) list.push_back(convert(array.Get(i), what));
  return list;
}

Attributes::Value to_list_value(const Napi::Array& array, const std::string& what) {
  if (array.Length() == 0) return std::vector<double>{};
  const Napi::Value first = array.Get(0u);
  if (first.IsString()) return to_list<std::string>(array, what, to_text);
  if (first.IsArray()) return to_list<ElementwiseStep>(array, what, to_step);
  return to_list<double>(array, what, [](const Napi::Value& value, const std::string& name) {
    if (!value.IsNumber()) refuse(name, "a list of numbers", value);
    return value.As<Napi::Number>().DoubleValue();
  });
}

Attributes::Value to_attribute(const Napi::Value& value, const std::string& what) {
  if (value.IsNull() || value.IsUndefined()) return std::monostate{};
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  if (value.IsNumber()) return value.As<Napi::Number>().DoubleValue();
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (value.IsArray()) return to_list_value(value.As<Napi::Array>(), what);
  refuse(what, "null, a boolean, a number, a string or a list", value);
}

}  // namespace

std::string describe(const Napi::Value& value) {
  if (value.IsEmpty() || value.IsUndefined()) return "undefined";
  if (value.IsNull()) return "null";
  if (value.IsNumber() || value.IsBoolean()) return value.ToString().Utf8Value();
  if (value.IsString()) return "'" + value.As<Napi::String>().Utf8Value().substr(0, 80) + "'";
  if (value.IsArray()) return "an array";
  if (value.IsFunction()) return "a function";
  if (value.IsObject()) return "an object";
  return "another kind of value";
}

int64_t to_integer(const Napi::Value& value, const std::string& what, int64_t least, int64_t most) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(std::floor(number) == number && number >= static_cast<double>(least) &&
        number <= static_cast<double>(most)))
    refuse(what, "an integer from " + std::to_string(least) + " to " + std::to_string(most), value);
  return static_cast<int64_t>(number);
}

std::string to_text(const Napi::Value& value, const std::string& what) {
  if (!value.IsString()) refuse(what, "a string", value);
  return value.As<Napi::String>().Utf8Value();
}

Napi::Object to_object(const Napi::Value& value, const std::string& what) {
  if (!value.IsObject() || value.IsArray()) refuse(what, "an object", value);
  return value.As<Napi::Object>();
}

Napi::Array to_array(const Napi::Value& value, const std::string& what) {
  if (!value.IsArray()) refuse(what, "an array", value);
  return value.As<Napi::Array>();
}

Napi::Uint8Array to_bytes(const Napi::Value& value, const std::string& what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    refuse(what, "a Uint8Array", value);
  return value.As<Napi::Uint8Array>();
}

Napi::Float64Array to_doubles(const Napi::Value& value, const std::string& what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array)
    refuse(what, "a Float64Array", value);
  return value.As<Napi::Float64Array>();
}

std::vector<int64_t> to_integers(const Napi::Value& value, const std::string& what, bool is_null_allowed) {
  return to_list<int64_t>(
      to_array(value, what), what, [&](const Napi::Value& element, const std::string& name) {
        return is_null_allowed && element.IsNull() ? int64_t{-1} : to_integer(element, name);
      });
}

Attributes to_attributes(const Napi::Value& value) {
  const Napi::Object object = to_object(value, "attributes");
  const Napi::Array names = object.GetPropertyNames();
  Attributes attributes;
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const Napi::Value key = names.Get(i);
    std::string name = key.ToString().Utf8Value();
    auto attribute = to_attribute(object.Get(key), "attribute '" + name + "'");
    attributes.set(std::move(name), std::move(attribute));
  }
  return attributes;
}

BufferSpec to_buffer(const Napi::Value& value, const std::string& what, bool is_arena) {
  const Napi::Object object = to_object(value, what);
  BufferSpec buffer;
  buffer.dtype = parse_dtype(to_text(object.Get("dtype"), what + ".dtype"));
  buffer.shape = to_integers(object.Get("shape"), what + ".shape");
  buffer.offset = to_integer(object.Get("offset"), what + ".offset");
  if (!is_arena) buffer.storage = StorageObject::pointer_of(object.Get("storage"), what + ".storage");
  return buffer;
}

std::vector<InstructionSpec> to_instructions(const Napi::Value& value) {
  const Napi::Array list = to_array(value, "instructions");
  std::vector<InstructionSpec> instructions;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::HandleScope scope(list.Env());
    const std::string what = "instruction " + std::to_string(i);
    const Napi::Object object = to_object(list.Get(i), what);
    InstructionSpec& instruction = instructions.emplace_back();
    instruction.op = to_text(object.Get("op"), what + ".op");
    instruction.inputs = to_integers(object.Get("inputs"), what + ".inputs", true);
    instruction.outputs = to_integers(object.Get("outputs"), what + ".outputs");
    instruction.attributes = to_attributes(object.Get("attributes"));
  }
  return instructions;
}

Napi::Array to_bit_list(Napi::Env env, uint32_t mask) {
  Napi::Array list = Napi::Array::New(env);
  for (int bit = 0; bit < 32; ++bit)
    if ((mask >> bit & 1) != 0) list.Set(list.Length(), bit);
  return list;
}

}  // namespace lazuli::binding
