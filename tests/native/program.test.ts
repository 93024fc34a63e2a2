// Programs: checked when made, run step by step off the JavaScript thread, cancelled, failing in the middle, disposed while
// running, and never touching memory that is gone.
import { afterEach, describe, expect, it } from 'vitest';

import type { Instruction, ProgramBuffer, ProgramSpec } from '#core/program/instructions';
import { loadNative, openCpuBackend, type CpuStorage } from '#native';

const native = loadNative();
const backend = openCpuBackend();
const storages: CpuStorage[] = [];
afterEach(() => {
  for (const storage of storages.splice(0)) storage.dispose();
});

function counter(values: readonly number[] = [0]): CpuStorage {
  const storage = backend.allocate(values.length * 8);
  storage.write(0, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  storages.push(storage);
  return storage;
}
const integers = (storage: CpuStorage): number[] =>
  Array.from(new BigInt64Array(storage.read(0, storage.bytes).buffer), Number);

const external = (
  storage: CpuStorage,
  dtype: 'int64' | 'float64' | 'float32',
  shape: number[],
): ProgramBuffer => ({
  kind: 'external',
  storage,
  offset: 0,
  dtype,
  shape,
});
const advance = (buffer: number): Instruction => ({
  op: 'advance',
  inputs: [buffer],
  outputs: [],
  attributes: { amounts: [1] },
});
/** A program that counts its steps, and takes about `work` million elementary operations for each. */
function counting(storage: CpuStorage, work = 0): ProgramSpec {
  const shape = [1000, 1000];
  const heavy: Instruction[] = Array.from({ length: work }, () => ({
    op: 'elementwise',
    inputs: [1],
    outputs: [1],
    attributes: {
      steps: [
        ['exp', 0],
        ['neg', 1],
      ],
      constants: [],
    },
  }));
  const arena: ProgramBuffer = { kind: 'arena', offset: 0, dtype: 'float32', shape: work > 0 ? shape : [0] };
  return {
    buffers: [external(storage, 'int64', [1]), arena],
    instructions: [...heavy, advance(0)],
    arenaBytes: work > 0 ? 4_000_000 : 0,
  };
}

describe('a run', () => {
  it('computes every step and says how many and how long', async () => {
    const storage = counter();
    const program = backend.createProgram(counting(storage));
    expect(await program.run(0)).toMatchObject({ steps: 0 });
    const result = await program.run(1000);
    expect(result.steps).toBe(1000);
    expect(result.seconds).toBeGreaterThan(0);
    expect(integers(storage)).toEqual([1000]);
    program.dispose();
  });

  it('measures each step, each instruction, or the instructions of some steps', async () => {
    const storage = counter();
    const program = backend.createProgram(counting(storage, 2));
    const steps = await program.run(3, { timing: 'steps' });
    expect(steps.stepSeconds).toHaveLength(3);
    expect(steps.instructionSeconds).toBeUndefined();
    const all = await program.run(3, { timing: 'instructions' });
    expect(all.measuredSteps).toBe(3);
    const [first = 0, second = 0, count = 0] = all.instructionSeconds ?? [];
    expect(count).toBeLessThan(Math.min(first, second));
    expect(first + second + count).toBeLessThanOrEqual(all.seconds);
    // Clocks are nothing beside millions of operations; beside one they would double the time.
    expect(await program.run(3, { timing: 'sampled' })).toMatchObject({ measuredSteps: 3 });
    program.dispose();
    const quick = backend.createProgram(counting(storage));
    const few = await quick.run(10_000, { timing: 'sampled' });
    expect(few.measuredSteps).toBeGreaterThan(1);
    // How few depends on the clock beside the step, and that on the build and on what else runs; most steps are left alone.
    expect(few.measuredSteps).toBeLessThan(5000);
    quick.dispose();
  });

  it('computes through the arena: a small step of gradient descent', async () => {
    const [data, log, position] = [backend.allocate(16), backend.allocate(40), counter()];
    storages.push(data, log);
    data.write(0, new Uint8Array(Float64Array.of(1, 2).buffer));
    const program = backend.createProgram({
      buffers: [
        external(data, 'float64', [2]),
        { kind: 'arena', offset: 0, dtype: 'float64', shape: [2] },
        { kind: 'arena', offset: 64, dtype: 'float64', shape: [] },
        external(log, 'float64', [5]),
        external(position, 'int64', []),
      ],
      instructions: [
        {
          op: 'elementwise',
          inputs: [0],
          outputs: [1],
          attributes: { steps: [['square', 0]], constants: [] },
        },
        { op: 'reduce', inputs: [1], outputs: [2], attributes: { kind: 'sum', axes: [0], keepdim: false } },
        { op: 'record', inputs: [2, 3, 4], outputs: [], attributes: {} },
        {
          op: 'elementwise',
          inputs: [0],
          outputs: [0],
          attributes: { steps: [['mul', 0, 1]], constants: [0.5] },
        },
        advance(4),
      ],
      arenaBytes: 128,
    });
    expect(program.arenaBytes).toBe(128);
    expect((await program.run(4)).steps).toBe(4);
    expect([...new Float64Array(log.read(0, 40).buffer)]).toEqual([5, 1.25, 0.3125, 0.078125, 0]);
    await expect(program.run(2)).rejects.toThrow(/step 1, instruction 2: record: position: .*got 5/);
    program.dispose();
  });

  it('follows the run asked for before it', async () => {
    const storage = counter();
    const program = backend.createProgram(counting(storage));
    const results = await Promise.all([program.run(300), program.run(200), program.run(1)]);
    expect(results.map(({ steps }) => steps)).toEqual([300, 200, 1]);
    expect(integers(storage)).toEqual([501]);
    program.dispose();
  });

  it('leaves the event loop free and reports progress', async () => {
    const program = backend.createProgram(counting(counter(), 4));
    const seen: number[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const run = program.run(1_000_000, { onProgress: (steps) => seen.push(steps) });
    while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    program.cancel();
    const { steps } = await run;
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(steps).toBeGreaterThanOrEqual(seen.at(-1) ?? 0);
    program.dispose();
  });
});

describe('cancelling', () => {
  it('stops after the step in progress; later runs are not affected', async () => {
    const storage = counter();
    const program = backend.createProgram(counting(storage, 1));
    program.cancel();
    const run = program.run(1_000_000);
    const queued = program.run(1_000_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    program.cancel();
    const [{ steps }, second] = await Promise.all([run, queued]);
    expect(steps).toBeLessThan(1_000_000);
    expect(second.steps).toBe(0);
    expect(integers(storage)).toEqual([steps]);
    expect((await program.run(2)).steps).toBe(2);
    program.dispose();
  });

  it('by an AbortSignal', async () => {
    const program = backend.createProgram(counting(counter(), 1));
    const controller = new AbortController();
    const run = program.run(1_000_000, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    expect((await run).steps).toBeLessThan(1_000_000);
    expect(await program.run(5, { signal: controller.signal })).toEqual({ steps: 0, seconds: 0 });
    program.dispose();
  });

  it('by an error of the progress callback, which the run then rejects with', async () => {
    const program = backend.createProgram(counting(counter(), 1));
    const onProgress = (): never => {
      throw new RangeError('from the callback');
    };
    await expect(program.run(1_000_000, { onProgress })).rejects.toThrow(new RangeError('from the callback'));
    expect((await program.run(1)).steps).toBe(1);
    program.dispose();
  });
});

describe('disposing', () => {
  it('a storage a program holds: the program goes on, the memory stays until the program is gone', async () => {
    const before = native.live();
    const storage = counter();
    const program = backend.createProgram(counting(storage));
    storage.dispose();
    expect(native.live().storages).toBe(before.storages);
    expect(native.live().bytes).toBeGreaterThan(before.bytes);
    expect((await program.run(100)).steps).toBe(100);
    program.dispose();
    expect(native.live()).toEqual(before);
  });

  it('a program while it runs cancels the run', async () => {
    const before = native.live();
    const storage = counter();
    const program = backend.createProgram(counting(storage, 1));
    const run = program.run(1_000_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    program.dispose();
    program.dispose();
    program.cancel();
    expect(native.live().programs).toBe(before.programs);
    expect((await run).steps).toBeLessThan(1_000_000);
    storage.dispose();
    expect(native.live()).toEqual(before);
    await expect(program.run(1)).rejects.toThrow('program: used after dispose()');
  });
});

describe('making a program refuses', () => {
  const good = (): { spec: ProgramSpec; storage: CpuStorage } => {
    const storage = counter([0, 0]);
    return { storage, spec: counting(storage) };
  };
  it.each([
    {
      name: 'a buffer past its storage',
      change: { shape: [3] },
      message: /buffer 0: expected 24 bytes from byte 0 on, got a block of 16/,
    },
    {
      name: 'an offset past its storage',
      change: { offset: 16 },
      message: /buffer 0: expected 8 bytes from byte 16/,
    },
    {
      name: 'a misaligned buffer',
      change: { offset: 4 },
      message: /buffer 0: .*multiple of 8 bytes for int64, got 4/,
    },
    { name: 'a wrapping shape', change: { shape: [2 ** 32, 2 ** 32] }, message: /buffer 0: / },
    {
      name: 'a dtype it does not compute with',
      change: { dtype: 'uint16' },
      message: /dtype: .*got 'uint16'/,
    },
    { name: 'a kind of buffer that does not exist', change: { kind: 'shared' }, message: /buffer 0\.kind/ },
  ])('$name', ({ change, message }) => {
    const { spec } = good();
    const buffers = spec.buffers.map((buffer, index) => (index === 0 ? { ...buffer, ...change } : buffer));
    expect(() => backend.createProgram({ ...spec, buffers: buffers as ProgramBuffer[] })).toThrow(message);
  });
  it.each([
    { name: 'an op that does not exist', change: { op: 'melt' }, message: /instruction 1: op: .*got 'melt'/ },
    {
      name: 'a wrong arity',
      change: { inputs: [] },
      message: /instruction 1: advance: inputs: expected 1, got 0/,
    },
    {
      name: 'too many outputs',
      change: { outputs: [0] },
      message: /instruction 1: advance: outputs: expected 0, got 1/,
    },
    {
      name: 'a buffer that does not exist',
      change: { inputs: [2] },
      message: /instruction 1: advance: expected a buffer number below 2, got 2/,
    },
    {
      name: 'a negative buffer',
      change: { inputs: [-1] },
      message: /instruction 1\.inputs: expected an integer from 0/,
    },
    {
      name: 'attributes that are none',
      change: { attributes: 7 },
      message: /attributes: expected an object/,
    },
  ])('$name', ({ change, message }) => {
    const { spec } = good();
    const broken = { ...advance(0), ...change } as Instruction;
    expect(() => backend.createProgram({ ...spec, instructions: [advance(0), broken] })).toThrow(message);
  });
  it('an arena its buffers do not fit in', () => {
    const { spec } = good();
    const arena: ProgramBuffer = { kind: 'arena', offset: 64, dtype: 'float32', shape: [17] };
    expect(() =>
      backend.createProgram({ ...spec, buffers: [arena], instructions: [], arenaBytes: 128 }),
    ).toThrow(/buffer 0: expected 68 bytes from byte 64 on, got a block of 128/);
  });
});

it('a kernel’s refusal names step and instruction, and the backend goes on', async () => {
  const storage = counter([0, 0]);
  const program = backend.createProgram({
    buffers: [external(storage, 'int64', [2])],
    instructions: [advance(0)],
    arenaBytes: 0,
  });
  await expect(program.run(3)).rejects.toMatchObject({
    code: 'native_failed',
    message: 'step 0, instruction 0: advance: amounts: expected 2 numbers, got 1',
  });
  program.dispose();
});

describe('injected faults', () => {
  const KINDS = ['bad_alloc', 'length_error', 'int'] as const;
  it.each(KINDS)(
    '%s in an allocation, a kernel and a thread are errors, and everything works after',
    async (kind) => {
      const storage = counter();
      const code = kind === 'bad_alloc' ? 'out_of_memory' : 'native_failed';
      native.injectFault('allocate', kind);
      expect(() => backend.allocate(100)).toThrow(expect.objectContaining({ code }) as Error);
      native.injectFault('allocate', kind);
      expect(() => backend.createProgram(counting(storage, 1))).toThrow(
        expect.objectContaining({ code }) as Error,
      );
      const program = backend.createProgram(counting(storage, 1));
      for (const place of ['kernel', 'thread'] as const) {
        native.injectFault(place, kind);
        await expect(program.run(3)).rejects.toMatchObject({ code });
      }
      const grid = {
        storage: backend.allocate(4_000_000),
        dtype: 'float32' as const,
        shape: [1000, 1000],
        offset: 0,
      };
      for (const place of ['kernel', 'thread'] as const) {
        native.injectFault(place, kind);
        const fill = { shape: [1000, 1000], dtype: 'float32', value: 1 };
        expect(() => backend.execute('fill', [], [grid], fill)).toThrow(
          expect.objectContaining({ code }) as Error,
        );
        native.injectFault(place, kind);
        await expect(backend.executeAsync('fill', [], [grid], fill)).rejects.toMatchObject({ code });
      }
      grid.storage.dispose();
      expect((await program.run(2)).steps).toBe(2);
      program.dispose();
    },
  );
});
