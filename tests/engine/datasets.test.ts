// Data files: what is read, in which element type it stays, and which line and column a refusal names.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

import type { DataSource } from '#core/document/project';
import { MemorySink, writeNumpy, writeNumpyArchive } from '#core/formats/index';
import type { TensorEntry } from '#core/formats/weights';
import type { DType } from '#core/tensor/dtype';
import { contiguousStrides, type Shape } from '#core/tensor/shape';
import { cpuBackend } from '#engine/backend';
import { openDataset, type Dataset, type DatasetOptions } from '#engine/datasets/dataset';
import { dataFromFile, describeData } from '#engine/datasets/describe';
import { scalingOf } from '#engine/datasets/normalization';
import { permutation, splitSamples } from '#engine/datasets/shuffle';
import { readRows } from '#engine/datasets/table';
import { temporaryFolder } from './support';

beforeAll(() => void cpuBackend());

const csv: DataSource = {
  file: 'd.csv',
  format: 'csv',
  target: -1,
  targetKind: 'class',
  normalization: { kind: 'none' },
};

async function open(
  content: string | Uint8Array,
  source: DataSource,
  options: Partial<DatasetOptions> = {},
): Promise<Dataset> {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, source.file), content);
  return track(await openDataset(source, { folder, dtype: 'float32', ...options }));
}
function track(dataset: Dataset): Dataset {
  onTestFinished(() => dataset.dispose());
  return dataset;
}
const values = ({ inputs, samples }: Dataset): number[] => readRows(inputs, 0, samples);
const targets = ({ targets: found, samples }: Dataset): number[] =>
  found ? readRows(found.tensor, 0, samples) : [];

test('csv without a header, whole numbers are classes', async () => {
  const dataset = await open('1,2,0\n3,4,2\n', csv);
  expect(dataset).toMatchObject({ samples: 2, inputShape: [2], columns: ['0', '1', '2'], notes: [] });
  expect(values(dataset)).toEqual([1, 2, 3, 4]);
  expect(targets(dataset)).toEqual([0, 2]);
  expect(dataset.targets?.classes).toEqual(['0', '1', '2']);
});

test('csv with a header, text classes in the order found, chosen inputs, gzip, CRLF, BOM and tabs', async () => {
  const text = '\uFEFFname\tx\ty\r\nb\t1\t2\r\na\t3\t4\r\nb\t5\t6\r\n';
  const source = { ...csv, file: 'd.tsv.gz', target: 'name', inputs: ['y'] };
  const dataset = await open(gzipSync(text), source);
  expect(dataset.columns).toEqual(['name', 'x', 'y']);
  expect(values(dataset)).toEqual([2, 4, 6]);
  expect(targets(dataset)).toEqual([0, 1, 0]);
  expect(dataset.targets?.classes).toEqual(['b', 'a']);
});

test('class names fixed by the project or by another dataset number the texts', async () => {
  const text = 'x,c\n1,b\n2,a\n';
  expect(targets(await open(text, { ...csv, classes: ['a', 'b'] }))).toEqual([1, 0]);
  expect(targets(await open(text, csv, { classes: ['a', 'b'] }))).toEqual([1, 0]);
  await expect(open(text, { ...csv, classes: ['a'] })).rejects.toMatchObject({
    code: 'data_invalid',
    message: expect.stringContaining("sample 1 has the class 'b'") as string,
  });
});

test('number targets, float64, and a shape for the pixels', async () => {
  const source: DataSource = { ...csv, targetKind: 'number', inputShape: [1, 2, 2] };
  const dataset = await open('1,2,3,4,0.5\n5,6,7,8,-1e-3\n', source, { dtype: 'float64' });
  expect(dataset.inputs).toMatchObject({ dtype: 'float64', shape: [2, 1, 2, 2] });
  expect(targets(dataset)).toEqual([0.5, -0.001]);
});

test('quoted cells may hold separators and line breaks, and lines are still counted', async () => {
  await expect(open('"a\nb",x,c\n"1","2","p,q"\n1,zwei,r\n', { ...csv, header: true })).rejects.toMatchObject(
    {
      code: 'data_invalid',
      message: expect.stringMatching(/d\.csv: expected a number, got "zwei": line 4, column 2 'x'/) as string,
    },
  );
});

test.each([
  ['a word', '1,2,0\n1,x,0\n', /expected a number, got "x": line 2, column 2$/],
  ['a missing value', '1,2,0\n1,,0\n', /expected a number, got nothing: line 2, column 2$/],
  ['nan', '1,2,0\n1,nan,0\n', /line 2/],
  ['a hexadecimal number', '1,2,0\n0x10,2,0\n', /line 2, column 1$/],
  ['a number too large', '1,2,0\n1e999,2,0\n', /line 2/],
  ['a short row', '1,2,0\n1,2\n', /expected 3 columns, got 2: line 2/],
  ['a long row', '1,2,0\n1,2,0,4\n', /expected 3 columns, got 4: line 2/],
  ['no rows', '\n\n', /holds no rows/],
  ['only the target', '1\n2\n', /no column for the inputs/],
])('csv with %s is refused with its place', async (_title, text, message) => {
  await expect(open(text, { ...csv, header: false })).rejects.toMatchObject({
    code: 'data_invalid',
    message: expect.stringMatching(message) as string,
  });
});

test('a missing column lists the columns there are', async () => {
  await expect(open('x,y\n1,2\n', { ...csv, target: 'label' })).rejects.toMatchObject({
    code: 'data_invalid',
    message: expect.stringContaining("no target column 'label'") as string,
    details: { expected: 'one of x, y', got: 'label' },
  });
  const without = await open('x,y\n1,2\n', { ...csv, target: 'label' }, { needsTarget: false });
  expect(without.targets).toBeNull();
});

test('text is UTF-8 to the end of every piece, and what is not is refused by its line', async () => {
  // The two bytes of ü lie in two pieces of 256 KiB.
  const text = `${'1,a\n'.repeat(65_535)}10,ü\n`;
  expect(Buffer.from(text).indexOf('ü')).toBe(256 * 1024 - 1);
  const dataset = await open(text, { ...csv, header: false });
  expect(dataset.targets?.classes).toEqual(['a', 'ü']);
  const broken = Buffer.concat([Buffer.from('1,a\n2,'), Buffer.of(0xff), Buffer.from('\n')]);
  await expect(open(broken, csv)).rejects.toMatchObject({
    code: 'file_refused',
    message: expect.stringContaining('it is not UTF-8 text: line 1 or soon after') as string,
  });
});

test('a row that never ends is refused before the time it takes grows with its square', async () => {
  const endless = `1,2,0\n1,"${'x'.repeat(9 * 1024 * 1024)}`;
  const start = performance.now();
  await expect(open(endless, csv)).rejects.toThrow(/the file has a row that does not end: line 2/);
  expect(performance.now() - start).toBeLessThan(20_000);
}, 30_000);

test('a gzip bomb is refused before its rows fill the memory', async () => {
  const bomb = gzipSync(`${'0,'.repeat(200)}1\n`.repeat(45_000));
  await expect(open(bomb, { ...csv, file: 'd.csv.gz' })).rejects.toThrow(
    /it unpacks to far more than its own size/,
  );
});

test('a name that two columns have names none', async () => {
  const source = { ...csv, header: true, target: 'a' };
  await expect(open('a,b,a\n1,2,3\n', source)).rejects.toThrow(/two columns are called 'a': line 1/);
});

test('damaged gzip is refused by name', async () => {
  const bytes = gzipSync('1,2,0\n'.repeat(1000));
  await expect(open(bytes.subarray(0, 40), { ...csv, file: 'd.csv.gz' })).rejects.toMatchObject({
    code: 'file_refused',
    message: expect.stringContaining('it is not a whole gzip file: byte ') as string,
  });
});

test('a large csv leaves the event loop free and can be given up', async () => {
  const text = `${Array.from({ length: 20_000 }, (_, at) => Array.from({ length: 20 }, (_, column) => at + column).join(',')).join('\n')}\n`;
  const dataset = await open(text, { ...csv, targetKind: 'number' });
  expect(dataset.samples).toBe(20_000);
  expect(readRows(dataset.inputs, 19_999, 1)[18]).toBe(19_999 + 18);
  await expect(open(text, csv, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'interrupted',
  });
});

/** An IDX file: 0, 0, type, rank, big-endian sizes, elements. */
function idx(type: number, shape: Shape, elements: Uint8Array): Uint8Array {
  const sizes = Buffer.alloc(4 * shape.length);
  shape.forEach((size, axis) => sizes.writeUInt32BE(size, 4 * axis));
  return Buffer.concat([Buffer.from([0, 0, type, shape.length]), sizes, elements]);
}
const images: DataSource = {
  file: 'i-images-idx3-ubyte',
  format: 'idx',
  targetKind: 'class',
  normalization: { kind: 'none' },
};

test('idx pictures stay bytes and get a channel, labels are classes', async () => {
  const folder = temporaryFolder();
  writeFileSync(
    path.join(folder, 'i-images-idx3-ubyte'),
    idx(
      8,
      [2, 2, 3],
      Uint8Array.from({ length: 12 }, (_, at) => at * 20),
    ),
  );
  writeFileSync(path.join(folder, 'i-labels-idx1-ubyte'), gzipSync(idx(8, [2], Uint8Array.of(3, 1))));
  const described = await describeData(path.join(folder, images.file), null);
  expect(described).toMatchObject({ format: 'idx', targetFile: path.join(folder, 'i-labels-idx1-ubyte') });
  const dataset = track(await openDataset(described, { folder, dtype: 'float32' }));
  expect(dataset.inputs).toMatchObject({ dtype: 'uint8', shape: [2, 1, 2, 3] });
  expect(values(dataset)[11]).toBe(220);
  expect(targets(dataset)).toEqual([3, 1]);
});

test('idx of wider types is turned to little-endian, across chunks too', async () => {
  const count = 200_001;
  const elements = Buffer.alloc(2 * count);
  for (let at = 0; at < count; at++) elements.writeInt16BE((at % 60_000) - 30_000, 2 * at);
  const dataset = await open(gzipSync(idx(0x0b, [count, 1], elements)), images);
  expect(dataset.inputs.dtype).toBe('int16');
  expect(values(dataset).every((value, at) => value === (at % 60_000) - 30_000)).toBe(true);
});

test.each([
  ['text', Buffer.from('P5 2 2'), /not an IDX file/],
  ['a cut file', idx(8, [2, 2, 2], new Uint8Array(5)), /truncated|claims/],
  ['a cut gzip of one', gzipSync(idx(8, [9, 99, 99], new Uint8Array(9 * 99 * 99 - 1))), /truncated/],
  ['a header that ends', Buffer.from([0, 0, 8, 3, 0, 0]), /ends inside its header/],
  ['a size that lies', idx(8, [2 ** 31, 2 ** 31, 2 ** 31], new Uint8Array(8)), /claims/],
  ['too many bytes', idx(8, [2, 2], new Uint8Array(9)), /more bytes/],
  ['no samples', idx(8, [0, 2], new Uint8Array(0)), /no samples/],
])('idx with %s is refused', async (_title, bytes, message) => {
  await expect(open(bytes, images)).rejects.toMatchObject({
    code: 'file_refused',
    message: expect.stringMatching(message) as string,
  });
});

const entry = (name: string, dtype: DType, shape: Shape, data: Uint8Array): TensorEntry => ({
  name,
  kind: 'tensor',
  dtype,
  shape,
  stride: contiguousStrides(shape),
  offset: 0,
  storage: { bytes: data.byteLength, read: async (from, length) => data.subarray(from, from + length) },
  storageKey: '',
  requiresGrad: false,
});
const float32 = (...numbers: number[]): Uint8Array => new Uint8Array(Float32Array.from(numbers).buffer);
const int64 = (...numbers: number[]): Uint8Array =>
  new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);

test('npy with a file of targets', async () => {
  const folder = temporaryFolder();
  for (const [file, written] of [
    ['x.npy', entry('x', 'float32', [2, 3], float32(1, 2, 3, 4, 5, 6))],
    ['y.npy', entry('y', 'int64', [2], int64(1, 0))],
  ] as const) {
    const sink = new MemorySink();
    await writeNumpy(sink, written);
    writeFileSync(path.join(folder, file), sink.take());
  }
  const source: DataSource = {
    file: 'x.npy',
    format: 'npy',
    targetFile: 'y.npy',
    targetKind: 'class',
    normalization: { kind: 'none' },
  };
  const dataset = track(await openDataset(source, { folder, dtype: 'float32' }));
  expect([values(dataset), targets(dataset)]).toEqual([
    [1, 2, 3, 4, 5, 6],
    [1, 0],
  ]);
  await expect(
    openDataset({ ...source, targetFile: 'x.npy' }, { folder, dtype: 'float32' }),
  ).rejects.toMatchObject({ code: 'data_invalid' });
});

test('npz by name or by the usual names', async () => {
  const sink = new MemorySink();
  await writeNumpyArchive(sink, {
    entries: [
      entry('x', 'uint8', [2, 2], Uint8Array.of(9, 8, 7, 6)),
      entry('y', 'float32', [2, 2], float32(0.5, 1, 1.5, 2)),
      entry('z', 'float32', [2, 1], float32(3, 4)),
    ],
  });
  const bytes = sink.take();
  const source: DataSource = {
    file: 'd.npz',
    format: 'npz',
    targetKind: 'number',
    normalization: { kind: 'none' },
  };
  const usual = await open(bytes, source);
  expect([usual.inputs.dtype, values(usual), targets(usual)]).toEqual([
    'uint8',
    [9, 8, 7, 6],
    [0.5, 1, 1.5, 2],
  ]);
  expect(targets(await open(bytes, { ...source, inputs: ['y'], target: 'z' }))).toEqual([3, 4]);
  await expect(open(bytes, { ...source, target: 'w' })).rejects.toMatchObject({
    code: 'data_invalid',
    details: { expected: 'one of x, y, z' },
  });
});

test('a shape that does not hold the values is refused with both numbers', async () => {
  await expect(open('1,2,3,0\n', { ...csv, inputShape: [1, 2, 2] })).rejects.toMatchObject({
    code: 'data_invalid',
    details: { expected: '1×2×2 = 4 values', got: '3 values' },
  });
});

test('standardize takes mean and deviation of the training rows only, constant columns unchanged', async () => {
  const dataset = await open('1,5,0\n3,5,0\n100,5,0\n', csv);
  const scaling = await scalingOf({ kind: 'standardize' }, dataset.inputs, [1, 0]);
  expect(scaling).toEqual({ offset: [2, 5], scale: [1, 1], shape: [2] });
  expect(await scalingOf({ kind: 'none' }, dataset.inputs, [0])).toBeNull();
});

test('pictures are standardized per channel', async () => {
  const dataset = await open('0,2,10,10,0\n4,6,10,14,0\n', { ...csv, inputShape: [2, 1, 2] });
  const scaling = await scalingOf({ kind: 'standardize' }, dataset.inputs, [0, 1]);
  expect(scaling?.shape).toEqual([2, 1, 1]);
  expect(scaling?.offset).toEqual([3, 11]);
  expect(scaling?.scale[0]).toBeCloseTo(Math.sqrt(5), 12);
});

test('permutations are permutations, depend on seed and epoch, and the split is disjoint', () => {
  const order = permutation(1000, 7, { kind: 'epoch', epoch: 0 });
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, at) => at));
  expect(permutation(1000, 7, { kind: 'epoch', epoch: 0 })).toEqual(order);
  for (const other of [
    permutation(1000, 7, { kind: 'epoch', epoch: 1 }),
    permutation(1000, 8, { kind: 'epoch', epoch: 0 }),
    permutation(1000, 7 + 2 ** 32, { kind: 'epoch', epoch: 0 }),
  ])
    expect(other).not.toEqual(order);
  const { training, validation } = splitSamples(100, 0.2, 3);
  expect([training.length, validation.length]).toEqual([80, 20]);
  expect(new Set([...training, ...validation]).size).toBe(100);
  expect(splitSamples(1, 0.9, 0)).toEqual({ training: [0], validation: [] });
});

test('every place of a permutation is about equally likely', () => {
  const counts = new Array<number>(5).fill(0);
  for (let seed = 0; seed < 5000; seed++) {
    const at = permutation(5, seed, { kind: 'epoch', epoch: 0 }).indexOf(0);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('a file nobody described is looked at', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'd.csv');
  writeFileSync(file, 'a,b,kind\n1,2,x\n3,4,y\n');
  expect(await describeData(file, null)).toMatchObject({ header: true, target: 'kind', targetKind: 'class' });
  writeFileSync(file, '1,2,0.5\n3,4,0.25\n');
  expect(await describeData(file, null)).toMatchObject({ header: false, target: -1, targetKind: 'number' });
  await expect(describeData(path.join(folder, 'd.xls'), null)).rejects.toMatchObject({
    code: 'data_invalid',
  });
  const base: DataSource = { ...csv, header: true, target: 'kind' };
  expect(await dataFromFile(file, base, null)).toMatchObject({ file, header: null, target: 'kind' });
  expect(await dataFromFile(null, base, '3')).toMatchObject({ file: 'd.csv', target: 3 });
});
