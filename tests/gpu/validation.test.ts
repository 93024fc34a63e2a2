// Vulkan's validation layers, with synchronization validation, have nothing to say about a program with staged copies, in a process
// of its own from its start to its end. What the other tests do is looked at where they choose their device: devices.ts.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

import { findAddon } from '#native';

import { hasValidationLayers } from '../../scripts/system-packages.mjs';
import { DEVICES } from './devices';

test.runIf(hasValidationLayers()).each(DEVICES)(
  '$name: the validation layers report nothing',
  ({ index }) => {
    const script = `
    const addon = require(${JSON.stringify(findAddon(import.meta.dirname))});
    process.on('exit', () => addon.close());
    const gpu = addon.openGpu({ index: ${index}, pipelineCache: null, mustStage: true });
    const shape = [96, 96], size = 96 * 96 * 4;
    const storage = gpu.allocate(4 * size);
    storage.write(0, new Uint8Array(4 * size));
    const at = (part) => ({ kind: 'external', storage, offset: part * size, dtype: 'float32', shape });
    const product = (a, b, c) => ({ op: 'matmul', inputs: [a, b], outputs: [c], attributes: { transpose_a: false, transpose_b: false } });
    const program = gpu.createProgram({
      buffers: [at(0), at(1), at(2), at(3)],
      instructions: [product(0, 1, 2), product(2, 1, 3), product(3, 2, 0)],
      arenaBytes: 1024,
    });
    program.run(50).then(() => {
      storage.read(0, new Uint8Array(4 * size));
      program.dispose();
      storage.dispose();
      gpu.close();
      console.log(JSON.stringify(addon.gpuMessages()));
    });
  `;
    const { stdout, status } = spawnSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      env: { ...process.env, LAZULI_GPU_VALIDATE: '1' },
    });
    expect({ status, messages: JSON.parse(stdout) as unknown }).toEqual({ status: 0, messages: [] });
  },
);
