// See broadcast.h.
#include "broadcast.h"

#include <algorithm>
#include <cstring>

#include "../ops/checks.h"

namespace lazuli {

Broadcast::Broadcast(const Shape& shape, const Shape& output) {
  const size_t missing = output.size() - shape.size();
  const Shape dense = dense_strides(shape);
  for (size_t axis = 0; axis < output.size(); ++axis) {
    if (output[axis] == 1) continue;
    const bool repeats = axis < missing || shape[axis - missing] == 1;
    const int64_t stride = repeats ? 0 : dense[axis - missing];
    if (!sizes_.empty() && strides_.back() == stride * output[axis]) {
      sizes_.back() *= output[axis];
      strides_.back() = stride;
    } else {
      sizes_.push_back(output[axis]);
      strides_.push_back(stride);
    }
  }
  const size_t axes = sizes_.size();
  if (axes == 0 || (axes == 1 && strides_[0] == 0))
    kind_ = Kind::scalar;
  else if (axes == 1)
    kind_ = Kind::direct;
  else if (axes == 2 && strides_[0] == 0 && sizes_[1] <= kBlock)
    kind_ = Kind::period, period_ = sizes_[1];
  else
    kind_ = Kind::runs;
}

int64_t Broadcast::table_size() const {
  if (kind_ == Kind::direct) return 0;
  return kind_ == Kind::period ? period_ + kBlock : kBlock;
}

template <typename T>
BlockReader<T>::BlockReader(const Broadcast& broadcast, const T* data, T* table)
    : broadcast_(broadcast), data_(data), table_(table) {
  if (broadcast.kind_ == Broadcast::Kind::scalar) std::fill_n(table, kBlock, *data);
  if (broadcast.kind_ != Broadcast::Kind::period) return;
  for (int64_t i = 0, position = 0; i < broadcast.table_size(); ++i) {
    table[i] = data[position];
    if (++position == broadcast.period_) position = 0;
  }
}

template <typename T> const T* BlockReader<T>::read(int64_t begin, int64_t count) {
  switch (broadcast_.kind_) {
    case Broadcast::Kind::direct: return data_ + begin;
    case Broadcast::Kind::scalar: return table_;
    case Broadcast::Kind::period: return table_ + begin % broadcast_.period_;
    default: read_runs(begin, count); return table_;
  }
}

template <typename T> void BlockReader<T>::read_runs(int64_t begin, int64_t count) {
  const Shape& sizes = broadcast_.sizes_;
  const Shape& strides = broadcast_.strides_;
  const size_t last = sizes.size() - 1;
  const int64_t length = sizes[last], stride = strides[last];
  for (int64_t done = 0; done < count;) {
    int64_t rest = begin + done;
    const int64_t within = rest % length;
    int64_t position = within * stride;
    rest /= length;
    for (size_t axis = last; axis-- > 0; rest /= sizes[axis]) position += rest % sizes[axis] * strides[axis];
    const int64_t run = std::min(count - done, length - within);
    T* to = table_ + done;
    const T* from = data_ + position;
    if (stride == 0)
      std::fill_n(to, run, *from);
    else if (stride == 1)
      std::memcpy(to, from, static_cast<size_t>(run) * sizeof(T));
    else
      for (int64_t i = 0; i < run; ++i) to[i] = from[i * stride];
    done += run;
  }
}

template class BlockReader<float>;
template class BlockReader<double>;
template class BlockReader<int64_t>;

}  // namespace lazuli
