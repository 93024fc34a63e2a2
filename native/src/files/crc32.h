// CRC-32 as zip files use it (polynomial 0xEDB88320), as fast as the processor allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lazuli {

/// The CRC of `bytes` following data whose CRC is `previous` (0 at the start). Source: PKWARE APPNOTE 4.4.7.
uint32_t crc32(uint32_t previous, std::span<const std::byte> bytes);

/// The same by tables alone, for processors without the instructions and for tests.
uint32_t portable_crc32(uint32_t previous, std::span<const std::byte> bytes);

}  // namespace lazuli
