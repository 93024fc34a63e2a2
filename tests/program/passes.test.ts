// What each pass does, seen in small programs.
import { describe, expect, onTestFinished, test } from 'vitest';

import { useBackend } from '#core/ops/dispatch';
import * as ops from '#core/ops/index';
import { compileProgram, optimize, printProgram, programProblems, traceProgram } from '#core/program/index';
import { fuse } from '#core/program/fuse';
import { removeDead, simplify } from '#core/program/simplify';
import { HostStorage } from '#core/tensor/host-storage';
import type { Backend } from '#core/tensor/storage';
import type { Tensor } from '#core/tensor/tensor';

import { useTestBackend } from '../support/backend';

const backend = useTestBackend('native');

/** Traces a step over external tensors and gives the ops left after simplify and fuse. */
function opsAfter(step: (x: Tensor, y: Tensor) => Tensor | readonly Tensor[]): string[] {
  return ops.scope(() => {
    const [x, y] = [ops.ones([2, 3]), ops.ones([3])];
    const traced = traceProgram(() => step(x, y));
    for (const storage of traced.owned) storage.dispose();
    return removeDead(fuse(simplify(traced.program))).instructions.map(({ op }) => op);
  });
}
function compiled<T>(
  step: () => Tensor | readonly Tensor[],
  look: (program: ReturnType<typeof compileProgram>) => T,
): T {
  const program = compileProgram(step);
  try {
    return look(program);
  } finally {
    program.dispose();
  }
}

describe('simplify', () => {
  test('drops work nobody sees', () => {
    expect(opsAfter((x) => [ops.softmax(x, 0), ops.softmax(x, 1)].slice(0, 1))).not.toContain('elementwise');
    expect(
      opsAfter((x) => {
        ops.softmax(x, 1);
        return ops.sum(x);
      }).filter((op) => op === 'softmax'),
    ).toEqual([]);
  });

  test('does equal work once', () => {
    expect(
      opsAfter((x) => ops.concatenate([ops.softmax(x, 1), ops.softmax(x, 1)])).filter(
        (op) => op === 'softmax',
      ).length,
    ).toBe(1);
    expect(
      opsAfter((x) => ops.concatenate([ops.softmax(x, 1), ops.softmax(x, 0)])).filter(
        (op) => op === 'softmax',
      ).length,
    ).toBe(2);
  });

  test('sees that an equal read after a change is another value', () => {
    ops.scope(() => {
      const counter = ops.zeros([2], 'int64');
      const log = ops.zeros([4], 'float64');
      const program = compileProgram(() => {
        ops.record(ops.cast(ops.select(counter, 0, 0), 'float64'), log, ops.select(counter, 0, 1));
        ops.advance(counter, [5, 1]);
        ops.record(ops.cast(ops.select(counter, 0, 0), 'float64'), log, ops.select(counter, 0, 1));
      });
      expect(program.spec.instructions.map(({ op }) => op)).toEqual([
        'cast',
        'record',
        'advance',
        'cast',
        'record',
      ]);
      program.dispose();
    });
  });

  test('turns copies that move nothing into views', () => {
    expect(opsAfter((x) => ops.softmax(ops.clone(ops.tanh(x)), 1))).not.toContain('strided_copy');
    expect(opsAfter((x) => ops.softmax(ops.clone(ops.transpose(ops.tanh(x), 0, 1)), 1))).toContain(
      'strided_copy',
    );
  });
});

describe('fuse', () => {
  const elementwise = (names: string[]): number => names.filter((op) => op === 'elementwise').length;

  test('makes one op of a chain, and of its fills constants', () => {
    const names = opsAfter((x, y) => ops.tanh(ops.mul(ops.add(x, y), ops.full([], 2))));
    expect([elementwise(names), names.includes('fill')]).toEqual([1, false]);
  });

  test('leaves a value that two ops use', () => {
    expect(elementwise(opsAfter((x) => ops.concatenate([ops.exp(ops.tanh(x)), ops.sin(ops.tanh(x))])))).toBe(
      3,
    );
  });

  test('does not compute a small value once for every element of a large one', () => {
    expect(elementwise(opsAfter((x, y) => ops.mul(x, ops.tanh(y))))).toBe(2);
  });

  test('keeps a fill that gives the output its shape', () => {
    expect(opsAfter((_x, y) => ops.add(ops.full([2, 3], 1), ops.tanh(y)))).toContain('fill');
  });

  test('stays within eight inputs', () => {
    const names = opsAfter((x) =>
      Array.from({ length: 12 }, (_, i) => ops.softmax(ops.mul(x, i), 1)).reduce((a, b) => ops.add(a, b)),
    );
    expect(elementwise(names)).toBe(12 + 2);
  });

  test('does not move a read over a change', () => {
    const names = ops.scope(() => {
      const [parameter, step, lr] = [ops.ones([2]), ops.zeros([], 'float32'), ops.full([], 1, 'float64')];
      const program = compileProgram(() => {
        const before = ops.mul(parameter, 3);
        const gradient = ops.softmax(parameter, 0);
        const options = { momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, maximize: false };
        ops.sgdStep({ parameter, gradient, step, lr }, options);
        return ops.tanh(before);
      });
      program.dispose();
      return program.spec.instructions.map(({ op }) => op);
    });
    expect(names).toEqual(['elementwise', 'softmax', 'sgd_step', 'elementwise']);
  });
});

describe('tracing', () => {
  test('refuses to look at values', () => {
    ops.scope(() => {
      const x = ops.ones([1]);
      expect(() => traceProgram(() => ops.full([1], ops.item(ops.exp(x))))).toThrow('may not look at values');
    });
  });

  test('keeps constants made inside as long as the program', async () => {
    const before = backend.live();
    const program = compileProgram(() =>
      ops.scope(() => ops.mul(ops.fromArray([1, 2]), ops.fromArray([3, 4]))),
    );
    await backend.runProgram(program.spec, 1);
    expect(program.outputs.map(ops.toNumbers)).toEqual([[3, 8]]);
    program.dispose();
    expect(backend.live()).toBe(before);
  });

  test('returns tensors that existed before as themselves', () => {
    ops.scope(() => {
      const x = ops.ones([2, 2]);
      compiled(
        () => [x, ops.transpose(ops.exp(x), 0, 1)],
        ({ outputs }) => {
          expect(outputs[0]?.storage).toBe(x.storage);
          expect(outputs[1]?.shape).toEqual([2, 2]);
        },
      );
    });
  });
});

describe('check and print', () => {
  test('a listing names ops, shapes and externals', () => {
    ops.scope(() => {
      const x = ops.ones([2, 3]);
      const text = compiled(
        () => ops.softmax(ops.add(x, 1), 1),
        ({ spec }) => printProgram(spec, { names: new Map([[x.storage, 'fc1.weight']]) }),
      );
      expect(text).toContain('float32 2×3 = elementwise add(fc1.weight, 1)');
      expect(text).toContain('softmax(%');
    });
  });

  test('broken programs are told apart', () => {
    ops.scope(() => {
      const x = ops.ones([2, 3]);
      compiled(
        () => ops.softmax(ops.tanh(x), 1),
        ({ spec }) => {
          const [first, second] = spec.instructions;
          if (!first || !second) throw new Error('two instructions');
          expect(programProblems(spec)).toEqual([]);
          expect(programProblems({ ...spec, instructions: [second] })[0]).toContain(
            'reads arena memory that holds no value',
          );
          expect(programProblems({ ...spec, arenaBytes: 0 })[0]).toContain('bytes 0 to 24 of 0');
          const wrong = { ...second, attributes: { axis: 7 } };
          expect(() => programProblems({ ...spec, instructions: [first, wrong] })).toThrow('axis 7');
          expect(programProblems({ ...spec, instructions: [{ ...first, inputs: [] }] })[0]).toContain(
            '0 inputs, takes 1 to 8',
          );
          expect(programProblems({ ...spec, instructions: [{ ...first, outputs: [99] }] })[0]).toContain(
            'out of range',
          );
          expect(
            programProblems({ ...spec, instructions: [first, { ...second, outputs: first.outputs }] })[0],
          ).toContain('writes over an input');
        },
      );
    });
  });
});

describe('narrow products', () => {
  /** Memory for what a step on a GPU gives; nothing is computed in it. */
  const gpu: Backend = {
    device: 'gpu',
    allocate: (bytes) => new HostStorage(bytes),
    execute: () => {
      throw new Error('nothing is computed here');
    },
  };
  /** Ops of a step in mixed precision, as a GPU gets it, with what its products read and give. */
  function narrowed(step: (x: Tensor, y: Tensor) => Tensor): { ops: string[]; products: string[] } {
    onTestFinished(useBackend(gpu));
    return ops.scope(() => {
      const given = (shape: readonly number[]): Tensor => ops.ones(shape, 'float32', 'gpu');
      const traced = traceProgram(() => ops.autocast(() => step(given([4, 8]), given([8, 8]))), {
        device: 'gpu',
      });
      for (const storage of traced.owned) storage.dispose();
      const { buffers, instructions } = optimize(traced.program, 'gpu');
      const products = instructions.flatMap(({ op, inputs, outputs }) =>
        ['matmul', 'linear', 'self_attention', 'self_attention_gradient'].includes(op)
          ? [[...inputs, ...outputs].map((index) => buffers[index ?? -1]?.dtype).join(' ')]
          : [],
      );
      return { ops: instructions.map(({ op }) => op), products };
    });
  }

  test('take the rounded numbers and give rounded ones', () => {
    expect(narrowed((x, y) => ops.relu(ops.matmul(ops.relu(ops.matmul(x, y)), y))).products).toEqual([
      'bfloat16 bfloat16 bfloat16',
      'bfloat16 bfloat16 bfloat16',
    ]);
  });

  test('transposed operands are moved as narrow numbers', () => {
    const { products, ops: list } = narrowed((x, y) =>
      ops.matmul(ops.transpose(ops.matmul(x, y), 0, 1), ops.relu(x)),
    );
    expect(products).toEqual(['bfloat16 bfloat16 bfloat16', 'bfloat16 bfloat16 bfloat16']);
    // The operands x, y and relu(x) once each, and the result for whoever reads it: the first product is not widened.
    expect(list.filter((op) => op === 'cast')).toHaveLength(4);
  });

  const queries = (x: Tensor, y: Tensor): Tensor =>
    ops.reshape(ops.matmul(x, ops.concatenate([y, y, y], 1)), [1, 4, 24]);

  test('attention reads what the product before it gave, and gives what the next one reads', () => {
    const { products, ops: list } = narrowed((x, y) =>
      ops.matmul(ops.selfAttention(queries(x, y), { heads: 2 }), y),
    );
    expect(products).toEqual([
      'bfloat16 bfloat16 bfloat16',
      'bfloat16 bfloat16 float32',
      'bfloat16 bfloat16 bfloat16',
    ]);
    // Of x, of both weights, and of the result for whoever reads it: queries and what they give are neither widened nor rounded.
    expect(list.filter((op) => op === 'cast')).toHaveLength(4);
  });

  test("attention's gradient takes and gives rounded numbers; what it gave itself it reads unrounded", () => {
    const { products } = narrowed((x, y) => {
      x.requiresGrad = true;
      const [gradient] = ops.gradients(ops.sum(ops.selfAttention(queries(x, y), { heads: 2 })), [x]);
      if (!gradient) throw new Error('no gradient');
      return gradient;
    });
    expect(products).toContain('bfloat16 float32 float32');
    // gy, qkv, y, lse and the gradient.
    expect(products).toContain('bfloat16 bfloat16 float32 float32 bfloat16');
  });

  test('without mixed precision nothing is narrow', () => {
    ops.scope(() => {
      const traced = traceProgram(() => ops.matmul(ops.ones([4, 8]), ops.ones([8, 8])));
      for (const storage of traced.owned) storage.dispose();
      const { buffers } = optimize(traced.program, 'gpu');
      expect(buffers.every(({ dtype }) => dtype === 'float32')).toBe(true);
    });
  });
});
