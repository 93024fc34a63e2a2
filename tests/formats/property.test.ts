// Properties over generated content: what is written reads back equal, views gather as their definition says.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  memorySource,
  MemorySink,
  readContiguous,
  readTorchTree,
  readWeights,
  TorchFloat,
  TorchTensorValue,
  TorchTuple,
  writeTorchTree,
  writeTorchValue,
  writeWeights,
  type TorchValue,
  type WriteFormat,
} from '#core/formats/index';
import type { StorageSource, TensorEntry } from '#core/formats/weights';
import { DTYPES, elementSize, isDType, type DType } from '#core/tensor/dtype';
import { contiguousStrides, numel } from '#core/tensor/shape';

const RUNS = { numRuns: 60 };
const dtypes = Object.keys(DTYPES).filter(isDType);

const storageOf = (bytes: Uint8Array): StorageSource => ({
  bytes: bytes.length,
  read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
});

/** A dense tensor of any dtype over random bytes. */
const dense = (allowed: readonly DType[]): fc.Arbitrary<Omit<TensorEntry, 'name'>> =>
  fc
    .record({
      dtype: fc.constantFrom(...allowed),
      shape: fc.array(fc.nat(4), { maxLength: 4 }),
      seed: fc.nat(255),
    })
    // safetensors counts the halves of a byte of two four-bit numbers along the last axis: it needs one.
    .filter(({ dtype, shape }) => dtype !== 'float4_e2m1fn_x2' || shape.length > 0)
    .map(({ dtype, shape, seed }) => {
      const bytes = new Uint8Array(numel(shape) * elementSize(dtype)).map(
        (_, index) => (index * 31 + seed) & 0xff,
      );
      return {
        kind: 'tensor',
        dtype,
        shape,
        stride: contiguousStrides(shape),
        offset: 0,
        storage: storageOf(bytes),
        storageKey: '',
        requiresGrad: false,
      };
    });

const stateDict = (allowed: readonly DType[], name: fc.Arbitrary<string>): fc.Arbitrary<TensorEntry[]> =>
  fc
    .uniqueArray(fc.tuple(name, dense(allowed)), { selector: ([key]) => key, maxLength: 6 })
    .map((pairs) => pairs.map(([key, tensor]) => ({ ...tensor, name: key })));

const summary = async (entries: readonly TensorEntry[]): Promise<unknown> => {
  const rows = await Promise.all(
    entries.map(async (entry) => [
      entry.name,
      entry.dtype,
      entry.shape,
      Buffer.from(await readContiguous(entry)).toString('hex'),
    ]),
  );
  return rows.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
};

async function roundTrip(
  format: WriteFormat,
  entries: readonly TensorEntry[],
): Promise<readonly TensorEntry[]> {
  const sink = new MemorySink();
  await writeWeights(format, sink, { entries });
  return (await readWeights(memorySource('file', sink.take()))).entries;
}

describe('round trips', () => {
  const anyName = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });

  it('TORCH-3 torch keeps every state dict', async () => {
    await fc.assert(
      fc.asyncProperty(stateDict(dtypes, anyName), async (entries) => {
        expect(await summary(await roundTrip('torch', entries))).toEqual(await summary(entries));
      }),
      RUNS,
    );
  });

  it('SAFE-3 safetensors keeps every state dict of its dtypes', async () => {
    const supported = dtypes.filter((dtype) => DTYPES[dtype].safetensors !== null);
    const name = anyName.filter((text) => text !== '__metadata__');
    await fc.assert(
      fc.asyncProperty(stateDict(supported, name), async (entries) => {
        expect(await summary(await roundTrip('safetensors', entries))).toEqual(await summary(entries));
      }),
      RUNS,
    );
  });

  it('NPY-4 npz keeps every state dict of its dtypes', async () => {
    const supported = dtypes.filter((dtype) => DTYPES[dtype].numpy !== null);
    const name = fc.stringMatching(/^[a-z][a-z0-9_.]{0,10}[a-z]$/);
    await fc.assert(
      fc.asyncProperty(stateDict(supported, name), async (entries) => {
        fc.pre(entries.length > 0);
        expect(await summary(await roundTrip('npz', entries))).toEqual(await summary(entries));
      }),
      RUNS,
    );
  });

  it('PICKLE-1 any nested value is written again to the same bytes', async () => {
    const { tree } = fc.letrec<{ tree: TorchValue }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.bigInt(),
        fc.double().map((value) => new TorchFloat(value)),
        fc.string({ unit: 'grapheme', maxLength: 8 }),
        dense(dtypes).map((tensor) => new TorchTensorValue({ ...tensor, name: '' })),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.array(tie('tree'), { maxLength: 5 }).map((items) => new TorchTuple(items)),
        fc.dictionary(fc.string({ maxLength: 5 }), tie('tree'), { maxKeys: 4 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        const first = new MemorySink();
        await writeTorchValue(first, value);
        const bytes = first.take();
        const second = new MemorySink();
        await writeTorchTree(second, await readTorchTree(memorySource('file', bytes)));
        expect(Buffer.compare(second.take(), bytes)).toBe(0);
        await readWeights(memorySource('file', bytes));
      }),
      RUNS,
    );
  });
});

describe('views', () => {
  it('TORCH-3 gather element by element as offset + Σ index · stride says', async () => {
    const view = fc.record({
      dtype: fc.constantFrom<DType>('uint8', 'int16', 'float32', 'float64', 'complex128'),
      axes: fc.array(fc.record({ size: fc.integer({ min: 0, max: 5 }), stride: fc.nat(7) }), {
        maxLength: 4,
      }),
      offset: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(view, async ({ dtype, axes, offset }) => {
        const size = elementSize(dtype);
        const shape = axes.map((axis) => axis.size);
        const stride = axes.map((axis) => axis.stride);
        const last = axes.reduce((sum, axis) => sum + Math.max(axis.size - 1, 0) * axis.stride, offset);
        const bytes = new Uint8Array((last + 1) * size).map((_, index) => index & 0xff);
        const expected: number[] = [];
        for (let index = 0; index < numel(shape); index++) {
          let rest = index;
          let at = offset;
          for (let axis = axes.length - 1; axis >= 0; axis--) {
            const length = shape[axis] ?? 1;
            at += (rest % length) * (stride[axis] ?? 0);
            rest = Math.floor(rest / length);
          }
          expected.push(...bytes.subarray(at * size, (at + 1) * size));
        }
        const entry: TensorEntry = {
          name: 'view',
          kind: 'tensor',
          dtype,
          shape,
          stride,
          offset,
          storage: storageOf(bytes),
          storageKey: '0',
          requiresGrad: false,
        };
        expect([...(await readContiguous(entry))]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
