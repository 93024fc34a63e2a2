// The export table: native/contract.ts, function by function.
#include <atomic>
#include <chrono>

#include "../cpu/isa/isa_kernels.h"
#include "../cpu/libm.h"
#include "../files/transfer.h"
#include "../ops/faults.h"
#include "../ops/mutations.h"
#include "../tensor/release.h"
#include "../threads/niceness.h"

#include "convert.h"
#include "file_jobs.h"
#include "gpu_storage.h"
#include "program_object.h"
#include "scratch_job.h"
#include "statistics_job.h"
#include "storage_object.h"

namespace lazuli::binding {
namespace {

/// The arguments of execute and executeAsync, checked and holding their storages.
class OpCall {
 public:
  explicit OpCall(const Napi::CallbackInfo& info) {
    const std::string name = to_text(info[0], "op");
    const Napi::Array in = to_array(info[1], name + ": inputs"), out = to_array(info[2], name + ": outputs");
    op_ = &Executor::resolve(name, in.Length(), out.Length());
    const uint32_t mutated = mutated_inputs(name);
    inputs_.reserve(in.Length());
    outputs_.reserve(out.Length());
    for (uint32_t i = 0; i < in.Length(); ++i) {
      const Napi::Value value = in.Get(i);
      TensorView& view = inputs_.emplace_back();
      if (!value.IsNull()) set(view, value, name + ": input " + std::to_string(i), is_mutated(mutated, i));
    }
    for (uint32_t i = 0; i < out.Length(); ++i)
      set(outputs_.emplace_back(), out.Get(i), name + ": output " + std::to_string(i), true);
    try {
      attributes_ = to_attributes(info[3]);
    } catch (const OpError& error) {
      throw OpError(name + ": " + error.what());
    }
  }
  OpCall(const OpCall&) = delete;  // the bindings point at the views
  OpCall& operator=(const OpCall&) = delete;

  void run(Executor& executor) {
    const std::vector<BlockPointer> blocks = bindings_.bind();
    executor.run(*op_, inputs_, outputs_, attributes_);
  }

 private:
  void set(TensorView& view, const Napi::Value& value, const std::string& what, bool is_written) {
    const BufferSpec buffer = to_buffer(value, what);
    view = view_of(buffer, buffer.storage->block()->data(), buffer.storage->bytes(), what);
    bindings_.add(view, buffer.storage, buffer.offset, is_written);
  }

  const OpEntry* op_;
  std::vector<TensorView> inputs_;
  std::vector<TensorView> outputs_;
  Attributes attributes_;
  Bindings bindings_;
};

class OpJob : public PromiseJob {
 public:
  OpJob(const Napi::CallbackInfo& info, Backend& backend)
      : PromiseJob(info.Env()), call_(info), backend_(backend) {}
  void run() override {
    Executor& executor = backend_.job_executor();
    try {
      call_.run(executor);
    } catch (...) {
      executor.trim(0);
      throw;
    }
    executor.trim(0);
  }

 protected:
  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

 private:
  OpCall call_;
  Backend& backend_;
};

Napi::Value info(const Napi::CallbackInfo& call) {
  Napi::Env env = call.Env();
  Backend& backend = Backend::of(env);
  Napi::Array available = Napi::Array::New(env);
  for (const IsaKernels* set : available_isas())
    available.Set(available.Length(), Napi::String::New(env, set->name));
  Napi::Object result = Napi::Object::New(env);
  result.Set("isa", isa_kernels().name);
  result.Set("available", available);
  result.Set("cores", usable_cores());
  result.Set("threads", backend.pool().threads());
#if defined(__clang__)
  result.Set("compiler", __VERSION__);
#else
  result.Set("compiler", "gcc " __VERSION__);
#endif
  result.Set("memory_limit", static_cast<double>(backend.budget()->limit()));
  return result;
}

Napi::Value ops(const Napi::CallbackInfo& call) {
  Napi::Array list = Napi::Array::New(call.Env());
  for (const OpEntry& op : cpu_ops()) {
    Napi::Object row = Napi::Object::New(call.Env());
    row.Set("name", op.name);
    row.Set("least_inputs", op.least_inputs);
    row.Set("most_inputs", op.most_inputs);
    row.Set("outputs", op.outputs);
    row.Set("mutates", to_bit_list(call.Env(), mutated_inputs(op.name)));
    list.Set(list.Length(), row);
  }
  return list;
}

Napi::Value set_threads(const Napi::CallbackInfo& call) {
  const int64_t count = to_integer(call[0], "setThreads: count", 1, ThreadPool::kMaxThreads);
  Backend::of(call.Env()).pool().set_threads(static_cast<int>(count));
  return call.Env().Undefined();
}

Napi::Value set_niceness(const Napi::CallbackInfo& call) {
  set_thread_niceness(static_cast<int>(to_integer(call[0], "setNiceness: niceness", 0, 19)));
  return call.Env().Undefined();
}

Napi::Value set_isa(const Napi::CallbackInfo& call) {
  select_isa(to_text(call[0], "setIsa: name"));
  return call.Env().Undefined();
}

/// One pass of a few milliseconds.
template <typename T> double peak_of(ThreadPool& pool) {
  constexpr int64_t kPieces = 64, kOperations = 12'000'000;
  const ProductKernels<T>& kernels = isa_kernels().product<T>();
  const auto rounds = static_cast<int64_t>(kOperations / kernels.peak_operations);
  std::atomic<int> unlikely{0};
  const auto start = std::chrono::steady_clock::now();
  pool.parallel_for(kPieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece)
      if (kernels.peak(rounds) < 0) ++unlikely;  // the result is looked at, or the work would not be done
  });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return kPieces * static_cast<double>(rounds) * kernels.peak_operations / seconds.count() / 1e9;
}

Napi::Value measure_peak(const Napi::CallbackInfo& call) {
  Backend& backend = Backend::of(call.Env());
  backend.check_open();
  const DType dtype = parse_dtype(to_text(call[0], "measurePeak: dtype"));
  if (dtype != DType::float32 && dtype != DType::float64)
    throw OpError("measurePeak: dtype: expected float32 or float64, got " + std::string(dtype_name(dtype)));
  const double rate = dtype == DType::float64 ? peak_of<double>(backend.pool()) : peak_of<float>(backend.pool());
  return Napi::Number::New(call.Env(), rate);
}

Napi::Value libm(const Napi::CallbackInfo& call) {
  Napi::Float64Array values = to_doubles(call[1], "libm: values");
  apply_libm(to_text(call[0], "libm: function"), values.Data(), values.ElementLength());
  return call.Env().Undefined();
}

Napi::Value set_memory_limit(const Napi::CallbackInfo& call) {
  Backend::of(call.Env()).budget()->set_limit(to_integer(call[0], "setMemoryLimit: bytes"));
  return call.Env().Undefined();
}

Napi::Value allocate(const Napi::CallbackInfo& call) {
  return Backend::of(call.Env()).storage_class.New({call[0], call[1]});
}

Napi::Value create_program(const Napi::CallbackInfo& call) {
  return Backend::of(call.Env()).program_class.New({call[0]});
}

Napi::Value execute(const Napi::CallbackInfo& call) {
  Backend& backend = Backend::of(call.Env());
  backend.check_open();
  OpCall op(call);
  op.run(backend.executor());
  backend.executor().trim(int64_t{16} << 20);
  return call.Env().Undefined();
}

Napi::Value execute_async(const Napi::CallbackInfo& call) {
  Backend& backend = Backend::of(call.Env());
  backend.check_open();
  return backend.submit(call.Env(), std::make_shared<OpJob>(call, backend));
}

Napi::Value live(const Napi::CallbackInfo& call) {
  Backend& backend = Backend::of(call.Env());
  backend.executor().trim(0);
  drain_released();
  Napi::Object result = Napi::Object::New(call.Env());
  result.Set("storages", static_cast<double>(backend.ledger()->storages));
  result.Set("programs", static_cast<double>(backend.ledger()->programs));
  result.Set("bytes", static_cast<double>(backend.budget()->used()));
  return result;
}

Napi::Value memory_peak(const Napi::CallbackInfo& call) {
  return Napi::Number::New(call.Env(), static_cast<double>(Backend::of(call.Env()).budget()->peak()));
}

Napi::Value reset_memory_peak(const Napi::CallbackInfo& call) {
  Backend::of(call.Env()).budget()->reset_peak();
  return call.Env().Undefined();
}

Napi::Value close(const Napi::CallbackInfo& call) {
  Backend::of(call.Env()).close(call.Env());
  return call.Env().Undefined();
}

Napi::Value inject(const Napi::CallbackInfo& call) {
  const int64_t after = call[2].IsUndefined() ? 0 : to_integer(call[2], "injectFault: after");
  const bool was_armed =
      inject_fault(to_text(call[0], "injectFault: place"), to_text(call[1], "injectFault: kind"), after);
  return Napi::Boolean::New(call.Env(), was_armed);
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto owned = std::make_unique<Backend>(env);
  Backend& backend = *owned;
  env.SetInstanceData<Backend>(owned.release());
  backend.storage_class = Napi::Persistent(StorageObject::define(env));
  backend.program_class = Napi::Persistent(ProgramObject::define(env));
  backend.gpu_class = Napi::Persistent(GpuObject::define(env));
  backend.gpu_storage_class = Napi::Persistent(GpuStorageObject::define(env));
  backend.gpu_program_class = Napi::Persistent(GpuProgramObject::define(env));

  exports.Set("info", Napi::Function::New<entry<info>>(env, "info"));
  exports.Set("ops", Napi::Function::New<entry<ops>>(env, "ops"));
  exports.Set("setNiceness", Napi::Function::New<entry<set_niceness>>(env, "setNiceness"));
  exports.Set("setThreads", Napi::Function::New<entry<set_threads>>(env, "setThreads"));
  exports.Set("setIsa", Napi::Function::New<entry<set_isa>>(env, "setIsa"));
  exports.Set("measurePeak", Napi::Function::New<entry<measure_peak>>(env, "measurePeak"));
  exports.Set("libm", Napi::Function::New<entry<libm>>(env, "libm"));
  exports.Set("setMemoryLimit", Napi::Function::New<entry<set_memory_limit>>(env, "setMemoryLimit"));
  exports.Set("allocate", Napi::Function::New<entry<allocate>>(env, "allocate"));
  exports.Set("execute", Napi::Function::New<entry<execute>>(env, "execute"));
  exports.Set("executeAsync", Napi::Function::New<entry<execute_async>>(env, "executeAsync"));
  exports.Set("createProgram", Napi::Function::New<entry<create_program>>(env, "createProgram"));
  exports.Set("measureScratch", Napi::Function::New<entry<measure_scratch>>(env, "measureScratch"));
  exports.Set("measureTensor", Napi::Function::New<entry<measure>>(env, "measureTensor"));
  if (can_transfer()) {
    exports.Set("readFile", Napi::Function::New<entry<read_file>>(env, "readFile"));
    exports.Set("writeFile", Napi::Function::New<entry<write_file>>(env, "writeFile"));
    exports.Set("copyFile", Napi::Function::New<entry<copy_file>>(env, "copyFile"));
    exports.Set("readFilePlainly", Napi::Function::New<entry<read_file_plainly>>(env, "readFilePlainly"));
    exports.Set("writeFilePlainly", Napi::Function::New<entry<write_file_plainly>>(env, "writeFilePlainly"));
#if defined(__linux__)
    exports.Set("makeFileRoom", Napi::Function::New<entry<make_file_room>>(env, "makeFileRoom"));
#endif
    exports.Set("forgetFile", Napi::Function::New<entry<forget_file>>(env, "forgetFile"));
  }
  exports.Set("live", Napi::Function::New<entry<live>>(env, "live"));
  exports.Set("memoryPeak", Napi::Function::New<entry<memory_peak>>(env, "memoryPeak"));
  exports.Set("resetMemoryPeak", Napi::Function::New<entry<reset_memory_peak>>(env, "resetMemoryPeak"));
  exports.Set("close", Napi::Function::New<entry<close>>(env, "close"));
  exports.Set("injectFault", Napi::Function::New<entry<inject>>(env, "injectFault"));
  export_gpu(env, exports);
  return exports;
}

}  // namespace
}  // namespace lazuli::binding

static Napi::Object initialize_addon(Napi::Env env, Napi::Object exports) {
  return lazuli::binding::initialize(env, exports);
}
NODE_API_MODULE(lazuli_native, initialize_addon)
