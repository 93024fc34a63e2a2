// The addon and the end of the process: closing in the middle of a job, exiting without closing, workers, faults that were
// never met. Each runs a child process, which must end by itself with the exit code 0.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

const ADDON = resolve(import.meta.dirname, '../../native/build/Release/lazuli_native.node');

/** What every child starts from: the addon, and a program whose steps take a few milliseconds. */
const PRELUDE = `
const native = require(${JSON.stringify(ADDON)});
process.on('exit', () => native.close());
const counter = native.allocate(8);
const make = () => native.createProgram({
  buffers: [
    { kind: 'external', storage: counter, offset: 0, dtype: 'int64', shape: [1] },
    { kind: 'arena', offset: 0, dtype: 'float32', shape: [1000, 1000] },
  ],
  instructions: [
    { op: 'elementwise', inputs: [1], outputs: [1], attributes: { steps: [['exp', 0], ['neg', 1]], constants: [] } },
    { op: 'advance', inputs: [0], outputs: [], attributes: { amounts: [1] } },
  ],
  arenaBytes: 4000000,
});
const program = make();
const say = (value) => console.log(JSON.stringify(value));
`;

function child(script: string): unknown[] {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', PRELUDE + script], {
    encoding: 'utf8',
    timeout: 15_000,
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

describe('a process that', () => {
  it('closes in the middle of a run rejects what had not finished and refuses what comes later', () => {
    const lines = child(`
      const tell = (error) => say(error.message);
      program.run(1e9, () => { native.close(); native.close(); }).catch(tell);
      program.run(5).catch(tell);
      setTimeout(() => {
        for (const call of [() => native.allocate(1), () => program.run(1), make, () => native.execute('fill', [], [], {})])
          try { call(); } catch (error) { say(error.message); }
        say(native.live().storages);
        counter.dispose(); program.dispose();
        say(native.live());
      }, 500);
    `);
    expect(lines).toEqual([
      'the native backend was closed during the run',
      'the native backend was closed',
      'the native backend is closed',
      'the native backend is closed',
      'the native backend is closed',
      'the native backend is closed',
      1,
      { storages: 0, programs: 0, bytes: 0 },
    ]);
  });

  it('calls process.exit during a run ends cleanly', () => {
    for (let attempt = 0; attempt < 5; attempt++)
      expect(child(`program.run(1e9); setTimeout(() => process.exit(0), ${10 + attempt * 7});`)).toEqual([]);
  });

  it('has nothing left to do but a run waits for the run', () => {
    expect(child(`program.run(20).then(({ steps }) => say(steps));`)).toEqual([20]);
  });

  it('leaves everything undisposed ends cleanly', () => {
    expect(child(`globalThis.held = [program, make(), native.allocate(1e8)];`)).toEqual([]);
  });

  it('has faults pending at its end ends cleanly', () => {
    expect(
      child(`for (const place of ['allocate', 'kernel', 'thread']) native.injectFault(place, 'int');`),
    ).toEqual([]);
  });

  it('meets a fault in every thread body goes on', () => {
    const lines = child(`
      (async () => {
        for (const kind of ['bad_alloc', 'length_error', 'int'])
          for (const place of ['kernel', 'thread']) {
            native.injectFault(place, kind);
            await program.run(2).catch((error) => say(error.code));
          }
        say((await program.run(2)).steps);
      })();
    `);
    expect(lines).toEqual([
      ...(['out_of_memory', 'native_failed', 'native_failed'] as const).flatMap((code) => [code, code]),
      2,
    ]);
  });

  it('loads it in a worker thread that ends during a run ends cleanly', () => {
    const lines = child(`
      const { Worker } = require('node:worker_threads');
      const worker = new Worker(${JSON.stringify(
        `${PRELUDE} program.run(1e9); setTimeout(() => require('node:worker_threads').parentPort.postMessage('up'), 30);`,
      )}, { eval: true });
      worker.on('message', () => worker.terminate().then(() => program.run(3)).then(({ steps }) => { say(steps); }));
    `);
    expect(lines).toEqual([3]);
  });

  it('collects garbage frees storages nobody disposed', () => {
    const lines = child(`
      require('node:v8').setFlagsFromString('--expose-gc');
      const gc = require('node:vm').runInNewContext('gc');
      for (let i = 0; i < 200; i++) native.allocate(1 << 20);
      const wait = (tries) => setTimeout(() => {
        gc();
        if (native.live().storages <= 2 || tries === 0) say(native.live().storages <= 2);
        else wait(tries - 1);
      }, 20);
      wait(50);
    `);
    expect(lines).toEqual([true]);
  });
});
