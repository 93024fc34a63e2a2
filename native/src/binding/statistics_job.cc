// See statistics_job.h.
#include "statistics_job.h"

#include <algorithm>

#include "../cpu/statistics.h"
#include "convert.h"

namespace lazuli::binding {
namespace {

constexpr int64_t kMostBins = 4096, kMostCells = 1024;

class StatisticsJob : public PromiseJob {
 public:
  explicit StatisticsJob(const Napi::CallbackInfo& info) : PromiseJob(info.Env()) {
    const BufferSpec buffer = to_buffer(info[0], "measureTensor: tensor");
    block_ = buffer.storage->block();
    tensor_ = view_of(buffer, block_->data(), buffer.storage->bytes(), "measureTensor: tensor");
    request_ = {.bins = to_integer(info[1], "measureTensor: bins", 0, kMostBins),
                .rows = to_integer(info[2], "measureTensor: rows", 0, kMostCells),
                .columns = to_integer(info[3], "measureTensor: columns", 0, kMostCells)};
  }
  void run() override { figures_ = measure_tensor(tensor_, request_); }

 protected:
  Napi::Value result(Napi::Env env) override {
    Napi::Object row = Napi::Object::New(env);
    const auto set = [&](const char* name, double value) { row.Set(name, Napi::Number::New(env, value)); };
    set("count", static_cast<double>(figures_.count));
    set("nan", static_cast<double>(figures_.nan));
    set("positive_infinity", static_cast<double>(figures_.positive_infinity));
    set("negative_infinity", static_cast<double>(figures_.negative_infinity));
    set("zeros", static_cast<double>(figures_.zeros));
    set("min", figures_.min);
    set("max", figures_.max);
    set("mean", figures_.mean);
    set("std", figures_.std);
    set("norm", figures_.norm);
    Napi::Float64Array histogram = Napi::Float64Array::New(env, figures_.histogram.size());
    std::copy(figures_.histogram.begin(), figures_.histogram.end(), histogram.Data());
    row.Set("histogram", histogram);
    Napi::Object grid = Napi::Object::New(env);
    grid.Set("rows", static_cast<double>(figures_.grid_rows));
    grid.Set("columns", static_cast<double>(figures_.grid_columns));
    Napi::Float32Array values = Napi::Float32Array::New(env, figures_.grid.size());
    std::copy(figures_.grid.begin(), figures_.grid.end(), values.Data());
    grid.Set("values", values);
    row.Set("grid", grid);
    return row;
  }

 private:
  BlockPointer block_;
  TensorView tensor_;
  StatisticsRequest request_;
  TensorStatistics figures_;
};

}  // namespace

Napi::Value measure(const Napi::CallbackInfo& info) {
  Backend& backend = Backend::of(info.Env());
  backend.check_open();
  return backend.submit_transfer(info.Env(), std::make_shared<StatisticsJob>(info));
}

}  // namespace lazuli::binding
