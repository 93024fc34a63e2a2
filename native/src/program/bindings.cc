// See bindings.h.
#include "bindings.h"

namespace lazuli {

void Bindings::add(TensorView& view, const StoragePointer& storage, int64_t offset, bool is_written) {
  const auto [place, is_new] = known_.try_emplace(storage.get(), storages_.size());
  if (is_new) storages_.push_back({storage, false, {}});
  Bound& bound = storages_[place->second];
  bound.is_written = bound.is_written || is_written;
  bound.places.push_back({&view, offset});
}

std::vector<BlockPointer> Bindings::bind() {
  std::vector<BlockPointer> blocks;
  blocks.reserve(storages_.size());
  for (Bound& bound : storages_) {
    const BlockPointer& block =
        blocks.emplace_back(bound.is_written ? bound.storage->own() : bound.storage->block());
    if (bound.at == block->data()) continue;
    bound.at = block->data();
    for (const Place& place : bound.places) place.view->data = block->data() + place.offset;
  }
  return blocks;
}

}  // namespace lazuli
