// The blocking around the product micro-kernels. Depth is cut into blocks; for each, threads compute parts of C, packing the
// rows of A and columns of B a part needs into memory of their own. Every element of C is summed in one fixed order.
#include "product.h"

#include <algorithm>
#include <utility>

#include "../threads/thread_pool.h"
#include "lent.h"
#include "product_block.h"

namespace lazuli {
namespace {

struct Sequential {
  template <typename Body> void parallel_for(int64_t count, int64_t, Body&& body) const {
    if (count > 0) body(int64_t{0}, count);
  }
};

/// The two halves of the depth at the same time, each thread mostly in one of them: it meets half of both operands.
template <typename T, typename Runner, typename Borrow>
void multiply_spans(const Product<T>& p, const Plan<T>& plan, const Shared<T>& shared, const Runner& runner, Borrow&& borrow) {
  Product<T> spans[2] = {p, p};
  for (Product<T>& span : spans) span.finish = {}, span.is_rounded = false;
  spans[1].row_bias = spans[1].column_bias = nullptr;
  spans[1].c = shared.sums, spans[1].c_stride = p.columns;
  const int64_t blocks = ceil_div(p.depth, plan.depth_block), half = ceil_div(blocks, 2);
  for (int64_t i = 0; i < half; ++i) {
    const auto block = [&](int span) {
      const int64_t start = (i + span * half) * plan.depth_block;
      return Block<T>{spans[span], plan, 0, p.rows, 0, p.columns, start, std::min(plan.depth_block, p.depth - start), {}, i == 0};
    };
    const Block<T> first = block(0), second = block(1);
    const int64_t groups = first.groups(), tasks = plan.row_parts * groups;
    runner.parallel_for(tasks * (i + half < blocks ? 2 : 1), 1, [&](int64_t begin, int64_t end) {
      borrow([&](Workspace<T>& workspace) {
        for (int64_t task = begin; task < end; ++task)
          (task < tasks ? first : second).run_task(task % tasks / groups, task % groups, workspace);
      });
    });
  }
  runner.parallel_for(p.rows, std::max<int64_t>(1, kTaskWork / p.columns), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      T* const c = p.c + r * p.c_stride;
      for (int64_t j = 0; j < p.columns; ++j) c[j] += shared.sums[r * p.columns + j];
      finish(p, *plan.kernels, r * p.c_stride, p.columns);
    }
  });
}

/// `borrow(body)` calls body(workspace) with one for the calling thread.
template <typename T, typename Runner, typename Borrow>
void multiply_with(const Product<T>& p, const Plan<T>& plan, const Shared<T>& shared, const Runner& runner, Borrow&& borrow) {
  if (p.rows == 0 || p.columns == 0) return;
  if (plan.is_dot) return multiply_dots(p, *plan.kernels, runner);
  if (plan.is_spanned) return multiply_spans(p, plan, shared, runner, borrow);
  for (int64_t row = 0; row < p.rows; row += plan.row_block)
    for (int64_t column = 0; column < p.columns; column += plan.column_block) {
      int64_t depth = 0;
      do {  // once even when there is nothing to sum: C gets its bias
        const Block<T> block{p, plan, row, std::min(plan.row_block, p.rows - row), column,
                             std::min(plan.column_block, p.columns - column), depth, std::min(plan.depth_block, p.depth - depth),
                             shared};
        block.run(runner, borrow);
        depth += plan.depth_block;
      } while (depth < p.depth);
    }
}

}  // namespace

template <typename T> void multiply(const Product<T>& product, const Context& context) {
  if (!Plan<T>(product, context.pool.threads()).is_better_turned(product)) return multiply_batch(product, 1, 0, 0, 0, context);
  Product<T> turned = product;
  std::swap(turned.rows, turned.columns);
  turned.a = {product.b.data, product.b.column_stride, product.b.row_stride};
  turned.b = {product.a.data, product.a.column_stride, product.a.row_stride};
  std::swap(turned.row_bias, turned.column_bias);
  turned.is_turned = true;
  multiply_batch(turned, 1, 0, 0, 0, context);
}

template <typename T>
void multiply_batch(const Product<T>& first, int64_t count, int64_t a_step, int64_t b_step, int64_t c_step,
                    const Context& context) {
  const auto at = [&](int64_t index) {
    Product<T> p = first;
    p.a.data += index * a_step;
    p.b.data += index * b_step;
    p.c += index * c_step;
    return p;
  };
  constexpr int64_t kPieces = 64, kLargeWork = 1 << 23;
  const bool is_large = count < 2 || first.rows * first.columns > kLargeWork / std::max<int64_t>(first.depth, 1);
  Plan<T> plan(first, context.pool.threads());
  if (!is_large) plan.keep_whole(first);
  auto workspaces = lent<Workspace<T>>([&]() -> Workspace<T> {
    T* memory = context.scratch_of<T>(plan.workspace_elements());
    return {{memory}, {memory + plan.workspace_elements() - plan.private_b_elements()}};
  });
  const auto borrow = [&](auto&& body) { workspaces.with(body); };
  if (is_large) {
    const auto allocate = [&](int64_t elements) { return elements > 0 ? context.scratch_of<T>(elements) : nullptr; };
    const Shared<T> shared{allocate(plan.shared_a_elements()), allocate(plan.shared_b_elements()),
                           allocate(plan.is_spanned ? first.rows * first.columns : 0)};
    for (int64_t index = 0; index < count; ++index) multiply_with(at(index), plan, shared, context, borrow);
    return;
  }
  // Many small products: each piece computes its share alone.
  const bool are_neighbours = a_step == first.rows * first.depth && (b_step == 0 || b_step == first.depth * first.columns);
  const int64_t pieces = std::min(count, kPieces);
  const int64_t work = std::max<int64_t>(1, first.rows * first.columns * first.depth * count / pieces);
  context.parallel_for(pieces, std::max<int64_t>(1, kTaskWork / work), [&](int64_t begin, int64_t end) {
    borrow([&](Workspace<T>& workspace) {
      for (int64_t index = begin * count / pieces; index < end * count / pieces; ++index) {
        if (index + 1 < count && are_neighbours)
          workspace.ahead = {{first.a.data + (index + 1) * a_step, first.b.data + (index + 1) * b_step}, {a_step, b_step}};
        multiply_with(at(index), plan, Shared<T>{}, Sequential{}, [&](auto&& body) { body(workspace); });
      }
    });
  });
}

template void multiply<float>(const Product<float>&, const Context&);
template void multiply<double>(const Product<double>&, const Context&);
template void multiply_batch<float>(const Product<float>&, int64_t, int64_t, int64_t, int64_t, const Context&);
template void multiply_batch<double>(const Product<double>&, int64_t, int64_t, int64_t, int64_t, const Context&);

}  // namespace lazuli
