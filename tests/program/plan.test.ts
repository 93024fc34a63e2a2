// Memory planning and the passes before it, on random programs: nothing alive is overwritten, nothing changes its value.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram, programProblems, traceProgram } from '#core/program/index';
import { ALIGNMENT, blocksOf, place, type Block } from '#core/program/plan';
import { bufferAt, isTemporary, reads, type TracedProgram } from '#core/program/traced';
import type { Storage } from '#core/tensor/storage';
import type { Tensor } from '#core/tensor/tensor';

import { useTestBackend } from '../support/backend';
import { numbers } from './steps';

const backend = useTestBackend('native');

const arbitraryBlock = fc
  .record({ bytes: fc.integer({ min: 0, max: 5000 }), first: fc.nat(40), length: fc.nat(12) })
  .map(({ bytes, first, length }): Block => ({ bytes, first, last: first + length }));

test('no two blocks alive at the same time overlap in the arena', () => {
  fc.assert(
    fc.property(fc.array(arbitraryBlock, { maxLength: 40 }), (blocks) => {
      const { offsets, bytes } = place(blocks);
      for (const [index, a] of blocks.entries()) {
        const start = offsets.get(a) ?? -1;
        expect(start % ALIGNMENT).toBe(0);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start + a.bytes).toBeLessThanOrEqual(bytes);
        for (const b of blocks.slice(index + 1)) {
          const isTogether = a.first <= b.last && b.first <= a.last;
          const other = offsets.get(b) ?? -1;
          const isApart = start + a.bytes <= other || other + b.bytes <= start;
          if (isTogether && a.bytes > 0 && b.bytes > 0) expect(isApart).toBe(true);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('the arena is no larger than what is alive at the worst moment needs, when lives are nested', () => {
  const blocks: Block[] = [0, 1, 2, 3].map((n) => ({ bytes: 640, first: n, last: 10 - n }));
  expect(place(blocks).bytes).toBe(4 * 640);
  const chain: Block[] = Array.from({ length: 50 }, (_, n) => ({ bytes: 1000, first: n, last: n + 1 }));
  expect(place(chain).bytes).toBe(2 * 1024);
});

test('the arena is no larger where the largest blocks first would leave a gap', () => {
  // A convolution's result, its pool's places and values, and the gradients of both.
  const lives: readonly (readonly [bytes: number, first: number, last: number])[] = [
    [64000, 1, 2],
    [32000, 2, 34],
    [16000, 2, 33],
    [16000, 28, 34],
    [64000, 34, 37],
  ];
  const blocks = lives.map(([bytes, first, last]): Block => ({ bytes, first, last }));
  expect(place(blocks).bytes).toBe(112000);
});

/** External tensors of a random program: two that never change, a parameter that does, and its optimizer's state. */
function createExternals() {
  const fixed = (shape: number[], seed: number) =>
    ops.fromArray(
      numbers(
        shape.reduce((a, b) => a * b, 1),
        seed,
      ),
      'float32',
      'cpu',
      shape,
    );
  return {
    inputs: [fixed([3, 4], 1), fixed([4], 2)],
    parameter: fixed([3, 4], 3),
    buffer: ops.zeros([3, 4]),
    step: ops.zeros([], 'float32'),
    lr: ops.full([], 0.1, 'float64'),
  };
}
type Externals = ReturnType<typeof createExternals>;
const allOf = ({ inputs, parameter, buffer, step, lr }: Externals): Tensor[] => [
  ...inputs,
  parameter,
  buffer,
  step,
  lr,
];

/** A step decided by `choices`: each picks an op and its operands among what exists. Returns its last values. */
function randomStep(
  { inputs, parameter, buffer, step, lr }: Externals,
  choices: readonly number[],
): Tensor[] {
  const values: Tensor[] = [...inputs, parameter];
  const pick = (choice: number): Tensor => values[choice % values.length] ?? parameter;
  const matrix = (choice: number): Tensor =>
    ops.expand(ops.reshape(ops.sum(pick(choice), null), [1, 1]), [3, 4]);
  const made: ((a: number, b: number) => Tensor)[] = [
    (a) => ops.tanh(pick(a)),
    (a, b) => ops.add(ops.mean(pick(a)), pick(b)),
    (a, b) => (pick(a).rank === pick(b).rank ? ops.mul(pick(a), ops.mean(pick(b))) : ops.neg(pick(a))),
    (a) => ops.reshape(pick(a), [-1]),
    (a) => ops.transpose(ops.unsqueeze(ops.reshape(pick(a), [-1]), 0), 0, 1),
    (a) => ops.softmax(ops.reshape(pick(a), [-1]), 0),
    (a) => ops.slice(ops.reshape(pick(a), [-1]), 0, { step: 2 }),
    (a) => ops.mul(ops.full([3, 4], 0.5), ops.sigmoid(matrix(a))),
    (a) => ops.cast(ops.cast(pick(a), 'float64'), 'float32'),
    (a) => ops.clone(pick(a)),
    (a) => {
      ops.sgdStep(
        { parameter, gradient: ops.tanh(ops.add(matrix(a), parameter)), momentumBuffer: buffer, step, lr },
        { momentum: 0.9, dampening: 0, weight_decay: 0, nesterov: false, maximize: false },
      );
      return ops.square(parameter);
    },
  ];
  for (const choice of choices) {
    const make = made[choice % made.length];
    if (make) values.push(make(Math.floor(choice / 16), Math.floor(choice / 256)));
  }
  return values.slice(-2);
}

/** The instructions after which each temporary is still read, found without the planner. */
function checkNothingAliveIsOverwritten(program: TracedProgram): void {
  const blocks = blocksOf(program);
  const { offsets } = place([...new Set(blocks.values())]);
  const start = (storage: Storage): number =>
    offsets.get(blocks.get(storage) ?? { bytes: 0, first: 0, last: 0 }) ?? -1;
  program.instructions.forEach((writer, index) => {
    for (const output of writer.outputs) {
      const { storage } = bufferAt(program, output);
      if (!isTemporary(storage)) continue;
      const later = new Set(
        program.instructions
          .slice(index + 1)
          .flatMap((reader) => reads(reader).map((b) => bufferAt(program, b).storage)),
      );
      const earlier = new Set(
        program.instructions
          .slice(0, index)
          .flatMap(({ outputs }) => outputs.map((b) => bufferAt(program, b).storage)),
      );
      for (const alive of earlier)
        if (later.has(alive) && isTemporary(alive) && alive !== storage) {
          const isApart =
            start(alive) + alive.bytes <= start(storage) || start(storage) + storage.bytes <= start(alive);
          expect(isApart || alive.bytes === 0 || storage.bytes === 0).toBe(true);
        }
    }
  });
}

describe('random steps', () => {
  const choices = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 25 });

  test('keep every temporary until its last use', () => {
    const externals = createExternals();
    fc.assert(
      fc.property(choices, (picked) => {
        const traced = traceProgram(() => randomStep(externals, picked));
        checkNothingAliveIsOverwritten(traced.program);
        for (const storage of traced.owned) storage.dispose();
        const compiled = compileProgram(() => randomStep(externals, picked));
        expect(programProblems(compiled.spec)).toEqual([]);
        compiled.dispose();
      }),
      { numRuns: 60 },
    );
    for (const { storage } of allOf(externals)) storage.dispose();
  });

  test('give the same bits eagerly and as a program run three times', async () => {
    await fc.assert(
      fc.asyncProperty(choices, async (picked) => {
        const before = backend.live();
        const [eager, other] = [createExternals(), createExternals()];
        const compiled = compileProgram(() => randomStep(other, picked));
        await backend.runProgram(compiled.spec, 3);
        ops.scope(() => {
          for (let step = 0; step < 2; step++) ops.scope(() => void randomStep(eager, picked));
          const results = randomStep(eager, picked).map(ops.contiguous);
          results.forEach((result, index) =>
            expect(compiled.outputs[index]?.bytes()).toEqual(result.bytes()),
          );
        });
        allOf(eager).forEach((tensor, index) => expect(allOf(other)[index]?.bytes()).toEqual(tensor.bytes()));
        compiled.dispose();
        for (const { storage } of [...allOf(eager), ...allOf(other)]) storage.dispose();
        expect(backend.live()).toBe(before);
      }),
      { numRuns: 80 },
    );
  });
});
