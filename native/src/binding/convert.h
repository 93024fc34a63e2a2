// Values of JavaScript as the plain C++ the backend takes. Every function throws OpError saying what was
// expected and got.
#pragma once

#include "../program/program.h"
#include "node_api.h"

namespace lazuli::binding {

/// What kind of value came, for messages.
std::string describe(const Napi::Value& value);
/// An integer within [least, most].
int64_t to_integer(const Napi::Value& value, const std::string& what, int64_t least = 0,
                   int64_t most = int64_t{1} << 53);
std::string to_text(const Napi::Value& value, const std::string& what);
Napi::Object to_object(const Napi::Value& value, const std::string& what);
Napi::Array to_array(const Napi::Value& value, const std::string& what);
Napi::Uint8Array to_bytes(const Napi::Value& value, const std::string& what);
Napi::Float64Array to_doubles(const Napi::Value& value, const std::string& what);
/// A list of integers; null becomes -1 where that is allowed.
std::vector<int64_t> to_integers(const Napi::Value& value, const std::string& what,
                                 bool is_null_allowed = false);
Attributes to_attributes(const Napi::Value& value);
/// The instruction list of a program.
std::vector<InstructionSpec> to_instructions(const Napi::Value& value);
/// { storage, offset, dtype, shape }; without a storage where `is_arena`.
BufferSpec to_buffer(const Napi::Value& value, const std::string& what, bool is_arena = false);

/// The positions of the bits that are set.
Napi::Array to_bit_list(Napi::Env env, uint32_t mask);

}  // namespace lazuli::binding
