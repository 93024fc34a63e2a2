// node-addon-api, kept from our warnings, and the guard every entry from JavaScript passes through. Only this
// folder knows N-API.
#pragma once

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#endif
#include <napi.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <string>
#include <utility>

#include "../ops/faults.h"

namespace lazuli::binding {

/// A JavaScript Error with `code` native_failed, out_of_memory or device_lost.
Napi::Error make_error(Napi::Env env, const std::string& message, const char* code);
/// The exception being handled as a JavaScript error; to be called inside a catch block.
Napi::Error current_error(Napi::Env env);

/// Calls body; what it throws becomes a JavaScript exception, whatever its type. Every call from JavaScript goes through it.
template <typename Body> Napi::Value guard(Napi::Env env, Body&& body) {
  try {
    trigger_fault(FaultPlace::entry);
    return std::forward<Body>(body)();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw current_error(env);
  }
}

/// An exported function: `function` behind the guard.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value entry(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return function(info); });
}

}  // namespace lazuli::binding
