// Exceptions of C++ as errors of JavaScript; see node_api.h.
#include "../gpu/device.h"
#include "../program/executor.h"
#include "node_api.h"

namespace lazuli::binding {

Napi::Error make_error(Napi::Env env, const std::string& message, const char* code) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

Napi::Error current_error(Napi::Env env) {
  try {
    throw;
  } catch (const gpu::DeviceLost& error) {
    return make_error(env, error.what(), "device_lost");
  } catch (...) {
    bool is_out_of_memory = false;
    const std::string message = describe_current_exception(is_out_of_memory);
    return make_error(env, message, is_out_of_memory ? "out_of_memory" : "native_failed");
  }
}

}  // namespace lazuli::binding
