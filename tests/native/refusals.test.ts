// The op list against SIGNATURES, and wrong calls: names, arities, shapes, dtypes, attributes and memory bounds are errors
// that name the op, what was wrong, what was expected and what came.
import { describe, expect, it } from 'vitest';

import { SIGNATURES, type OpName } from '#core/ops/signatures';
import { loadNative, type NativeStorage, type NativeTensor } from '#native';

const native = loadNative();

it('the addon’s ops are those of SIGNATURES, in order, with their arities and the inputs they change', () => {
  const expected = Object.entries(SIGNATURES).map(([name, { inputs, outputs, mutates = [] }]) => ({
    name,
    least_inputs: inputs[0],
    most_inputs: inputs[1],
    outputs,
    mutates,
  }));
  expect(native.ops()).toEqual(expected);
});

/** Calls `execute` with tensors over storages of exactly their size; returns the error's message. */
function refusal(
  op: string,
  inputs: readonly (Shaped | null)[],
  outputs: readonly Shaped[],
  attributes: object,
): string {
  const storages: NativeStorage[] = [];
  const make = ({ dtype = 'float32', shape, fill = 0 }: Shaped): NativeTensor => {
    const storage = native.allocate(Math.max(8, shape.reduce((a, b) => a * b, 1) * 8));
    storage.write(0, new Uint8Array(storage.bytes).fill(fill));
    storages.push(storage);
    return { storage, offset: 0, dtype, shape };
  };
  try {
    native.execute(
      op,
      inputs.map((input) => (input ? make(input) : null)),
      outputs.map(make),
      attributes,
    );
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'native_failed' });
    return error instanceof Error ? error.message : '';
  } finally {
    for (const storage of storages) storage.dispose();
  }
  return 'no error';
}

interface Shaped {
  readonly dtype?: string;
  readonly shape: readonly number[];
  readonly fill?: number;
}
const f = (...shape: number[]): Shaped => ({ shape });
const i = (...shape: number[]): Shaped => ({ dtype: 'int64', shape });
const ones = (...shape: number[]): Shaped => ({ dtype: 'int64', shape, fill: 1 });
const add = { steps: [['add', 0, 1]], constants: [] };
const sgd = { momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, maximize: false };

const CASES: readonly [OpName | 'nonsense', (Shaped | null)[], Shaped[], object, RegExp][] = [
  ['nonsense', [], [], {}, /op: .*got 'nonsense'/],
  ['fill', [f(1)], [f(1)], {}, /fill: inputs: expected 0, got 1/],
  ['fill', [], [], {}, /fill: outputs: expected 1, got 0/],
  [
    'fill',
    [],
    [f(2)],
    { shape: [2], dtype: 'float32' },
    /fill: attribute 'value': expected a number, got nothing/,
  ],
  [
    'fill',
    [],
    [f(2)],
    { shape: [3], dtype: 'float32', value: 0 },
    /fill: shape of output: expected \[3\], got \[2\]/,
  ],
  [
    'fill',
    [],
    [f(2)],
    { shape: [2], dtype: 'int8', value: 0 },
    /fill: dtype of output: expected int8, got float32/,
  ],
  ['fill', [], [f(2)], { shape: [2], dtype: 'uint16', value: 0 }, /fill: dtype: .*got 'uint16'/],
  [
    'fill',
    [],
    [f(2)],
    { shape: [2.5], dtype: 'float32', value: 0 },
    /'shape': expected an integer, got 2\.5/,
  ],
  ['fill', [], [f(2)], { shape: [-2], dtype: 'float32', value: 0 }, /fill: /],
  ['strided_copy', [f(6)], [f(2)], { shape: [2], strides: [6], offset: 0 }, /positions 0 to 6/],
  ['strided_copy', [f(6)], [f(2)], { shape: [2], strides: [-1], offset: 0 }, /positions -1 to 0/],
  ['strided_copy', [f(6)], [f(2)], { shape: [2], strides: [1, 1], offset: 0 }, /strides: expected 1 numbers/],
  ['strided_copy', [f(6)], [f(2)], { shape: [2], strides: [2 ** 53], offset: 2 ** 53 }, /strided_copy: /],
  [
    'strided_copy',
    [f(6)],
    [f(3)],
    { shape: [2 ** 33, 2 ** 33], strides: [0, 0], offset: 0 },
    /at most 2\^48/,
  ],
  [
    'strided_copy',
    [null],
    [f(2)],
    { shape: [2], strides: [1], offset: 0 },
    /strided_copy: x: expected a tensor/,
  ],
  ['strided_scatter', [f(3)], [f(2)], { shape: [2], strides: [1], offset: 0 }, /positions 0 to 2/],
  ['strided_scatter', [i(2)], [i(2)], { shape: [2], strides: [1], offset: 0 }, /dtype of x: .*got int64/],
  ['concatenate', [f(2, 3), f(2, 4)], [f(4, 3)], { axis: 0 }, /shape of x1: expected \[2, 3\], got \[2, 4\]/],
  ['concatenate', [f(2), i(2)], [f(4)], { axis: 0 }, /dtype of x1: expected float32, got int64/],
  ['concatenate', [f(2)], [f(2)], { axis: 1 }, /axis: expected 0 to 0, got 1/],
  ['cast', [f(2)], [i(3)], { dtype: 'int64' }, /cast: shape of output: expected \[2\], got \[3\]/],
  ['cast', [f(2)], [i(2)], { dtype: 7 }, /cast: attribute 'dtype': expected a string, got a number/],
  [
    'pad',
    [f(3)],
    [f(9)],
    { mode: 'reflect', padding: [3, 3], value: 0 },
    /padding: expected values from 0 to 2/,
  ],
  ['pad', [f(3)], [f(5)], { mode: 'mirror', padding: [1, 1], value: 0 }, /mode: .*got 'mirror'/],
  ['pad', [f(3)], [f(5)], { mode: 'constant', padding: [1], value: 0 }, /padding: expected a pair/],
  [
    'pad_gradient',
    [f(4)],
    [f(3)],
    { mode: 'constant', padding: [1, 1], shape: [3] },
    /shape of gy: expected \[5\]/,
  ],
  ['elementwise', [f(2), f(3)], [f(3)], add, /shape of x1: .*got \[3\]/],
  [
    'elementwise',
    [f(2), { dtype: 'float64', shape: [2] }],
    [f(2)],
    add,
    /dtype of x1: expected float32, got float64/,
  ],
  ['elementwise', [f(2)], [f(2)], { steps: [], constants: [] }, /steps: expected 1 to 64, got 0/],
  [
    'elementwise',
    [f(2)],
    [f(2)],
    { steps: [['add', 0]], constants: [] },
    /step 0, add: expected 2 operands, got 1/,
  ],
  ['elementwise', [f(2)], [f(2)], { steps: [['neg', 1]], constants: [] }, /operands below 1, got 1/],
  ['elementwise', [f(2)], [f(2)], { steps: [['cube', 0]], constants: [] }, /step 0: .*got 'cube'/],
  ['elementwise', [f(2)], [f(2)], { steps: [7], constants: [] }, /'steps': expected a list of steps/],
  [
    'elementwise',
    [f(2)],
    [f(2)],
    { steps: [['neg', 0]], constants: new Array(17).fill(1) },
    /constants: expected at most 16, got 17/,
  ],
  ['reduce', [f(2, 3)], [f(2)], { kind: 'sum', axes: [2], keepdim: false }, /axes: .*got \[2\]/],
  ['reduce', [f(2, 3)], [f(2)], { kind: 'sum', axes: [1, 0], keepdim: false }, /ascending/],
  ['reduce', [f(2, 3)], [f(2)], { kind: 'mean', axes: [1], keepdim: false }, /kind: .*got 'mean'/],
  ['reduce', [f(2, 0)], [f(2)], { kind: 'max', axes: [1], keepdim: false }, /at least one element/],
  [
    'scan',
    [f(2, 3)],
    [f(2, 3)],
    { kind: 'max', axis: 1, reverse: false },
    /kind: expected sum or prod, got max/,
  ],
  ['scan', [f(2, 3)], [f(2, 3)], { kind: 'sum', axis: 2, reverse: false }, /axis/],
  ['scan', [f(2, 3)], [f(3, 2)], { kind: 'sum', axis: 1, reverse: false }, /shape of output/],
  [
    'argsort',
    [f(2, 3)],
    [f(2, 3)],
    { axis: 1, descending: false },
    /dtype of output: expected int64, got float32/,
  ],
  ['argsort', [i(2, 3)], [i(2, 3)], { axis: 1, descending: false }, /float/],
  ['argmax', [f(2, 0)], [i(2)], { axis: 1, keepdim: false }, /at least one element/],
  ['argmax', [f(2, 2)], [f(2)], { axis: 1, keepdim: false }, /dtype of output: expected int64, got float32/],
  [
    'integer_elementwise',
    [i(2), f(2)],
    [i(2)],
    { function: 'add' },
    /dtype of input: expected int64, got float32/,
  ],
  ['integer_elementwise', [i(2), i(2)], [i(2)], { function: 'cube' }, /function: .*got cube/],
  ['integer_elementwise', [i(2), i(3)], [i(3)], { function: 'add' }, /sizes that broadcast/],
  ['integer_elementwise', [i(2), i(2)], [i(2)], { function: 'where' }, /inputs of where: expected 3, got 2/],
  ['integer_along', [i(2, 0)], [i(2, 1)], { kind: 'max', axis: 1 }, /size of the axis: expected at least 1/],
  ['integer_along', [i(2, 2)], [i(2, 1)], { kind: 'sum', axis: 2 }, /axis/],
  ['integer_along', [i(2, 2)], [i(2, 1)], { kind: 'mean', axis: 1 }, /kind: .*got mean/],
  [
    'gather',
    [f(2, 3), ones(2)],
    [f(2, 3)],
    {},
    /index\[0\]: expected a row from 0 to 1, got 72340172838076673/,
  ],
  ['gather', [f(2, 3), f(2)], [f(2, 3)], {}, /dtype of index: expected int64, got float32/],
  ['gather', [f(), i(2)], [f(2)], {}, /rank of table/],
  ['gather_gradient', [f(2, 3), ones(2)], [f(2, 3)], { shape: [2, 3], padding_idx: null }, /index\[0\]/],
  [
    'dropout_mask',
    [i(2)],
    [f(2)],
    { shape: [2], dtype: 'float32', probability: 1.5, stream: 0 },
    /probability: .*got 1\.5/,
  ],
  [
    'dropout_mask',
    [i(3)],
    [f(2)],
    { shape: [2], dtype: 'float32', probability: 0, stream: 0 },
    /shape of rng/,
  ],
  ['advance', [i(2)], [], { amounts: [1] }, /amounts: expected 2 numbers, got 1/],
  ['take_rows', [f(5, 2), i(4), i()], [f(5, 2)], { batch: 5, dtype: 'float32' }, /cursor: .*got 0/],
  [
    'take_rows',
    [f(5, 2), ones(4), i()],
    [f(2, 2)],
    { batch: 2, dtype: 'float32' },
    /index\[0\]: expected a row from 0 to 4/,
  ],
  [
    'record',
    [f(), { dtype: 'float64', shape: [3] }, ones()],
    [],
    {},
    /position: expected a place in the log of 3/,
  ],
  [
    'sgd_step',
    [f(2), f(3), null, f(), { dtype: 'float64', shape: [] }],
    [],
    sgd,
    /shape of grad: expected \[2\], got \[3\]/,
  ],
  [
    'sgd_step',
    [f(2), f(2), null, f(), { dtype: 'float64', shape: [] }],
    [],
    { ...sgd, momentum: 0.9 },
    /momentum_buffer: expected a tensor/,
  ],
  ['sgd_step', [f(2), f(2), null, f(), f()], [], sgd, /dtype of lr: expected float64, got float32/],
];

describe('a wrong call', () => {
  it.each(CASES)('%s %#', (op, inputs, outputs, attributes, message) => {
    const text = refusal(op, inputs, outputs, attributes);
    expect(text).toMatch(message);
    if (op !== 'nonsense') expect(text.startsWith(`${op}: `)).toBe(true);
  });
});

describe('a tensor that is not inside its storage', () => {
  const storage = (): NativeStorage => native.allocate(64);
  const fill = { shape: [4], dtype: 'float32', value: 0 };
  it.each([
    {
      name: 'too long',
      offset: 52,
      shape: [4],
      message: /output 0: expected 16 bytes from byte 52 on, got a block of 64/,
    },
    { name: 'an offset past the end', offset: 65, shape: [0], message: /got a block of 64 bytes/ },
    { name: 'a misaligned offset', offset: 2, shape: [4], message: /multiple of 4 bytes for float32, got 2/ },
    { name: 'a negative offset', offset: -4, shape: [4], message: /offset: expected an integer from 0/ },
    { name: 'a fractional size', offset: 0, shape: [1.5], message: /shape: expected an integer/ },
    {
      name: 'sizes whose product wraps to 4',
      offset: 0,
      shape: [2 ** 32 + 1, 2 ** 32 + 1],
      message: /2\^53|64 bits/,
    },
    { name: 'a size of 2^53', offset: 0, shape: [2 ** 53], message: /bytes|2\^53/ },
  ])('$name', ({ offset, shape, message }) => {
    const target = storage();
    expect(() =>
      native.execute('fill', [], [{ storage: target, offset, dtype: 'float32', shape }], fill),
    ).toThrow(message);
    target.dispose();
  });
  it('no storage, another object, a disposed one', () => {
    const target = storage();
    const program = native.createProgram({ buffers: [], instructions: [], arenaBytes: 0 });
    const call = (value: unknown) => () =>
      native.execute(
        'fill',
        [],
        [{ storage: value, offset: 0, dtype: 'float32', shape: [4] } as NativeTensor],
        fill,
      );
    for (const value of [undefined, null, 7, {}, [], program, Object.create(target)])
      expect(call(value)).toThrow(/output 0\.storage: expected a storage of this backend/);
    target.dispose();
    expect(call(target)).toThrow(/expected a live storage, got a disposed one/);
    program.dispose();
  });
  it('arguments of other kinds', () => {
    const bad: unknown[] = [undefined, null, 7, 'x', {}, () => 0, Symbol('s'), 10n];
    for (const value of bad) {
      expect(() => native.execute(value as string, [], [], {})).toThrow();
      expect(() => native.execute('fill', value as [], [], {})).toThrow(/fill: inputs: expected an array/);
      expect(() => native.execute('fill', [], [value as NativeTensor], {})).toThrow();
      expect(() => native.setIsa(value as string)).toThrow(/setIsa/);
      expect(() => native.injectFault(value as 'kernel', 'int')).toThrow(/injectFault/);
      if (typeof value === 'number') continue;
      expect(() => native.setThreads(value as number)).toThrow(/setThreads: count/);
      expect(() => native.setMemoryLimit(value as number)).toThrow(/setMemoryLimit: bytes/);
      expect(() => native.allocate(value as number)).toThrow(/allocate: bytes/);
    }
    expect(() => native.setThreads(0)).toThrow(/from 1 to 256, got 0/);
    expect(() => native.setThreads(257)).toThrow(/from 1 to 256, got 257/);
    expect(() => native.setIsa('mmx')).toThrow(/expected one of .*portable.*got 'mmx'/);
  });
});
