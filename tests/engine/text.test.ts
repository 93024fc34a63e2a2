// A text as data: windows of characters and their next ones, what is refused of texts and prompts, and a model that writes on.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

import type { DataSource } from '#core/document/project';
import { findTemplate } from '#core/document/templates';
import { LazuliError } from '#core/errors';
import { describeData } from '#engine/datasets/describe';
import { openDataset, type Dataset } from '#engine/datasets/dataset';
import { readRows } from '#engine/datasets/table';
import { textOf } from '#engine/datasets/text';
import { generator } from '#engine/datasets/shuffle';
import type { ModelSession } from '#engine/session';
import { cpuBackend } from '#engine/backend';
import { examples, openExample, openSession, template, temporaryFolder } from './support';

const TEXT: Omit<DataSource, 'file'> = {
  format: 'text',
  targetKind: 'class',
  normalization: { kind: 'none' },
};

function written(text: string | Uint8Array): string {
  const file = path.join(temporaryFolder(), 'a.txt');
  writeFileSync(file, text);
  return file;
}

async function opened<T>(source: DataSource, look: (dataset: Dataset) => T, classes?: string[]): Promise<T> {
  cpuBackend();
  const dataset = await openDataset(source, { folder: null, dtype: 'float32', classes: classes ?? null });
  try {
    return look(dataset);
  } finally {
    dataset.dispose();
  }
}

/** Samples as texts, each with its target. */
const rowsOf = ({ inputs, targets, samples }: Dataset): readonly (readonly [string, string])[] =>
  Array.from({ length: samples }, (_, row) => {
    const names = targets?.classes ?? [];
    const of = (table: typeof inputs): string => textOf(readRows(table, row, 1), names);
    return [of(inputs), targets ? of(targets.tensor) : ''];
  });

describe('samples', () => {
  test('are windows of a text, their targets the same one character on', async () => {
    const source = { ...TEXT, file: written('abcdefgh'), inputShape: [3] };
    expect(await opened(source, rowsOf)).toEqual([
      ['abc', 'bcd'],
      ['def', 'efg'],
    ]);
    expect(await opened({ ...source, stride: 2 }, rowsOf)).toEqual([
      ['abc', 'bcd'],
      ['cde', 'def'],
      ['efg', 'fgh'],
    ]);
  });

  test('count characters of any plane, without byte order mark and carriage returns', async () => {
    const text = '\u{FEFF}é\r\n🎈e';
    const source = { ...TEXT, file: written(text), inputShape: [2], stride: 1 };
    const { classes, notes, rows, dtype } = await opened(source, (dataset) => ({
      classes: dataset.targets?.classes,
      notes: dataset.notes,
      rows: rowsOf(dataset),
      dtype: dataset.inputs.dtype,
    }));
    expect(classes).toEqual(['\n', 'e', 'é', '🎈']);
    expect(rows).toEqual([
      ['é\n', '\n🎈'],
      ['\n🎈', '🎈e'],
    ]);
    expect(notes).toHaveLength(1);
    expect(dtype).toBe('uint8');
  });

  test('of more than 256 characters are numbered beyond a byte', async () => {
    const all = String.fromCodePoint(...Array.from({ length: 700 }, (_, at) => 0x4e00 + at));
    const source = { ...TEXT, file: written(all), inputShape: [100] };
    const rows = await opened(source, rowsOf);
    expect(rows).toHaveLength(6);
    expect(rows[5]).toEqual([all.slice(500, 600), all.slice(501, 601)]);
  });

  test.each([
    ['too short', 'abc', {}, /shorter than one sample/, 'at least 4 characters'],
    ['with a character the model lacks', 'abcdxb', { classes: ['a', 'b', 'c', 'd'] }, /"x"/, '4 characters'],
    ['no UTF-8', Uint8Array.of(97, 0xff, 98, 99, 100), {}, /not UTF-8/, 'UTF-8'],
    ['for two inputs', 'abcdef', { feeds: { other: {} } }, /feeds one input/, 'no further'],
  ] as const)('a text %s is refused', async (_title, text, change, message, wanted) => {
    const source: DataSource = { ...TEXT, file: written(text), inputShape: [3], ...change };
    const refusal = await opened(source, () => null).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LazuliError);
    const { message: told, details } = refusal as LazuliError;
    expect(told).toMatch(message);
    expect(details.expected).toContain(wanted);
  });

  test('a file called .txt is a text, or the table that it holds', async () => {
    expect(await describeData(written('Whose woods these are,\nI think I know.\n'), null)).toMatchObject({
      format: 'text',
    });
    expect(await describeData(written('a,b,c\n1,2,3\n4,5,6\n'), null)).toMatchObject({ format: 'csv' });
  });
});

test('the characters of the example are those its model has rows for', async () => {
  const { data, graph } = template('opticks');
  const file = path.join(examples, 'opticks', data?.file ?? '');
  const found = new Set(readFileSync(file, 'utf8'));
  const sizes = graph.nodes.flatMap(({ params }) => params['num_embeddings'] ?? params['out_features'] ?? []);
  expect(sizes).toEqual([found.size, found.size]);
  expect(findTemplate('opticks')?.project.data?.format).toBe('text');
});

/** The likeliest next character after each window of a text, from predictions. */
async function foreseen(session: ModelSession, text: string, classes: readonly string[], length: number) {
  const source = { ...TEXT, file: written(`${text} `), inputShape: [length], stride: 1, classes };
  const [prediction] = await session.predict({ source });
  const scores = new Float32Array(prediction?.bytes.buffer ?? new ArrayBuffer(0));
  return Array.from({ length: text.length - length + 1 }, (_, row) => {
    const last = classes.map((_name, at) => scores[(row * classes.length + at) * length + length - 1] ?? 0);
    return classes[last.indexOf(Math.max(...last))];
  }).join('');
}

test('a trained model writes what it foresees, within a sample and beyond; draws repeat and go on in pieces', async () => {
  const session = await openExample('opticks', { epochs: 1 });
  await session.feedSample();
  const before = await session.evaluate();
  const run = await session.train();
  await run.finished;
  const { loss, metrics } = await session.evaluate();
  expect(before.loss).toBeGreaterThan(4);
  expect(loss).toBeLessThan(2.6);
  expect(metrics['accuracy']).toBeGreaterThan(0.25);
  const { classes, inputShape } = await session.preview({ from: 0, count: 0 });
  const length = inputShape[0] ?? 0;
  const prompt = 'Do not the Rays ';
  const request = { prompt, characters: 2 * length, temperature: 0, seed: 0 };
  const pieces: string[] = [];
  const likeliest = await session.generate(request, { onText: (piece) => pieces.push(piece) });
  expect(pieces.join('')).toBe(likeliest);
  expect(likeliest).toHaveLength(2 * length);
  const whole = `${prompt}${likeliest}`;
  const expected = await foreseen(session, whole.slice(0, -1), classes, length);
  expect(whole.slice(length)).toBe(expected);

  const drawn = { ...request, temperature: 1, characters: 40 };
  const once = await session.generate(drawn);
  expect(await session.generate({ ...drawn, characters: 40 })).toBe(once);
  const first = await session.generate({ ...drawn, characters: 15 });
  expect(first + (await session.generate({ ...drawn, prompt: prompt + first, characters: 25 }))).toBe(once);
  expect(await session.generate({ ...drawn, seed: 1 })).not.toBe(once);
  await expect(session.generate({ ...drawn, prompt: 'ß' })).rejects.toThrow(
    'does not know the character "ß"',
  );
});

test('only a model of a text writes one', async () => {
  const session = await openExample('iris');
  await session.feedSample();
  await expect(
    session.generate({ prompt: '', characters: 1, temperature: 0, seed: 0 }),
  ).rejects.toMatchObject({ code: 'not_supported' });
});

test('a model that tells one class per sample is refused with the shape it should have', async () => {
  const project = template('opticks');
  const graph = {
    nodes: project.graph.nodes.filter(({ layer }) => layer !== 'transpose'),
    edges: [
      ...project.graph.edges.filter(({ from, to }) => from.node !== 'n6' && to.node !== 'n6'),
      { id: 'e9', from: { node: 'n5', port: 'output' }, to: { node: 'n7', port: 'input' } },
    ],
  };
  const session = await openSession({ ...project, graph }, path.join(examples, 'opticks'));
  await session.feedSample();
  await expect(
    session.generate({ prompt: '', characters: 1, temperature: 0, seed: 0 }),
  ).rejects.toMatchObject({
    code: 'not_supported',
    details: { expected: expect.stringContaining('[1, 72,') as string },
  });
});

test('the first numbers of the streams of a seed are spread evenly and independent of their neighbours', () => {
  const draws = Array.from({ length: 20_000 }, (_, stream) => generator(0, stream)());
  const counts = Array.from({ length: 10 }, () => 0);
  for (const draw of draws) counts[Math.floor(10 * draw)] = (counts[Math.floor(10 * draw)] ?? 0) + 1;
  // Chi squared of 9 degrees: 27.9 is passed once in a thousand.
  expect(counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
  const together = draws.slice(1).reduce((sum, draw, at) => sum + (draw - 0.5) * ((draws[at] ?? 0) - 0.5), 0);
  expect(Math.abs(together / draws.length) * 12).toBeLessThan(0.03);
});
