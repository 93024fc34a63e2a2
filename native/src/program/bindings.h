// Views of storages, and the memory they point at: a storage's memory changes when it was shared and is then written, so
// the views are bound anew before each use.
#pragma once

#include <unordered_map>
#include <vector>

#include "../ops/kernel.h"
#include "../tensor/storage.h"

namespace lazuli {

class Bindings {
 public:
  /// `view`, which stays where it is, lies at byte `offset` of the storage; `is_written` where an op changes it.
  void add(TensorView& view, const StoragePointer& storage, int64_t offset, bool is_written);
  /// Points every view at its storage's memory; storages that are written then have theirs for themselves. The memory stays in
  /// place as long as the caller holds what it gets. Throws OutOfMemory.
  [[nodiscard]] std::vector<BlockPointer> bind();

 private:
  struct Place {
    TensorView* view;
    int64_t offset;
  };
  struct Bound {
    StoragePointer storage;
    bool is_written;
    std::vector<Place> places;
    const std::byte* at = nullptr;
  };
  std::vector<Bound> storages_;
  std::unordered_map<const Storage*, size_t> known_;
};

}  // namespace lazuli
