// Moving bytes between files and storages on threads of their own; see native/contract.ts.
#pragma once

#include "backend.h"

namespace lazuli::binding {

/// (descriptor, position, storage, offset, length): fills the range of the storage; resolves with its CRC-32.
Napi::Value read_file(const Napi::CallbackInfo& info);
/// The same the other way.
Napi::Value write_file(const Napi::CallbackInfo& info);
/// (descriptor, position, target descriptor, target position, length): copies; resolves with the CRC-32 of what was copied.
Napi::Value copy_file(const Napi::CallbackInfo& info);
/// (descriptor, bytes): gives an open file blocks for so many bytes.
Napi::Value make_file_room(const Napi::CallbackInfo& info);
/// As read_file and write_file without the checksum: what the disk gives, for measurements. Resolves with 0.
Napi::Value read_file_plainly(const Napi::CallbackInfo& info);
Napi::Value write_file_plainly(const Napi::CallbackInfo& info);
/// (descriptor): the next read comes from the disk, where the system can be asked for that.
Napi::Value forget_file(const Napi::CallbackInfo& info);

}  // namespace lazuli::binding
