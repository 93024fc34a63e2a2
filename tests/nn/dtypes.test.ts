// Copies between dtypes against real PyTorch (scripts/golden/nn_dtypes.py), as loading a state dict makes them.
import { createHash } from 'node:crypto';

import { Module, Parameter, StateDict } from '#core/nn/index';
import { convertBytes, denseBytes, newTensor } from '#core/nn/tensor-memory';
import { elementSize, isDType, type DType } from '#core/tensor/dtype';
import { isFloat8, toFloat8Bits } from '#core/tensor/float8';
import { fromFloat16Bits } from '#core/tensor/half-precision';
import { HostStorage } from '#core/tensor/host-storage';
import { Tensor } from '#core/tensor/tensor';
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-dtypes.json';
import { thrown } from './support';

const dtypeOf = (name: string | undefined): DType => {
  if (name === undefined || !isDType(name)) throw new Error(`no dtype ${name}`);
  return name;
};
const fromHex = (hex = ''): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

class Holder extends Module {
  declare value: Parameter;
  constructor(count: number, dtype: DType) {
    super();
    this.value = new Parameter(newTensor([count], dtype), { requiresGrad: false });
  }
}

/** What a parameter of `target` holds after a state dict with `bytes` of `source` was loaded. */
function loaded(source: DType, target: DType, bytes: Uint8Array): Uint8Array {
  const count = bytes.byteLength / elementSize(source);
  const holder = new Holder(count, target);
  const given = new Tensor(new HostStorage(bytes), { dtype: source, shape: [count] });
  holder.loadStateDict(new StateDict([['value', given]]));
  return denseBytes(holder.value);
}

describe('copies between dtypes', () => {
  const sources = new Set(golden.pairs.map(([source]) => source));
  for (const source of sources)
    it(`STATE-8 ${source} loads into every dtype as in PyTorch`, () => {
      for (const [from, target, given, expected] of golden.pairs)
        if (from === source)
          expect([target, hex(loaded(dtypeOf(from), dtypeOf(target), fromHex(given)))]).toEqual([
            target,
            expected,
          ]);
    });

  it('STATE-8 every float16 value rounds to float8 as in PyTorch', () => {
    for (const [name, expected] of Object.entries(golden.sweeps)) {
      const dtype = dtypeOf(name);
      if (!isFloat8(dtype)) throw new Error(name);
      const every = Array.from({ length: 65536 }, (_, pattern) => fromFloat16Bits(pattern));
      const numbers = every.filter((value) => !Number.isNaN(value));
      const patterns = Uint8Array.from(numbers, (value) => toFloat8Bits(value, dtype));
      expect([name, hash(patterns)]).toEqual([name, expected]);
    }
  });

  it('STATE-8 every float8 pattern is the number it is in PyTorch', () => {
    const patterns = Uint8Array.from({ length: 256 }, (_, pattern) => pattern);
    for (const [name, expected] of Object.entries(golden.numbers)) {
      const numbers = new Float64Array(convertBytes(patterns, dtypeOf(name), 'float64').buffer);
      const known = numbers.map((value) => (Number.isNaN(value) ? -1 : value));
      expect([name, hash(new Uint8Array(known.buffer))]).toEqual([name, expected]);
    }
  });

  it('STATE-8 float4 converts from and to nothing', () => {
    for (const pair of Object.keys(golden.refused)) {
      const [source, target] = pair.split(' into ');
      expect(
        thrown(() =>
          loaded(dtypeOf(source), dtypeOf(target), new Uint8Array(4 * elementSize(dtypeOf(source)))),
        ),
      ).toContain('While copying the parameter named "value"');
    }
  });
});
