// Tensors from values and back, views over one storage, and the host backend without native code.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { useBackend } from '#core/ops/dispatch';
import * as ops from '#core/ops/index';
import { DTYPES, isDType } from '#core/tensor/dtype';

let close = (): void => {};
beforeAll(() => {
  close = useBackend(ops.hostBackend);
});
afterAll(() => close());

describe('values', () => {
  test('nested lists keep their shape', () => {
    const x = ops.fromArray([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
    expect([x.shape, x.dtype]).toEqual([[2, 3], 'float32']);
    expect(ops.toArray(x)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(ops.toArray(ops.fromArray(7))).toBe(7);
    expect(ops.fromArray([[], []]).shape).toEqual([2, 0]);
  });

  test('ragged lists are refused', () => {
    expect(() => ops.fromArray([[1, 2], [3]])).toThrow('expected sequence of length 2 at dim 1 (got 1)');
    expect(() => ops.fromArray([[1], 2])).toThrow('at dim 1');
  });

  test('typed arrays keep their dtype', () => {
    expect(ops.fromArray(new Float64Array([1, 2])).dtype).toBe('float64');
    expect(ops.toFlat(ops.fromArray(new BigInt64Array([5n, -6n])))).toEqual([5n, -6n]);
    expect(ops.fromArray(new Uint8Array(6), 'float32', 'cpu', [2, 3]).shape).toEqual([2, 3]);
  });

  test.each(
    Object.keys(DTYPES).filter((name) => isDType(name) && !['complex', 'opaque'].includes(DTYPES[name].kind)),
  )('%s goes through bytes', (name) => {
    if (!isDType(name)) throw new Error(name);
    const x = ops.fromArray([0, 1, 1, 0], name);
    expect(ops.toNumbers(ops.fromBytes(name, [4], x.bytes()))).toEqual([0, 1, 1, 0]);
  });

  test('half precision rounds to even', () => {
    const values = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -24, 2 ** -26, -0, NaN, 0.1];
    const expected = [1, 1 + 2 ** -9, 65504, Infinity, 2 ** -24, 0, -0, NaN, 0.0999755859375];
    expect(ops.toNumbers(ops.fromArray(values, 'float16'))).toEqual(expected);
    expect(ops.toNumbers(ops.fromArray([1 + 2 ** -8, 1 + 3 * 2 ** -8, NaN], 'bfloat16'))).toEqual([
      1,
      1 + 2 ** -6,
      NaN,
    ]);
  });

  test('bytes must have the right number', () => {
    expect(() => ops.fromBytes('float32', [3], new Uint8Array(11))).toThrow('takes 12 bytes, got 11');
  });

  test('one element becomes a number', () => {
    expect(ops.item(ops.fromArray([[3n]], 'int64'))).toBe(3);
  });
});

describe('views', () => {
  test('share storage', () => {
    const x = ops.fromArray([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
    for (const view of [
      ops.reshape(x, [3, -1]),
      ops.transpose(x, 0, 1),
      ops.slice(x, 1, { step: 2 }),
      ops.expand(x, [4, 2, 3]),
    ])
      expect(view.storage).toBe(x.storage);
    expect(ops.toArray(ops.transpose(x, 0, 1))).toEqual([[1, 4], [2, 5], [3, 6]]); // prettier-ignore
    expect(ops.toArray(ops.slice(x, 1, { start: -2, end: 100, step: 2 }))).toEqual([[2], [5]]);
    expect(ops.toNumbers(ops.select(ops.transpose(x, 0, 1), 0, -1))).toEqual([3, 6]);
    expect(ops.split(x, [1, 2], 1).map(ops.toNumbers)).toEqual([[1, 4], [2, 3, 5, 6]]); // prettier-ignore
  });

  test('are made dense only when needed', () => {
    const x = ops.fromArray([[1, 2], [3, 4]]); // prettier-ignore
    expect(ops.contiguous(x)).toBe(x);
    const dense = ops.contiguous(ops.transpose(x, 0, 1));
    expect(dense.storage).not.toBe(x.storage);
    expect(ops.toNumbers(dense)).toEqual([1, 3, 2, 4]);
    expect(ops.toNumbers(ops.reshape(ops.transpose(x, 0, 1), [4]))).toEqual([1, 3, 2, 4]);
  });
});

describe('the host backend', () => {
  test('converts and fills', () => {
    expect(ops.toNumbers(ops.cast(ops.fromArray([1.9, -1.9, 0]), 'int64'))).toEqual([1, -1, 0]);
    expect(ops.toNumbers(ops.cast(ops.fromArray([1.9, -1.9, 0]), 'bool'))).toEqual([1, 1, 0]);
    expect(ops.toNumbers(ops.full([2], 0.5))).toEqual([0.5, 0.5]);
  });
  test('names what it cannot do', () => {
    expect(() => ops.exp(ops.ones([2]))).toThrow("op 'elementwise' needs a native backend; none is open");
  });
  test('a device without backend says how to open one', () => {
    expect(() => ops.zeros([1], 'float32', 'gpu')).toThrow("no backend for device 'gpu' is open");
  });
});

describe('scope', () => {
  test('frees what does not leave it', () => {
    const seen: { isDisposed: boolean }[] = [];
    const kept = ops.scope(() => {
      const [a, b, c] = [ops.ones([1]), ops.ones([1]), ops.ones([1])];
      seen.push(a.storage, b.storage, c.storage);
      return { list: [ops.reshape(a, [])], map: new Map([['b', b]]) };
    });
    expect(seen.map(({ isDisposed }) => isDisposed)).toEqual([false, false, true]);
    expect(kept.list.length).toBe(1);
  });
  test('hands over to the outer scope and frees everything when the body throws', () => {
    const seen: { isDisposed: boolean }[] = [];
    const make = () => {
      const x = ops.ones([1]);
      seen.push(x.storage);
      return x;
    };
    ops.scope(() => void ops.scope(make));
    expect(() =>
      ops.scope(() => {
        make();
        throw new Error('stop');
      }),
    ).toThrow('stop');
    ops.scope(() => void ops.keep(make()));
    expect(seen.map(({ isDisposed }) => isDisposed)).toEqual([true, true, false]);
  });
});
