// Weights stream: counted at the file and at the backend, what is in memory while loading stays near the size of the tensors.
import { useBackend } from '#core/ops/dispatch';
import { MemorySink, memorySource, readWeights, writeWeights } from '#core/formats/index';
import type { ByteSource } from '#core/formats/weights';
import {
  loadEntries,
  newTensor,
  Parameter,
  stateDictContent,
  StateDict,
  stateDictFrom,
} from '#core/nn/index';
import { HostStorage } from '#core/tensor/host-storage';
import type { Backend, Storage } from '#core/tensor/storage';
import { Tensor } from '#core/tensor/tensor';
import { describe, expect, it, onTestFinished } from 'vitest';

import { nn } from './support';

const MEBIBYTE = 1024 * 1024;
const ROWS = 1024;
const COLUMNS = 6144;
const BYTES = ROWS * COLUMNS * 4;

/** Host memory that counts what is alive and the largest single read and write. */
function countingBackend() {
  const counted = { alive: 0, peak: 0, largest: 0 };
  class Counted extends HostStorage {
    override read(offset: number, length: number): Uint8Array {
      counted.largest = Math.max(counted.largest, length);
      return super.read(offset, length);
    }
    override write(offset: number, bytes: Uint8Array): void {
      counted.largest = Math.max(counted.largest, bytes.byteLength);
      super.write(offset, bytes);
    }
    override dispose(): void {
      if (!this.isDisposed) counted.alive -= this.bytes;
      super.dispose();
    }
  }
  const backend: Backend = {
    device: 'cpu',
    allocate(bytes: number): Storage {
      counted.alive += bytes;
      counted.peak = Math.max(counted.peak, counted.alive);
      return new Counted(bytes);
    },
    execute: () => {
      throw new Error('nothing is computed here');
    },
  };
  onTestFinished(useBackend(backend));
  return counted;
}

/** The same source with the largest read, and an end it pretends to have. */
function countingSource(bytes: Uint8Array, failsFrom = Infinity) {
  const inner = memorySource('weights', bytes);
  const counted = { largest: 0 };
  const source: ByteSource = {
    name: inner.name,
    size: inner.size,
    read(offset, length) {
      counted.largest = Math.max(counted.largest, length);
      if (offset + length > failsFrom && offset < BYTES) return Promise.reject(new Error('the disk is gone'));
      return inner.read(offset, length);
    },
  };
  return { source, counted };
}

const linear = () => nn('Linear', { in_features: COLUMNS, out_features: ROWS }, {});
const lazy = () => nn('LazyLinear', { out_features: ROWS }, { semantics: 'workbench' });

async function file(format: 'torch' | 'safetensors'): Promise<Uint8Array> {
  const weight = newTensor([ROWS, COLUMNS], 'float32');
  weight.storage.write(BYTES - 4, new Uint8Array(new Float32Array([7]).buffer));
  const state = new StateDict([
    ['weight', weight],
    ['bias', newTensor([ROWS], 'float32')],
  ]);
  const sink = new MemorySink();
  await writeWeights(format, sink, stateDictContent(state));
  weight.storage.dispose();
  return sink.take();
}

describe('streaming', () => {
  it.each(['torch', 'safetensors'] as const)(
    'WEIGHTS-11 %s: a lazy layer takes 24 MiB over with no second copy, in pieces',
    async (format) => {
      const bytes = await file(format);
      const memory = countingBackend();
      const { source, counted } = countingSource(bytes);
      const layer = lazy();
      await loadEntries(layer, (await readWeights(source)).entries);
      expect(memory.peak).toBeLessThan(1.1 * BYTES);
      expect(Math.max(memory.largest, counted.largest)).toBeLessThanOrEqual(16 * MEBIBYTE);
      const weight = layer.tensor('weight');
      expect(weight?.storage.read(BYTES - 4, 4)).toEqual(new Uint8Array(new Float32Array([7]).buffer));
    },
  );

  it('WEIGHTS-11 an initialized layer keeps its memory and gets a copy in pieces; what was read is freed', async () => {
    const bytes = await file('torch');
    const memory = countingBackend();
    const layer = linear();
    const storage = layer.tensor('weight')?.storage;
    const before = memory.alive;
    memory.peak = memory.largest = 0;
    const { source } = countingSource(bytes);
    await loadEntries(layer, (await readWeights(source)).entries);
    expect(layer.tensor('weight')?.storage).toBe(storage);
    expect(memory.alive).toBe(before);
    expect(memory.peak - before).toBeLessThan(1.1 * BYTES);
    expect(memory.largest).toBeLessThanOrEqual(16 * MEBIBYTE);
  });

  it('WEIGHTS-11 a read that fails half way frees what was read and changes nothing', async () => {
    const bytes = await file('safetensors');
    const memory = countingBackend();
    const layer = lazy();
    const before = memory.alive;
    const { source } = countingSource(bytes, BYTES / 2);
    const { entries } = await readWeights(source);
    await expect(loadEntries(layer, entries)).rejects.toThrow('the disk is gone');
    expect(memory.alive).toBe(before);
    expect(String(layer)).toContain('LazyLinear(in_features=0');
  });

  it('WEIGHTS-11 two keys of one tied tensor must agree on its shape; otherwise nothing changes', async () => {
    const layer = lazy();
    const other = lazy();
    const pair = nn('Bilinear', { in1_features: 1, in2_features: 1, out_features: 1 }, {});
    pair.registerModule('a', layer);
    pair.registerModule('b', other);
    const shared = layer.tensor('weight');
    if (shared instanceof Parameter) other.registerParameter('weight', shared);
    const state = new StateDict([
      ['weight', newTensor([1, 1, 1], 'float32')],
      ['bias', newTensor([1], 'float32')],
      ['a.weight', newTensor([ROWS, 3], 'float32')],
      ['a.bias', newTensor([ROWS], 'float32')],
      ['b.weight', newTensor([ROWS, 4], 'float32')],
      ['b.bias', newTensor([ROWS], 'float32')],
    ]);
    await expect(loadEntries(pair, stateDictContent(state).entries)).rejects.toMatchObject({
      code: 'weights_mismatch',
    });
    expect(String(layer)).toContain('LazyLinear(in_features=0');
  });

  it('WEIGHTS-11 saving and reading into a state dict go in pieces too', async () => {
    const memory = countingBackend();
    const layer = linear();
    memory.largest = 0;
    const sink = new MemorySink();
    const entries = stateDictContent(layer.stateDict());
    await writeWeights('torch', sink, entries);
    const { source, counted } = countingSource(sink.take());
    const state = await stateDictFrom({ entries: (await readWeights(source)).entries });
    expect(Math.max(memory.largest, counted.largest)).toBeLessThanOrEqual(16 * MEBIBYTE);
    expect(state.get('weight')).toBeInstanceOf(Tensor);
  });
});
