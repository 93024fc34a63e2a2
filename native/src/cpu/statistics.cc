// See statistics.h.
#include "statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <span>

#include "convert.h"

namespace lazuli {
namespace {

constexpr int64_t kChunk = 4096;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using Values = std::span<const double>;

/// Gives `visit` all values in order as float64, a chunk at a time.
void each_chunk(const TensorView& tensor, const std::function<void(Values)>& visit) {
  const int64_t count = tensor.numel(), size = static_cast<int64_t>(element_size(tensor.dtype));
  const auto* bytes = static_cast<const std::byte*>(tensor.data);
  std::array<double, kChunk> values;
  for (int64_t at = 0; at < count; at += kChunk) {
    const int64_t length = std::min(kChunk, count - at);
    convert_elements(bytes + at * size, tensor.dtype, values.data(), DType::float64, length);
    visit({values.data(), static_cast<size_t>(length)});
  }
}

/// The mean of each cell's values, fed in row-major order.
class Grid {
 public:
  Grid(int64_t rows, int64_t columns, const StatisticsRequest& request)
      : rows_(rows),
        columns_(columns),
        grid_rows_(std::min(rows, request.rows)),
        grid_columns_(std::min(columns, request.columns)),
        sums_(static_cast<size_t>(grid_rows_ * grid_columns_)),
        counts_(sums_.size()) {
    start_row();
  }

  void add(Values values) {
    if (sums_.empty()) return;
    for (const double value : values) {
      sums_[cell_] += std::isfinite(value) ? value : kNaN;
      ++counts_[cell_];
      if (++column_ == columns_) {
        ++row_;
        start_row();
      } else if (column_ == bound_) {
        ++cell_;
        bound_ = bound(cell_ % static_cast<size_t>(grid_columns_), grid_columns_, columns_);
      }
    }
  }

  void into(TensorStatistics& result) const {
    result.grid_rows = sums_.empty() ? 0 : grid_rows_;
    result.grid_columns = sums_.empty() ? 0 : grid_columns_;
    result.grid.resize(sums_.size());
    for (size_t cell = 0; cell < sums_.size(); ++cell)
      result.grid[cell] = static_cast<float>(sums_[cell] / static_cast<double>(counts_[cell]));
  }

 private:
  /// The first place past cell `cell` of `cells` over `places`.
  static int64_t bound(size_t cell, int64_t cells, int64_t places) {
    return (static_cast<int64_t>(cell + 1) * places + cells - 1) / cells;
  }
  void start_row() {
    if (sums_.empty()) return;
    column_ = 0;
    if (row_ == row_bound_) {
      if (row_ > 0) ++grid_row_;
      row_bound_ = bound(static_cast<size_t>(grid_row_), grid_rows_, rows_);
    }
    cell_ = static_cast<size_t>(std::min(grid_row_, grid_rows_ - 1) * grid_columns_);
    bound_ = bound(0, grid_columns_, columns_);
  }

  int64_t rows_, columns_, grid_rows_, grid_columns_;
  std::vector<double> sums_;
  std::vector<int64_t> counts_;
  int64_t row_ = 0, column_ = 0, grid_row_ = 0, row_bound_ = 0, bound_ = 0;
  size_t cell_ = 0;
};

void count_kinds(TensorStatistics& result, Values values) {
  for (const double value : values) {
    if (std::isnan(value)) {
      ++result.nan;
    } else if (std::isinf(value)) {
      ++(value > 0 ? result.positive_infinity : result.negative_infinity);
    } else {
      result.zeros += value == 0;
      result.min = std::min(result.min, value);
      result.max = std::max(result.max, value);
    }
  }
}

/// Sums of the finite values, scaled by the largest so that none overflows.
struct Sums {
  double scale, sum = 0, squares = 0;

  void add(Values values) {
    for (const double value : values)
      if (std::isfinite(value)) {
        const double scaled = value / scale;
        sum += scaled;
        squares += scaled * scaled;
      }
  }
};

}  // namespace

TensorStatistics measure_tensor(const TensorView& tensor, const StatisticsRequest& request) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  TensorStatistics result;
  result.min = kInfinity;
  result.max = -kInfinity;
  result.mean = result.std = kNaN;
  result.count = tensor.numel();
  const int64_t rows = tensor.rank() < 2 ? 1 : tensor.shape[0];
  Grid grid(rows, rows == 0 ? 0 : result.count / rows, request);
  Sums sums{.scale = 1};
  each_chunk(tensor, [&](Values values) {
    count_kinds(result, values);
    grid.add(values);
  });
  grid.into(result);
  const int64_t finite = result.count - result.nan - result.positive_infinity - result.negative_infinity;
  if (finite == 0) {
    result.min = result.max = kNaN;
    return result;
  }
  const double largest = std::max(std::abs(result.min), std::abs(result.max));
  if (largest > 0) sums.scale = largest;
  // The range may be larger than the largest float64: steps are of its half.
  const double half = result.max / 2 - result.min / 2;
  result.histogram.resize(static_cast<size_t>(request.bins));
  const double bins = static_cast<double>(request.bins);
  each_chunk(tensor, [&](Values values) {
    sums.add(values);
    if (request.bins == 0) return;
    for (const double value : values) {
      if (!std::isfinite(value)) continue;
      const double place = half > 0 ? (value / 2 - result.min / 2) / half * bins : 0;
      ++result.histogram[static_cast<size_t>(std::min(place, bins - 1))];
    }
  });
  const double n = static_cast<double>(finite), mean = sums.sum / n;
  result.mean = mean * sums.scale;
  result.norm = std::sqrt(sums.squares) * sums.scale;
  double deviations = 0;
  each_chunk(tensor, [&](Values values) {
    for (const double value : values)
      if (std::isfinite(value)) {
        const double deviation = value / sums.scale - mean;
        deviations += deviation * deviation;
      }
  });
  result.std = finite > 1 ? std::sqrt(deviations / (n - 1)) * sums.scale : kNaN;
  return result;
}

}  // namespace lazuli
