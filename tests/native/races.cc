// What the thread sanitizer watches: loops of one pool from several threads, its size changing meanwhile, errors in pieces,
// products and convolutions on it, jobs posted to the backend thread from many threads, and both closed in the middle, storages
// that share memory while they are written.
// `node native/sanitize.mjs thread` builds and runs it; it prints nothing and ends with 0 when all is well.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include "cpu/product.h"
#include "cpu/winograd.h"
#include "program/executor.h"
#include "tensor/release.h"
#include "tensor/scratch.h"
#include "tensor/storage.h"
#include "threads/job_threads.h"
#include "threads/thread_pool.h"

using namespace lazuli;

namespace {

void expect(bool is_true, const char* what) {
  if (is_true) return;
  std::fprintf(stderr, "races: %s\n", what);
  std::exit(1);
}

template <typename Body> void on_threads(int count, Body&& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

/// Every index is met once, whoever else uses the pool; an error of a piece reaches its caller.
void loops() {
  ThreadPool pool(3);
  on_threads(4, [&](int caller) {
    for (int round = 0; round < 300; ++round) {
      if (caller == 3) pool.set_threads(1 + round % 5);
      std::vector<int> met(777);
      pool.parallel_for(777, 3, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) ++met[static_cast<size_t>(i)];
      });
      for (const int times : met) expect(times == 1, "an index was not met once");
      bool has_thrown = false;
      try {
        pool.parallel_for(100, 1, [&](int64_t begin, int64_t) {
          if (begin == 40) throw std::runtime_error("piece");
        });
      } catch (const std::runtime_error&) {
        has_thrown = true;
      }
      expect(has_thrown, "an error was lost");
    }
  });
}

/// Equal results from callers that share a pool but not their scratch.
void kernels() {
  ThreadPool pool(4);
  const auto budget = std::make_shared<MemoryBudget>(int64_t{1} << 30);
  std::vector<float> a(150 * 900, 0.5f), b(900 * 130, 0.25f), x(3 * 16 * 20 * 20, 1.0f), weight(16 * 16 * 9, 0.125f);
  on_threads(3, [&](int) {
    Scratch scratch(budget);
    const Context context{pool, scratch};
    std::vector<float> c(150 * 130), y(x.size()), gweight(weight.size());
    for (int round = 0; round < 5; ++round) {
      Product<float> product;
      product.rows = 150, product.columns = 130, product.depth = 900;
      product.a = {a.data(), 900, 1};
      product.b = {b.data(), 130, 1};
      product.c = c.data();
      product.c_stride = 130;
      multiply(product, context);
      for (const float value : c) expect(value == 900 * 0.125f, "a product is wrong");
      WinogradProduct convolution;
      convolution.images = 3, convolution.depth_channels = convolution.row_channels = 16;
      convolution.source = x.data();
      convolution.source_size = convolution.target_size = {20, 20};
      convolution.before = {1, 1};
      convolution.target = y.data();
      convolution.weight = weight.data();
      convolution.weight_row = 16 * 9, convolution.weight_channel = 9;
      expect(run_winograd(convolution, context), "a convolution is not finite");
      expect(y[5 * 20 + 5] == 16 * 9 * 0.125f, "a convolution is wrong");
      expect(run_winograd_weight_gradient(convolution, x.data(), gweight.data(), context), "a gradient is not finite");
      expect(gweight[4] == 3 * 400, "a gradient is wrong");
      scratch.reset();
    }
  });
}

struct Count : Job {
  explicit Count(std::atomic<int>& counter) : counter(counter) {}
  void run() override {
    ++counter;
    if (counter % 7 == 0) throw std::runtime_error("job");
  }
  std::atomic<int>& counter;
};

/// Every job runs or comes back from close, which may come at any time.
void jobs() {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> started{0}, finished{0}, refused{0};
    JobThreads backend([&](std::shared_ptr<Job>) { ++finished; }, round % 2 == 0 ? 1 : 4);
    std::atomic<int> left{0};
    on_threads(4, [&](int caller) {
      for (int i = 0; i < 50; ++i) {
        try {
          backend.post(std::make_shared<Count>(started));
        } catch (const OpError&) {
          ++refused;
        }
        if (caller == 0 && i == 10 + round) left += static_cast<int>(backend.close().size());
      }
    });
    left += static_cast<int>(backend.close().size());
    expect(finished + left + refused == 200, "a job was lost");
  }
}

void close_amid_loops() {
  for (int round = 0; round < 50; ++round) {
    ThreadPool pool(3);
    std::atomic<int64_t> sum{0};
    on_threads(3, [&](int caller) {
      for (int i = 0; i < 20; ++i) {
        pool.parallel_for(64, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
        if (caller == 0 && i == 5) pool.close();
      }
    });
    expect(sum == 3 * 20 * 64, "a loop lost pieces");
  }
}

/// Storages that share memory, each written by a thread of its own, one by two at once, while copies come and go: everybody
/// reads what was written to their own.
void sharing() {
  constexpr int64_t kBytes = 3 << 20, kHalf = kBytes / 2;
  const auto budget = std::make_shared<MemoryBudget>(int64_t{1} << 30);
  const auto is_filled = [](const Storage& storage, int64_t begin, int64_t end, int value) {
    const BlockPointer block = storage.block();
    for (int64_t at = begin; at < end; at += 997)
      if (block->data()[at] != std::byte(value)) return false;
    return true;
  };
  const auto fill = [](Storage& storage, int64_t begin, int64_t end, int value) {
    std::memset(storage.own()->data() + begin, value, static_cast<size_t>(end - begin));
  };
  for (int round = 0; round < 20; ++round) {
    const auto original = std::make_shared<Storage>(budget, kBytes);
    fill(*original, 0, kBytes, 9);
    std::vector<StoragePointer> copies;
    for (int i = 0; i < 4; ++i) copies.push_back(original->copy());
    on_threads(4, [&](int i) {
      // The first two share one copy.
      Storage& own = *copies[static_cast<size_t>(i == 1 ? 0 : i)];
      const int64_t begin = i == 1 ? kHalf : 0, end = i == 0 ? kHalf : kBytes;
      fill(own, begin, end, i);
      expect(is_filled(own, begin, end, i), "a storage lost what was written");
      const StoragePointer kept = original->copy();
      expect(is_filled(*kept, 0, kBytes, 9), "a copy changed");
      kept->assign(own);
    });
    expect(is_filled(*original, 0, kBytes, 9), "the original changed");
    expect(is_filled(*copies[0], 0, kHalf, 0) && is_filled(*copies[0], kHalf, kBytes, 1), "half of a storage was lost");
  }
  drain_released();
  expect(budget->used() == 0, "memory is left");
}

}  // namespace

int main() {
  loops();
  kernels();
  jobs();
  close_amid_loops();
  sharing();
  return 0;
}
