// What a person wants to know of a tensor at a glance: its figures, the distribution of its values, and a small picture of it.
#pragma once

#include "../ops/kernel.h"

namespace lazuli {

struct StatisticsRequest {
  int64_t bins = 0;
  /// The picture has at most so many cells either way.
  int64_t rows = 0;
  int64_t columns = 0;
};

struct TensorStatistics {
  int64_t count = 0;
  int64_t nan = 0;
  int64_t positive_infinity = 0;
  int64_t negative_infinity = 0;
  int64_t zeros = 0;
  /// Over the finite values; NaN where there are none. `std` is the unbiased one, as torch.std's, and NaN for one value.
  double min, max, mean, std;
  /// Euclidean, of the finite values; 0 where there are none.
  double norm = 0;
  /// Finite values by equal steps from min to max; empty where there are none.
  std::vector<int64_t> histogram;
  /// The tensor as a matrix, first axis by all others (a vector is one row), each cell the mean of the values it stands for;
  /// NaN where one of them is not finite.
  int64_t grid_rows = 0, grid_columns = 0;
  std::vector<float> grid;
};

/// Three passes over the values, on the calling thread. Sums are kept in float64.
TensorStatistics measure_tensor(const TensorView& tensor, const StatisticsRequest& request);

}  // namespace lazuli
