// Native threads started after setNiceness give way to the machine's other threads; the JavaScript thread keeps its own priority.
import { readdirSync, readFileSync } from 'node:fs';

import { afterAll, describe, expect, it } from 'vitest';

import { loadNative, openCpuBackend } from '#native';

const native = loadNative();
afterAll(() => {
  native.setNiceness(0);
});

/** The niceness of every thread of this process: field 19 of /proc/self/task/<id>/stat, counted after the name in brackets. */
const niceness = (): number[] =>
  readdirSync('/proc/self/task').map((id) => {
    const [, fields = ''] = readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ');
    return Number(fields.split(' ')[16]);
  });

// Only Linux has a niceness per thread; elsewhere the call does nothing.
describe.runIf(process.platform === 'linux')('niceness', () => {
  it('is taken by the thread that runs programs and by no JavaScript thread', async () => {
    const before = niceness().filter((value) => value === 7).length;
    native.setNiceness(7);
    const backend = openCpuBackend();
    const storage = backend.allocate(8);
    const program = backend.createProgram({
      buffers: [{ kind: 'external', storage, offset: 0, dtype: 'int64', shape: [1] }],
      instructions: [{ op: 'advance', inputs: [0], outputs: [], attributes: { amounts: [1] } }],
      arenaBytes: 0,
    });
    await program.run(1);
    expect(before).toBe(0);
    expect(niceness().filter((value) => value === 7)).toHaveLength(1);
    program.dispose();
    storage.dispose();
  });

  it('refuses what is no niceness', () => {
    expect(() => {
      native.setNiceness(-1);
    }).toThrow(/setNiceness/);
  });
});
