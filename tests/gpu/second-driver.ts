// One more software driver for tests that need two GPUs: a copy of Electron's, which Vulkan lists as a device of its own. Import it before
// `devices`.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll } from 'vitest';

const dist = resolve(import.meta.dirname, '../../node_modules/electron/dist');
const folder = mkdtempSync(join(tmpdir(), 'lazuli-driver-'));
const library = join(folder, 'libvk_second.so');
const manifest = join(folder, 'second_icd.json');
copyFileSync(join(dist, 'libvk_swiftshader.so'), library);
const ICD = { library_path: library, api_version: '1.0.5' };
writeFileSync(manifest, JSON.stringify({ file_format_version: '1.0.0', ICD }));
process.env['LAZULI_TEST_SECOND_DRIVER'] = manifest;
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
