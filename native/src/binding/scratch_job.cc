// See scratch_job.h.
#include "scratch_job.h"

#include <algorithm>

#include "convert.h"

namespace lazuli::binding {
namespace {

class ScratchJob : public PromiseJob {
 public:
  ScratchJob(const Napi::CallbackInfo& call, Backend& backend) : PromiseJob(call.Env()), backend_(backend) {
    const Napi::Object spec = to_object(call[0], "measureScratch: spec");
    const Napi::Array buffers = to_array(spec.Get("buffers"), "buffers");
    for (uint32_t i = 0; i < buffers.Length(); ++i) {
      const Napi::HandleScope scope(call.Env());
      const std::string what = "buffer " + std::to_string(i);
      const Napi::Object buffer = to_object(buffers.Get(i), what);
      views_.push_back({&views_, parse_dtype(to_text(buffer.Get("dtype"), what + ".dtype")),
                        to_integers(buffer.Get("shape"), what + ".shape")});
    }
    instructions_ = to_instructions(spec.Get("instructions"));
    for (const InstructionSpec& instruction : instructions_) {
      const OpEntry& op = Executor::resolve(instruction.op, instruction.inputs.size(), instruction.outputs.size());
      ops_.push_back(&op);
      for (const auto* list : {&instruction.inputs, &instruction.outputs})
        for (const int64_t index : *list)
          if (index < -1 || index >= static_cast<int64_t>(views_.size()))
            throw OpError(instruction.op + ": expected a buffer number below " + std::to_string(views_.size()) +
                          ", got " + std::to_string(index));
    }
  }

  void run() override {
    for (size_t i = 0; i < instructions_.size() && !backend_.is_closing(); ++i) {
      const InstructionSpec& instruction = instructions_[i];
      std::vector<TensorView> inputs = views_of(instruction.inputs), outputs = views_of(instruction.outputs);
      most_ = std::max(most_, scratch_of(*ops_[i], inputs, outputs, instruction.attributes, backend_.pool()));
    }
  }

 protected:
  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, static_cast<double>(most_)); }

 private:
  std::vector<TensorView> views_of(const std::vector<int64_t>& indices) const {
    std::vector<TensorView> views;
    for (const int64_t index : indices)
      views.push_back(index == -1 ? TensorView{} : views_[static_cast<size_t>(index)]);
    return views;
  }

  Backend& backend_;
  /// Of what is present; where it lies is never looked at.
  std::vector<TensorView> views_;
  std::vector<InstructionSpec> instructions_;
  std::vector<const OpEntry*> ops_;
  int64_t most_ = 0;
};

}  // namespace

Napi::Value measure_scratch(const Napi::CallbackInfo& call) {
  Backend& backend = Backend::of(call.Env());
  backend.check_open();
  return backend.submit(call.Env(), std::make_shared<ScratchJob>(call, backend));
}

}  // namespace lazuli::binding
