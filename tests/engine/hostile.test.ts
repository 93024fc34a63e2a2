// The hostile files where the engine takes weights: compared with a model, loaded into it, converted. The model stays as it was, nothing is left behind.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { LazuliError } from '#core/errors';
import { convertWeights } from '#engine/convert';
import { diffFiles } from '#engine/diff';
import { openExample, temporaryFolder } from './support';

const CORPUS = path.join(import.meta.dirname, '..', 'fixtures', 'hostile');
const expected = Object.entries(
  JSON.parse(readFileSync(path.join(CORPUS, 'expected.json'), 'utf8')) as Record<string, string | object>,
);
/** Those that open, and one in eight of the others, of which no bombs: tests/formats reads them all, scripts/check-corpus.mjs with any verb. */
const files = expected
  .filter(([name, part], at) => typeof part !== 'string' || (at % 8 === 0 && !/bomb|laughs/.test(name)))
  .map(([name]) => name);

/** What files may be refused as: damaged, of no use for this model, or of no form in the other format. */
const CODES = ['file_refused', 'weights_mismatch', 'not_supported'];

/** The refusal's code, or null. Anything but a refusal that says where is a failure. */
async function refusedAs(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof LazuliError)) throw error;
    expect(CODES).toContain(error.code);
    expect(error.toData().where).toBeTruthy();
    expect(JSON.stringify(error.toData())).not.toMatch(/undefined|\[object|\bNaN\b/);
    return error.code;
  }
}

test('RELIABILITY 28, 33, 46: hostile files are refused alike wherever they are opened', async () => {
  const session = await openExample('digits');
  const described = (): string => JSON.stringify({ ...session.info(), revision: 0 });
  const before = described();
  const folder = temporaryFolder();
  const odd: string[] = [];
  for (const name of files) {
    const file = path.join(CORPUS, name);
    const compared = await refusedAs(() => session.compareWeights(file));
    const loaded = await refusedAs(() => session.loadWeights(file, { partial: true }));
    const converted = await refusedAs(() => convertWeights(file, path.join(folder, 'out.npz')));
    const differed = await refusedAs(() => diffFiles(file, file));
    const isRefused = [loaded, converted, differed].map((code) => code === 'file_refused');
    // A record that is not what its checksum says is found only by those who read it.
    const isDamaged = compared === null && isRefused.some(Boolean);
    if (!isDamaged && isRefused.some((is) => is !== (compared === 'file_refused')))
      odd.push(`${name}: ${String([compared, loaded, converted, differed])}`);
  }
  expect(odd).toEqual([]);
  expect(described()).toBe(before);
  expect(readdirSync(folder).filter((name) => name !== 'out.npz')).toEqual([]);
});
