// Where the tensors of files from other devices go: torch.load's map_location (scripts/golden/formats_map_location.py).
import { memorySource, readTorch } from '#core/formats/index';
import { stateDictFrom, valuesOf, type MapLocation } from '#core/nn/index';
import { floatRepr } from '#core/nn/python-names';
import { TorchError } from '#core/errors';
import { useBackend } from '#core/ops/dispatch';
import { HostStorage } from '#core/tensor/host-storage';
import type { Storage } from '#core/tensor/storage';
import { Tensor } from '#core/tensor/tensor';
import { afterEach, describe, expect, it } from 'vitest';

import golden from '../golden/formats_map_location.json';
import { bool } from '../nn/scenario-parts';

const MAPS: Readonly<Record<string, MapLocation>> = {
  cpu: 'cpu',
  'device cpu': 'cpu',
  meta: 'meta',
  cuda: 'cuda',
  'cuda:1': 'cuda:1',
  foo: 'foo',
  'no device': '',
  'dict of nothing': {},
  'dict of cuda:0 to cpu': { 'cuda:0': 'cpu' },
  'dict of both to cpu': { 'cuda:0': 'cpu', 'cuda:1': 'cpu' },
  'dict of cpu to meta': { cpu: 'meta' },
  'dict of cuda:0 to foo': { 'cuda:0': 'foo' },
  'dict of cuda:0 to meta': { 'cuda:0': 'meta' },
  'function to cpu': () => 'cpu',
  'function of nothing': () => null,
};

const load = async (file: string, mapLocation?: MapLocation) => {
  const bytes = Buffer.from(Reflect.get(golden.files, file) as string, 'base64');
  const { entries } = await readTorch(memorySource(`${file}.pt`, bytes));
  return stateDictFrom({ entries }, mapLocation === undefined ? {} : { mapLocation });
};

async function text(file: string, mapLocation?: MapLocation): Promise<string> {
  try {
    const tensors = [...(await load(file, mapLocation))].flatMap(([name, value]) =>
      value instanceof Tensor ? [[name, value] as const] : [],
    );
    const values = tensors.map(([name, tensor]) => {
      const { device } = tensor;
      return `${name} ${device}${device === 'meta' ? '' : ` [${[...valuesOf(tensor)].map(floatRepr).join(', ')}]`}`;
    });
    const found = new Map(tensors);
    return `${values.join('; ')}; ${bool(found.get('both')?.storage === found.get('a')?.storage)}`;
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    return `${error.pythonClass}: ${error.message}`;
  }
}

describe('map_location as in PyTorch', () => {
  it.each(Object.entries(golden.texts))('TORCH-21 %s', async (title, expected) => {
    const [file = '', map = ''] = title.split(', ');
    expect(Object.keys(MAPS)).toContain(map);
    expect(await text(file, MAPS[map])).toBe(expected);
  });

  it('TORCH-21 without a map everything goes to the CPU', async () => {
    expect(await text('two')).toBe(golden.texts['two, cpu']);
  });

  describe('beside a GPU', () => {
    let close = (): void => {};
    afterEach(() => close());

    it('TORCH-21 what lay on cuda:0 goes there, and cuda:1 is not here', async () => {
      close = useBackend({
        device: 'gpu',
        allocate: (bytes): Storage =>
          Object.defineProperty(new HostStorage(bytes), 'device', { value: 'gpu' }),
        execute: () => {
          throw new Error('nothing runs');
        },
      });
      const state = await load('cuda', {});
      const placed = [...state].map(([name, value]) => [name, value instanceof Tensor ? value.device : null]);
      expect(Object.fromEntries(placed)).toEqual({ a: 'gpu', b: 'cpu', both: 'gpu' });
      expect(valuesOf(state.get('a') as Tensor)).toEqual(Float64Array.of(0, 1, 2, 3));
      expect(await text('two', {})).toBe(
        'RuntimeError: Attempting to deserialize object on CUDA device 1 but torch.cuda.device_count() is 1. Please use torch.load with map_location to map your storages to an existing device.',
      );
    });
  });
});
