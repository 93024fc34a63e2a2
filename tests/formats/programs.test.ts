// Programs and pickled modules: nothing of them runs, their plain tensors load and convert as data.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  contiguousBytes,
  memorySource,
  MemorySink,
  readTorchTree,
  readWeights,
  writeTorchTree,
  writeWeights,
  type WriteFormat,
} from '#core/formats/index';
import type { ByteSource, TensorEntry } from '#core/formats/weights';
import { stateDictFrom } from '#core/nn/state-dict-io';
import { Tensor } from '#core/tensor/tensor';

const FOLDER = join(import.meta.dirname, '../golden/formats_wide');
const open = (name: string): ByteSource =>
  memorySource(name, new Uint8Array(readFileSync(join(FOLDER, name))));

const bytesOf = async (entry: TensorEntry): Promise<number[]> => {
  const bytes: number[] = [];
  for await (const chunk of contiguousBytes(entry)) bytes.push(...chunk);
  return bytes;
};

const contentOf = async (entries: readonly TensorEntry[]): Promise<Record<string, number[]>> =>
  Object.fromEntries(
    await Promise.all(entries.map(async (entry) => [entry.name, await bytesOf(entry)] as const)),
  );

const PROGRAMS = ['script_scripted.pt', 'script_traced.pt'];
const FORMATS: readonly WriteFormat[] = ['torch', 'safetensors', 'npz'];

describe('TORCH-8 TorchScript', () => {
  it.each(PROGRAMS)('%s is refused by name as a program', async (name) => {
    const { format, warnings } = await readWeights(open(name));
    expect(format).toBe('torchscript');
    expect(warnings[0]).toMatch(/^refused: the TorchScript program .* none of it is run .*weights_only=True/);
    await expect(writeTorchTree(new MemorySink(), await readTorchTree(open(name)))).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('TorchScript programs cannot be written') as string,
    });
  });
});

describe.each([...PROGRAMS, 'module_linear.pt', 'module_nested.pt'])('TORCH-8 the tensors of %s', (name) => {
  it('load as a state dict', async () => {
    const { entries } = await readWeights(open(name));
    const stateDict = await stateDictFrom({ entries });
    expect(entries.length).toBeGreaterThan(0);
    expect([...stateDict].map(([key]) => key)).toEqual(entries.map((entry) => entry.name));
    for (const [key, value] of stateDict) {
      const entry = entries.find((each) => each.name === key);
      expect(value).toBeInstanceOf(Tensor);
      if (entry !== undefined && value instanceof Tensor) expect(value.shape).toEqual(entry.shape);
    }
  });

  it.each(FORMATS)('convert to %s with equal content', async (format) => {
    const { entries } = await readWeights(open(name));
    const sink = new MemorySink();
    await writeWeights(format, sink, { entries }, {});
    const written = await readWeights(memorySource(`out.${format}`, sink.take()));
    expect(await contentOf(written.entries)).toEqual(await contentOf(entries));
  });
});
