// The kernels a GPU's driver has compiled, kept between starts: one file per device and driver. Drivers trust what is in
// them, so a file that is not whole, as its checksum says, is as good as none.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

type Identity = { readonly uuid: string; readonly driver_version: string };

const MAGIC = Buffer.from('lazuli-pipelines-1\n');
const DIGEST = 32;

/** Where the files lie: the user's cache folder, or LAZULI_CACHE. */
const folder = (): string =>
  process.env['LAZULI_CACHE'] ??
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'lazuli');

const fileOf = ({ uuid, driver_version }: Identity): string => {
  const version = createHash('sha256').update(driver_version).digest('hex').slice(0, 12);
  return path.join(folder(), `pipelines-${uuid}-${version}.bin`);
};

const digestOf = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** The compiled kernels kept for this device and driver, or null. */
export function readPipelineCache(device: Identity): Uint8Array | null {
  try {
    const content = readFileSync(fileOf(device));
    const data = content.subarray(MAGIC.length + DIGEST);
    const isWhole =
      content.subarray(0, MAGIC.length).equals(MAGIC) &&
      content.subarray(MAGIC.length, MAGIC.length + DIGEST).equals(digestOf(data));
    return isWhole ? new Uint8Array(data) : null;
  } catch {
    return null;
  }
}

/** Keeps them; a folder that cannot be written costs only the time to compile again. */
export function writePipelineCache(device: Identity, data: Uint8Array): void {
  const file = fileOf(device);
  try {
    mkdirSync(folder(), { recursive: true });
    const part = `${file}.${process.pid}`;
    writeFileSync(part, Buffer.concat([MAGIC, digestOf(data), data]));
    renameSync(part, file);
  } catch {
    // Nothing depends on it.
  }
}
