// Gives the weight files Node's own CRC-32 where this Node has one (20.15 and newer): several times as fast as the portable one.
import * as zlib from 'node:zlib';

import { useCrc32, type Crc32 } from '#core/formats/index';

/** Node's routine, or null where it has none. */
export const nativeCrc32: Crc32 | null =
  'crc32' in zlib && typeof zlib.crc32 === 'function'
    ? (bytes, previous) => zlib.crc32(bytes, previous)
    : null;

if (nativeCrc32) useCrc32(nativeCrc32);
