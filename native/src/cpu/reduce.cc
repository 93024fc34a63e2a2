// The ops reduce and argmax. A reduction goes group by group of neighbouring axes, innermost first; sums are
// kept in double until the end and split into chunks of fixed size, so that they are the same for every
// thread count.
#include <algorithm>
#include <array>
#include <cmath>

#include "arguments.h"
#include "families.h"
#include "isa/isa_kernels.h"

namespace lazuli {
namespace {

/// Elements of a row that are summed without a break; longer rows become chunks of this size first.
constexpr int64_t kRowChunk = 16 << 10;
/// Rows of a matrix that are added up without a break, by one thread.
constexpr int64_t kColumnChunk = 1 << 7;
/// Columns added up together: their sums stay in the first-level cache.
constexpr int64_t kColumns = 512;
constexpr int64_t kGrain = 32 << 10;

/// How one kind of reduction combines: `Sum` is what partial results are kept in.
template <typename T> struct Sums {
  using Partial = double;
  const VectorMath<T>& first = isa_kernels().math<T>();
  const VectorMath<double>& later = isa_kernels().math<double>();

  double row(const T* a, int64_t count) const { return first.sum(a, count); }
  static double empty() { return 0; }
  void add(const T* a, double* sums, int64_t count) const { first.accumulate(a, sums, count); }
};

/// Extremes lose nothing on the way and are kept in T.
template <typename T, bool is_max> struct Extremes {
  using Partial = T;
  const VectorMath<T>& math = isa_kernels().math<T>();

  T row(const T* a, int64_t count) const { return is_max ? math.max(a, count) : math.min(a, count); }
  static T empty() { return is_max ? static_cast<T>(-INFINITY) : static_cast<T>(INFINITY); }
  void add(const T* a, T* best, int64_t count) const {
    const auto function = is_max ? ScalarFunction::maximum : ScalarFunction::minimum;
    math.binary[static_cast<int>(function) - kFirstBinary](best, a, best, count);
  }
};

/// A reduction step over [outer, count, inner], the middle axis going away.
struct Middle {
  int64_t outer;
  int64_t count;
  int64_t inner;
};

/// to[o] = all of from[o, 0 .. count).
template <typename Kind, typename In, typename Out>
void reduce_rows(const Kind& kind, const In* from, Out* to, int64_t rows, int64_t count,
                 const Context& context) {
  context.parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(count, 1)),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t row = begin; row < end; ++row)
                           to[row] = kind.row(from + row * count, count);
                       });
}

/// to[o, j] = all of from[o, 0 .. count, j].
template <typename Kind, typename In, typename Out>
void reduce_columns(const Kind& kind, const In* from, Out* to, const Middle& m, const Context& context) {
  const int64_t bands = (m.inner + kColumns - 1) / kColumns, work = m.count * std::min(m.inner, kColumns);
  // Short rows are added up several at a time, then folded.
  const int64_t together =
      m.inner < 32 ? std::clamp<int64_t>(128 / m.inner, 1, std::max<int64_t>(m.count, 1)) : 1;
  context.parallel_for(m.outer * bands, std::max<int64_t>(1, kGrain / std::max<int64_t>(work, 1)),
                       [&](int64_t begin, int64_t end) {
                         std::vector<Out> wide(static_cast<size_t>(together > 1 ? together * m.inner : 0));
                         for (int64_t piece = begin; piece < end; ++piece) {
                           const int64_t o = piece / bands, column = piece % bands * kColumns;
                           const int64_t columns = std::min(kColumns, m.inner - column);
                           const In* rows = from + o * m.count * m.inner + column;
                           Out* sums = to + o * m.inner + column;
                           std::fill_n(sums, columns, Kind::empty());
                           if (together == 1) {
                             for (int64_t r = 0; r < m.count; ++r)
                               kind.add(rows + r * m.inner, sums, columns);
                             continue;
                           }
                           const int64_t width = together * m.inner, whole = m.count / together,
                                         rest = m.count % together;
                           std::fill(wide.begin(), wide.end(), Kind::empty());
                           for (int64_t r = 0; r < whole; ++r) kind.add(rows + r * width, wide.data(), width);
                           kind.add(rows + whole * width, wide.data(), rest * m.inner);
                           fold(kind, wide.data(), sums, together, m.inner);
                         }
                       });
}

/// sums[j] gets wide[0 .. count, j].
template <typename T>
void fold(const Sums<T>& kind, const double* wide, double* sums, int64_t count, int64_t inner) {
  for (int64_t r = 0; r < count; ++r) kind.later.accumulate(wide + r * inner, sums, inner);
}
template <typename T, bool is_max>
void fold(const Extremes<T, is_max>& kind, const T* wide, T* sums, int64_t count, int64_t inner) {
  for (int64_t r = 0; r < count; ++r) kind.add(wide + r * inner, sums, inner);
}

/// The kind that goes on with partial results.
template <typename T> Sums<double> next(const Sums<T>&) { return {}; }
template <typename T, bool is_max> Extremes<T, is_max> next(const Extremes<T, is_max>& kind) { return kind; }

/// One step; long middles are cut into chunks whose results are reduced in turn.
template <typename Kind, typename In>
void reduce_middle(const Kind& kind, const In* from, typename Kind::Partial* to, const Middle& m,
                   const Context& context) {
  using Partial = typename Kind::Partial;
  const int64_t chunk = m.inner == 1 ? kRowChunk : kColumnChunk;
  if (m.count <= chunk) {
    if (m.inner == 1)
      reduce_rows(kind, from, to, m.outer, m.count, context);
    else
      reduce_columns(kind, from, to, m, context);
    return;
  }
  const int64_t whole = m.count / chunk, chunks = (m.count + chunk - 1) / chunk;
  auto* partial = context.scratch_of<Partial>(m.outer * chunks * m.inner);
  const int64_t pieces = m.outer * chunks;
  const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(chunk * m.inner, 1));
  context.parallel_for(pieces, grain, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t o = piece / chunks, c = piece % chunks;
      const Middle part{1, c < whole ? chunk : m.count - whole * chunk, m.inner};
      const In* data = from + (o * m.count + c * chunk) * m.inner;
      if (m.inner == 1)
        partial[piece] = kind.row(data, part.count);
      else
        reduce_columns(kind, data, partial + piece * m.inner, part, context);
    }
  });
  reduce_middle(next(kind), partial, to, {m.outer, chunks, m.inner}, context);
}

/// Neighbouring axes of one sort joined: reduced ones and kept ones take turns.
struct Group {
  int64_t size;
  bool is_reduced;
};

std::vector<Group> groups_of(const Shape& shape, const std::vector<bool>& is_reduced) {
  std::vector<Group> groups;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    if (!groups.empty() && groups.back().is_reduced == is_reduced[axis])
      groups.back().size *= shape[axis];
    else
      groups.push_back({shape[axis], is_reduced[axis]});
  }
  return groups;
}

/// Takes the innermost reduced group away, then the next, until none is left; the last result is in `to`.
template <typename Kind, typename In, typename T>
void reduce_groups(const Kind& kind, const In* from, std::vector<Group> groups, T* to,
                   const Context& context) {
  using Partial = typename Kind::Partial;
  int64_t inner = 1;
  size_t at = groups.size();
  while (at > 0 && !groups[at - 1].is_reduced) inner *= groups[--at].size;
  if (at == 0) {
    context.parallel_for(inner, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = static_cast<T>(from[i]);
    });
    return;
  }
  const int64_t count = groups[at - 1].size;
  int64_t outer = 1;
  for (size_t i = 0; i + 1 < at; ++i) outer *= groups[i].size;
  groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(at) - 1);
  auto* partial = context.scratch_of<Partial>(outer * inner);
  reduce_middle(kind, from, partial, {outer, count, inner}, context);
  reduce_groups(next(kind), static_cast<const Partial*>(partial), std::move(groups), to, context);
}

/// (x) → y over `axes`.
void reduce(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("reduce", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.floating(0, "x");
  const std::string& kind = attributes.text("kind");
  if (kind != "sum" && kind != "max" && kind != "min")
    args.refuse("kind", "sum, max or min", "'" + kind + "'");
  const bool keepdim = attributes.boolean("keepdim");
  std::vector<bool> is_reduced(x.shape.size(), false);
  const Shape axes = attributes.integers("axes");
  int64_t previous = -1;
  for (const int64_t axis : axes) {
    if (axis <= previous || axis >= x.rank())
      args.refuse("axes", "ascending axes below " + std::to_string(x.rank()), shape_text(axes));
    is_reduced[static_cast<size_t>(axis)] = true;
    previous = axis;
  }
  Shape shape;
  for (size_t axis = 0; axis < x.shape.size(); ++axis) {
    if (!is_reduced[axis])
      shape.push_back(x.shape[axis]);
    else if (keepdim)
      shape.push_back(1);
  }
  TensorView& y = args.output(0, "output", shape);
  const int64_t results = args.elements("output", shape);
  if (results == 0) return;
  if (args.elements("x", x.shape) == 0 && kind != "sum")
    args.refuse("x", "at least one element for every " + kind, shape_text(x.shape));
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::vector<Group> groups = groups_of(x.shape, is_reduced);
    if (kind == "sum")
      reduce_groups(Sums<T>{}, x.as<const T>(), groups, y.as<T>(), context);
    else if (kind == "max")
      reduce_groups(Extremes<T, true>{}, x.as<const T>(), groups, y.as<T>(), context);
    else
      reduce_groups(Extremes<T, false>{}, x.as<const T>(), groups, y.as<T>(), context);
  });
}

/// (x) → int64 index of the first maximum along `axis`; a NaN is larger than everything.
void argmax(Inputs inputs, Outputs outputs, const Attributes& attributes, const Context& context) {
  Arguments args("argmax", inputs, outputs, 1, 1, 1);
  const TensorView& x = args.floating(0, "x");
  args.expect_rank("x", x, 1, 64);
  const auto axis = static_cast<size_t>(args.integer(attributes, "axis", 0, x.rank() - 1));
  Shape shape = x.shape;
  if (attributes.boolean("keepdim"))
    shape[axis] = 1;
  else
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  TensorView& y = args.output(0, "output", shape, DType::int64);
  const int64_t results = args.elements("output", shape), count = x.shape[axis];
  if (results == 0) return;
  if (count == 0)
    args.refuse("x", "at least one element along axis " + std::to_string(axis), shape_text(x.shape));
  int64_t inner = 1;
  for (size_t i = axis + 1; i < x.shape.size(); ++i) inner *= x.shape[i];
  with_float(args.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto& math = isa_kernels().math<T>();
    context.parallel_for(results, std::max<int64_t>(1, kGrain / count), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const T* a = x.as<const T>() + i / inner * count * inner + i % inner;
        int64_t best = 0;
        if (inner == 1) {
          const T top = math.max(a, count);
          while (!(a[best] == top || (top != top && a[best] != a[best]))) ++best;
        } else {
          for (int64_t j = 1; j < count; ++j) {
            const T value = a[j * inner], top = a[best * inner];
            if (value > top || (value != value && top == top)) best = j;
          }
        }
        y.as<int64_t>()[i] = best;
      }
    });
  });
}

constexpr std::array<OpEntry, 2> kOps = {{{"reduce", 1, 1, 1, reduce}, {"argmax", 1, 1, 1, argmax}}};

}  // namespace

std::span<const OpEntry> reduce_ops() { return kOps; }

}  // namespace lazuli
