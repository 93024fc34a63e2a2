// See gpu_object.h.
#include "gpu_object.h"

#include <cstring>

#include "../gpu/ops/units.h"
#include "convert.h"
#include "gpu_storage.h"

namespace lazuli::binding {
namespace {

Napi::Object describe_device(Napi::Env env, const gpu::DeviceDescription& device) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", device.name);
  object.Set("type", device.type);
  object.Set("driver", device.driver);
  object.Set("driver_version", device.driver_version);
  object.Set("uuid", device.uuid);
  object.Set("api_version", device.api_version);
  object.Set("memory", static_cast<double>(device.memory));
  object.Set("budget", static_cast<double>(device.budget));
  object.Set("subgroup_size", device.subgroup_size);
  object.Set("refusal", device.refusal);
  Napi::Array features = Napi::Array::New(env);
  for (const std::string& feature : device.features) features.Set(features.Length(), Napi::String::New(env, feature));
  object.Set("features", features);
  object.Set("shared_memory", device.shared_bytes);
  object.Set("has_copy_queue", device.copy_family.has_value());
  Napi::Array units = Napi::Array::New(env);
  const auto add = [&](const char* dtype, const gpu::MatrixShape& shape) {
    if (shape.m == 0) return;
    Napi::Object unit = Napi::Object::New(env);
    unit.Set("dtype", dtype);
    Napi::Array sizes = Napi::Array::New(env);
    for (const uint32_t size : {shape.m, shape.n, shape.k}) sizes.Set(sizes.Length(), Napi::Number::New(env, size));
    unit.Set("shape", sizes);
    units.Set(units.Length(), unit);
  };
  add("float16", device.half_units);
  add("bfloat16", device.brain_units);
  object.Set("matrix_units", units);
  return object;
}

Napi::Value gpu_devices(const Napi::CallbackInfo& info) {
  Napi::Object result = Napi::Object::New(info.Env());
  gpu::Instance& instance = gpu::Instance::get();
  result.Set("failure", instance.failure());
  Napi::Array list = Napi::Array::New(info.Env());
  for (const auto& device : instance.devices()) list.Set(list.Length(), describe_device(info.Env(), device));
  result.Set("devices", list);
  return result;
}

Napi::Value gpu_ops(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  for (const gpu::GpuOp& op : gpu::gpu_ops()) {
    Napi::Object row = Napi::Object::New(info.Env());
    row.Set("name", op.name);
    row.Set("least_inputs", op.least_inputs);
    row.Set("most_inputs", op.most_inputs);
    row.Set("outputs", op.outputs);
    row.Set("mutates", to_bit_list(info.Env(), op.mutates));
    list.Set(list.Length(), row);
  }
  return list;
}

Napi::Value gpu_messages(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  for (const std::string& message : gpu::Instance::get().take_messages())
    list.Set(list.Length(), Napi::String::New(info.Env(), message));
  return list;
}

Napi::Value gpu_tiles(const Napi::CallbackInfo& info) {
  const std::vector<int64_t> sizes = to_integers(info[0], "gpuTiles: sizes");
  const Napi::Object units = to_object(info[1], "gpuTiles: units");
  const std::vector<int64_t> shape = to_integers(units.Get("shape"), "gpuTiles: shape");
  if (sizes.size() != 4 || shape.size() != 3) throw OpError("gpuTiles: expected four sizes and units of three");
  gpu::DeviceDescription device;
  device.name = to_text(units.Get("name"), "gpuTiles: name");
  device.subgroup_size = static_cast<uint32_t>(to_integer(units.Get("subgroup_size"), "gpuTiles: subgroup_size"));
  device.shared_bytes = static_cast<uint32_t>(to_integer(units.Get("shared_memory"), "gpuTiles: shared_memory"));
  const auto word = [&](size_t at) { return static_cast<uint32_t>(shape[at]); };
  const gpu::UnitTiles tiles =
      gpu::unit_tiles({sizes[0], sizes[1], sizes[2], sizes[3]}, {word(0), word(1), word(2)}, device);
  if (tiles.m == 0) return info.Env().Null();
  Napi::Array list = Napi::Array::New(info.Env());
  for (const int64_t size : {tiles.m, tiles.n, tiles.sub_m, tiles.sub_n, tiles.depth})
    list.Set(list.Length(), Napi::Number::New(info.Env(), static_cast<double>(size)));
  return list;
}

Napi::Value open_gpu(const Napi::CallbackInfo& info) { return Backend::of(info.Env()).gpu_class.New({info[0]}); }

gpu::CopyQueue to_copy_queue(const Napi::Value& value) {
  if (value.IsUndefined()) return gpu::CopyQueue::automatic;
  const std::string word = to_text(value, "openGpu: copyQueue");
  if (word == "automatic") return gpu::CopyQueue::automatic;
  if (word == "apart") return gpu::CopyQueue::apart;
  if (word == "among") return gpu::CopyQueue::among;
  throw OpError("openGpu: copyQueue: expected automatic, apart or among, got " + word);
}

/// What a program would take besides its buffers, found on the GPU's thread.
class GpuScratchJob : public PromiseJob {
 public:
  GpuScratchJob(const Napi::CallbackInfo& info, std::shared_ptr<gpu::Device> device)
      : PromiseJob(info.Env()), device_(std::move(device)) {
    const Napi::Object spec = to_object(info[0], "measureScratch: spec");
    const Napi::Array buffers = to_array(spec.Get("buffers"), "buffers");
    for (uint32_t i = 0; i < buffers.Length(); ++i) {
      const Napi::HandleScope scope(info.Env());
      const std::string what = "buffer " + std::to_string(i);
      const Napi::Object buffer = to_object(buffers.Get(i), what);
      buffers_.push_back({parse_dtype(to_text(buffer.Get("dtype"), what + ".dtype")),
                          to_integers(buffer.Get("shape"), what + ".shape"), nullptr, 0});
      is_host_.push_back(buffer.Get("isHost").ToBoolean());
    }
    instructions_ = to_instructions(spec.Get("instructions"));
  }
  void run() override { bytes_ = gpu::GpuProgram::scratch_of(device_, buffers_, is_host_, std::move(instructions_)); }

 protected:
  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, static_cast<double>(bytes_)); }

 private:
  std::shared_ptr<gpu::Device> device_;
  std::vector<BufferSpec> buffers_;
  std::vector<bool> is_host_;
  std::vector<InstructionSpec> instructions_;
  int64_t bytes_ = 0;
};

}  // namespace

void export_gpu(Napi::Env env, Napi::Object exports) {
  exports.Set("gpuDevices", Napi::Function::New<entry<gpu_devices>>(env, "gpuDevices"));
  exports.Set("gpuOps", Napi::Function::New<entry<gpu_ops>>(env, "gpuOps"));
  exports.Set("gpuMessages", Napi::Function::New<entry<gpu_messages>>(env, "gpuMessages"));
  exports.Set("gpuTiles", Napi::Function::New<entry<gpu_tiles>>(env, "gpuTiles"));
  exports.Set("openGpu", Napi::Function::New<entry<open_gpu>>(env, "openGpu"));
}

Napi::Function GpuObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeGpu",
      {InstanceMethod<&GpuObject::info>("info"), InstanceMethod<&GpuObject::allocate>("allocate"),
       InstanceMethod<&GpuObject::execute>("execute"), InstanceMethod<&GpuObject::create_program>("createProgram"),
       InstanceMethod<&GpuObject::measure_scratch>("measureScratch"),
       InstanceMethod<&GpuObject::pipeline_cache>("pipelineCache"), InstanceMethod<&GpuObject::live>("live"),
       InstanceMethod<&GpuObject::set_memory_limit>("setMemoryLimit"), InstanceMethod<&GpuObject::lose>("lose"), InstanceMethod<&GpuObject::is_lost>("isLost"),
       InstanceMethod<&GpuObject::close>("close")});
}

GpuObject::GpuObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<GpuObject>(info) {
  guard(info.Env(), [&]() -> Napi::Value {
    Backend& backend = Backend::of(info.Env());
    backend.check_open();
    const Napi::Object given = to_object(info[0], "openGpu: options");
    const auto devices = gpu::Instance::get().devices();
    const int64_t index = to_integer(given.Get("index"), "openGpu: index");
    if (index >= static_cast<int64_t>(devices.size()))
      throw OpError("openGpu: expected a device below " + std::to_string(devices.size()) + ", got " +
                    std::to_string(index));
    const gpu::DeviceDescription& chosen = devices[static_cast<size_t>(index)];
    if (!chosen.refusal.empty()) throw OpError("the GPU '" + chosen.name + "' cannot be used: " + chosen.refusal);
    gpu::DeviceOptions options;
    options.must_stage = given.Get("mustStage").ToBoolean();
    options.is_checked = given.Get("isChecked").ToBoolean();
    options.is_as_on_hardware = given.Get("isAsOnHardware").ToBoolean();
    options.copy_queue = to_copy_queue(given.Get("copyQueue"));
    if (const Napi::Value cache = given.Get("pipelineCache"); !cache.IsNull() && !cache.IsUndefined()) {
      const Napi::Uint8Array bytes = to_bytes(cache, "openGpu: pipelineCache");
      options.pipeline_cache.resize(bytes.ByteLength());
      if (bytes.ByteLength() > 0) std::memcpy(options.pipeline_cache.data(), bytes.Data(), bytes.ByteLength());
    }
    shared_ = std::make_shared<Shared>();
    backend.call_gpu([&] { shared_->device = gpu::Device::open(chosen, options); });
    return info.Env().Undefined();
  });
}

const std::shared_ptr<gpu::Device>& GpuObject::device() const {
  if (!shared_) throw OpError("the GPU is closed");
  return shared_->device;
}

Napi::Value GpuObject::info(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value { return describe_device(info.Env(), device()->description()); });
}

Napi::Value GpuObject::allocate(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    device();
    return GpuStorageObject::make(info.Env(), shared_, to_integer(info[0], "allocate: bytes"));
  });
}

Napi::Value GpuObject::execute(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Backend& backend = Backend::of(info.Env());
    const std::string name = to_text(info[0], "op");
    const Napi::Array in = to_array(info[1], name + ": inputs"), out = to_array(info[2], name + ": outputs");
    std::vector<gpu::GpuBuffer> buffers;
    InstructionSpec instruction;
    instruction.op = name;
    instruction.attributes = to_attributes(info[3]);
    const auto add = [&](const Napi::Value& value, const std::string& what) {
      buffers.push_back(to_gpu_buffer(value, name + ": " + what, BufferKind::external));
      return static_cast<int64_t>(buffers.size()) - 1;
    };
    for (uint32_t i = 0; i < in.Length(); ++i) {
      const Napi::Value value = in.Get(i);
      instruction.inputs.push_back(value.IsNull() ? -1 : add(value, "input " + std::to_string(i)));
    }
    for (uint32_t i = 0; i < out.Length(); ++i)
      instruction.outputs.push_back(add(out.Get(i), "output " + std::to_string(i)));
    backend.call_gpu([&] {
      gpu::GpuProgram program(device(), std::move(buffers), {std::move(instruction)}, 0);
      program.run(1, [] { return false; }, [](int64_t) {}, backend.is_gpu_closing());
    });
    return info.Env().Undefined();
  });
}

Napi::Value GpuObject::create_program(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    device();
    return GpuProgramObject::make(info.Env(), shared_, info[0]);
  });
}

Napi::Value GpuObject::measure_scratch(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const auto job = std::make_shared<GpuScratchJob>(info, device());
    return Backend::of(info.Env()).submit(info.Env(), job, Backend::Lane::gpu);
  });
}

Napi::Value GpuObject::pipeline_cache(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    std::vector<std::byte> data;
    Backend::of(info.Env()).call_gpu([&] { data = device()->pipeline_cache(); });
    Napi::Uint8Array result = Napi::Uint8Array::New(info.Env(), data.size());
    if (!data.empty()) std::memcpy(result.Data(), data.data(), data.size());
    return result;
  });
}

Napi::Value GpuObject::live(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("storages", static_cast<double>(shared_ ? shared_->storages : 0));
    result.Set("programs", static_cast<double>(shared_ ? shared_->programs : 0));
    result.Set("bytes", static_cast<double>(shared_ ? device()->memory().budget().used() : 0));
    result.Set("limit", static_cast<double>(shared_ ? device()->memory().budget().limit() : 0));
    return result;
  });
}

Napi::Value GpuObject::set_memory_limit(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    device()->memory().budget().set_limit(to_integer(info[0], "setMemoryLimit: bytes"));
    return info.Env().Undefined();
  });
}

Napi::Value GpuObject::is_lost(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    return Napi::Boolean::New(info.Env(), device()->is_lost());
  });
}

Napi::Value GpuObject::lose(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    device()->lose();
    return info.Env().Undefined();
  });
}

Napi::Value GpuObject::close(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    shared_.reset();
    return info.Env().Undefined();
  });
}

}  // namespace lazuli::binding
