// The keys of pickled dicts: what they are called, and which of them are one to Python.
import { describe, expect, it } from 'vitest';

import { MemorySink, memorySource, readTorchTree, readWeights } from '#core/formats/index';
import {
  PickleBytes,
  PickleDict,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleObject,
  PickleText,
  PickleTuple,
  type PickleValue,
} from '#core/formats/pickle/values';
import { keyIdentity, keyName } from '#core/formats/torch/keys';
import { CURRENT_RECORDS, type TorchTree } from '#core/formats/torch/tree';
import { writeTorchTree } from '#core/formats/torch/write';
import { StorageTable } from '#core/formats/torch/storages';

const call = (path: string, ...args: PickleValue[]): PickleObject => {
  const at = path.lastIndexOf('.');
  return new PickleObject(
    new PickleGlobal(path.slice(0, at), path.slice(at + 1)),
    new PickleTuple(args),
    false,
  );
};
const float = (value: number): PickleFloat => new PickleFloat(value);
const text = (value: string): PickleText => new PickleText(value);
const bytes = (value: string): PickleBytes => new PickleBytes(new TextEncoder().encode(value), false);
const listOf = (...items: PickleValue[]): PickleList => {
  const list = new PickleList();
  list.items.push(...items);
  return list;
};

describe('TORCH-19 keys are called what Python prints', () => {
  const names: readonly (readonly [PickleValue, string])[] = [
    [text("it's"), "it's"],
    [null, 'None'],
    [true, 'True'],
    [2n ** 70n, '1180591620717411303424'],
    [float(2), '2.0'],
    [float(-0), '-0.0'],
    [float(1e15), '1000000000000000.0'],
    [float(1e16), '1e+16'],
    [float(0.0001), '0.0001'],
    [float(1e-7), '1e-07'],
    [float(NaN), 'nan'],
    [float(-Infinity), '-inf'],
    [call('builtins.complex', float(1), float(-2)), '(1-2j)'],
    [call('builtins.complex', float(0), float(3)), '3j'],
    [bytes("it's"), 'b"it\'s"'],
    [call('_codecs.encode', text('\n\xff\\'), text('latin1')), "b'\\n\\xff\\\\'"],
    [call('torch.device', text('cuda'), 1), 'cuda:1'],
    [call('torch.Size', new PickleTuple([2, 3])), 'torch.Size([2, 3])'],
    [call('torch.serialization._get_layout', text('torch.strided')), 'torch.strided'],
    [call('builtins.frozenset', listOf(1, 2)), 'frozenset({1, 2})'],
    [new PickleGlobal('torch', 'bfloat16'), 'torch.bfloat16'],
    [new PickleTuple([1, text('a')]), '(1, a)'],
  ];
  it.each(names)('%#', (key, name) => {
    expect(keyName(key)).toBe(name);
  });
});

describe('TORCH-19 keys are one where Python holds them for one', () => {
  const equals: readonly (readonly [PickleValue, PickleValue])[] = [
    [1, true],
    [1, float(1)],
    [0, float(-0)],
    [2n ** 70n, float(2 ** 70)],
    [text('a'), text('a')],
    [bytes('a'), call('_codecs.encode', text('a'), text('latin1'))],
    [new PickleTuple([1, text('a')]), new PickleTuple([float(1), text('a')])],
    [new PickleTuple([2]), call('torch.Size', new PickleTuple([2]))],
  ];
  it.each(equals)('%#', (one, other) => {
    expect(keyIdentity(one)).toBe(keyIdentity(other));
  });

  const different: readonly (readonly [PickleValue, PickleValue])[] = [
    [1, text('1')],
    [2n ** 70n, 2n ** 70n + 1n],
    [float(NaN), float(NaN)],
    [text("b'a'"), bytes('a')],
    [text('(1, 2)'), new PickleTuple([1, 2])],
    [new PickleTuple([1, text('1')]), new PickleTuple([text('1'), 1])],
    [new PickleTuple([text('a 6 text b')]), new PickleTuple([text('a'), text('b')])],
    [text('torch.bfloat16'), new PickleGlobal('torch', 'bfloat16')],
    [null, text('None')],
  ];
  it.each(different)('and others are not: %#', (one, other) => {
    expect(keyIdentity(one)).not.toBe(keyIdentity(other));
  });
});

/** A file of one value without tensors. */
async function fileOf(root: PickleValue): Promise<Uint8Array> {
  const missing = (): never => {
    throw new Error('no storage');
  };
  const tree: TorchTree = {
    format: 'torch',
    root,
    storages: new StorageTable('file', missing, { isBigEndian: false, isResizable: false }),
    unknownGlobals: [],
    torchRefusal: null,
    unchecked: 0,
    records: CURRENT_RECORDS,
    pickleBytes: 0,
  };
  const sink = new MemorySink();
  await writeTorchTree(sink, tree);
  return sink.take();
}

it('TORCH-19 values of one name are listed under numbers, and a warning says so', async () => {
  const dict = new PickleDict();
  dict.items.push([text('1'), text('a')], [1, text('b')], [text('x'), null]);
  const file = await readWeights(memorySource('file', await fileOf(dict)));
  expect(file.values).toEqual({ '1': 'a', '1#2': 'b', x: null });
  expect(file.warnings).toEqual(["two values would be called '1': one is listed as '1#2'"]);
});

it('TORCH-17 names that are far longer than their file are refused before they fill the memory', async () => {
  const key = text('k'.repeat(1_000_000));
  const list = new PickleList();
  for (let index = 0; index < 1000; index++) {
    const dict = new PickleDict();
    dict.items.push([key, 1]);
    list.items.push(dict);
  }
  const bytesOfFile = await fileOf(list);
  await expect(readWeights(memorySource('file', bytesOfFile))).rejects.toThrow(
    'the names of the values are far longer than the file',
  );
  expect((await readTorchTree(memorySource('file', bytesOfFile))).root).toBeInstanceOf(PickleList);
});
