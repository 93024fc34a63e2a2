// The backends that tests of ops and programs run on: the native one, and the slow reference kernels it is compared with.
import { afterAll, beforeAll } from 'vitest';

import { openCpuBackend } from '#native';
import { useBackend } from '#core/ops/dispatch';
import type { ProgramSpec } from '#core/program/instructions';
import type { Backend } from '#core/tensor/storage';

import { openReferenceBackend } from './reference/backend';
import { runReference } from './reference/program';

export interface TestBackend extends Backend {
  /** Storages not yet disposed. */
  live(): number;
  runProgram(spec: ProgramSpec, steps: number): Promise<void>;
}

export const BACKENDS = ['reference', 'native'] as const;
export type BackendName = (typeof BACKENDS)[number];

function openBackend(name: BackendName): TestBackend {
  if (name === 'reference')
    return {
      ...openReferenceBackend(),
      runProgram: async (spec, steps) => runReference(spec, steps),
    };
  const backend = openCpuBackend();
  return {
    device: 'cpu',
    allocate: (bytes) => backend.allocate(bytes),
    execute: (...call) => backend.execute(...call),
    libm: (name, values) => backend.libm(name, values),
    live: () => backend.native.live().storages,
    async runProgram(spec, steps) {
      const program = backend.createProgram(spec);
      try {
        await program.run(steps);
      } finally {
        program.dispose();
      }
    },
  };
}

/** Opens a backend for the tests of a file or of a `describe`, and takes it back after them. */
export function useTestBackend(name: BackendName = 'native'): TestBackend {
  const backend = openBackend(name);
  let close = (): void => {};
  beforeAll(() => {
    close = useBackend(backend);
  });
  afterAll(() => close());
  return backend;
}

/** The reference backend for the tests of a file, where no native addon is needed. */
export const useReferenceBackend = (): TestBackend => useTestBackend('reference');
