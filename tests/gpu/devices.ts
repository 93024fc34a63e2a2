// The devices the GPU's tests run on: every software driver that is here, Electron's SwiftShader always. Import it before
// anything asks Vulkan, which looks at the environment once.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { afterAll, expect } from 'vitest';

import {
  gpuDevices,
  loadNative,
  openGpuBackend,
  type GpuBackend,
  type GpuDevice,
  type GpuOptions,
} from '#native';

import { hasValidationLayers } from '../../scripts/system-packages.mjs';

const dist = resolve(import.meta.dirname, '../../node_modules/electron/dist');
const drivers = [
  resolve(dist, 'vk_swiftshader_icd.json'),
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
  '/usr/share/vulkan/icd.d/lvp_icd.json',
  // Set by second-driver.ts.
  process.env['LAZULI_TEST_SECOND_DRIVER'] ?? '',
].filter((file) => existsSync(file));

// A GPU of this machine is tested when LAZULI_TEST_GPU=1 says so; otherwise results do not depend on it.
if (process.env['LAZULI_TEST_GPU'] !== '1') {
  process.env['VK_ICD_FILENAMES'] = drivers.join(':');
  process.env['VK_DRIVER_FILES'] = drivers.join(':');
}
// Under Vulkan's validation layers where they are installed, as npm test does on Debian: with synchronization validation, which
// alone notices a missing barrier on software drivers.
if (hasValidationLayers() && process.env['LAZULI_GPU_VALIDATE'] !== '0') {
  process.env['LAZULI_GPU_VALIDATE'] = '1';
  afterAll(() => expect(loadNative().gpuMessages()).toEqual([]));
}
process.env['LAZULI_VULKAN_LOADER'] ??= resolve(dist, 'libvulkan.so.1');

/** Fails where there is none: nothing is skipped. */
export const DEVICES: readonly GpuDevice[] = gpuDevices().devices.filter(({ refusal }) => refusal === '');
if (DEVICES.length === 0) throw new Error(`no Vulkan device to test on: ${JSON.stringify(gpuDevices())}`);

const opened = new Map<number, GpuBackend>();

/** The backend of a device, open for as long as the test file runs. */
export function backendOn(device: GpuDevice, options: GpuOptions = {}): GpuBackend {
  const known = opened.get(device.index);
  if (known && options.mustStage !== true) return known;
  const backend = openGpuBackend(device.index, options);
  if (options.mustStage !== true) opened.set(device.index, backend);
  return backend;
}
