// Keys of weight files renamed by rules: what they become, and which rules are refused.
import { describe, expect, it } from 'vitest';

import type { TensorEntry } from '#core/formats/weights';
import { loadEntries } from '#core/nn/index';
import { parseRename, renameEntries, renamer, type RenameRule } from '#core/nn/rename';
import { nn } from './support';

const entry = (name: string): TensorEntry => ({
  name,
  kind: 'tensor',
  dtype: 'float32',
  shape: [],
  stride: [],
  offset: 0,
  storage: null,
  storageKey: '',
  requiresGrad: false,
});
const strip = (prefix: string): RenameRule => ({ kind: 'strip', prefix });

describe('WEIGHTS-9 renaming rules', () => {
  it('WEIGHTS-9 strip a prefix where it is, once', () => {
    const rename = renamer([strip('module.')]);
    expect(['module.fc.weight', 'module.module.x', 'fc.module.weight'].map(rename)).toEqual([
      'fc.weight',
      'module.x',
      'fc.module.weight',
    ]);
  });

  it('WEIGHTS-9 replace every match, with groups as in JavaScript and in Python, one rule after the other', () => {
    const rules = [
      parseRename('^layers\\.(\\d+)\\.=>block$1.'),
      parseRename('gamma => weight'),
      parseRename('^(\\w+)\\.conv=>\\1.c'),
      strip('x.'),
    ];
    expect(
      ['layers.12.gamma', 'layers.0.conv.gamma', 'x.gamma', 'y.layers.1.beta'].map(renamer(rules)),
    ).toEqual(['block12.weight', 'block0.c.weight', 'weight', 'y.layers.1.beta']);
  });

  it('WEIGHTS-9 the metadata goes along with the keys of its module', () => {
    const { entries, metadata } = renameEntries(
      [entry('module.norm.weight'), entry('module.fc.weight')],
      [strip('module.')],
      { 'module.norm': { version: 2 } },
    );
    expect(entries.map(({ name }) => name)).toEqual(['norm.weight', 'fc.weight']);
    expect(metadata['norm']).toEqual({ version: 2 });
  });

  it('WEIGHTS-9 two keys that become one are refused, naming both', () => {
    expect(() => renameEntries([entry('a.w'), entry('b.w')], [parseRename('^[ab]\\.=>c.')])).toThrow(
      "the renaming rules make 'c.w' of two keys: 'a.w' and 'b.w'",
    );
    expect(() => renameEntries([entry('module.w'), entry('w')], [strip('module.')])).toThrow(
      "'module.w' and 'w'",
    );
  });

  it.each([
    ['gamma', 'has no =>'],
    ['=>x', 'empty pattern'],
    ['(a=>b', 'no regular expression'],
    ['[z-a]=>b', 'no regular expression'],
    ['(a+)+$=>b', 'repeats a repetition'],
    [`${'a'.repeat(201)}=>b`, 'too long'],
    [`a=>${'b'.repeat(201)}`, 'too long'],
  ])('WEIGHTS-9 the rule %s is refused', (text, message) => {
    expect(() => parseRename(text)).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
    expect(() => parseRename(text)).toThrow(message);
  });

  it('WEIGHTS-9 at most 16 rules are taken', () => {
    expect(() => renamer(Array.from({ length: 17 }, () => strip('a')))).toThrow('too many');
  });
});

it('WEIGHTS-10 a file of which no key is in the model is refused in a partial load too', async () => {
  const root = nn('Linear', { in_features: 2, out_features: 1 });
  await expect(loadEntries(root, [entry('module.weight')], { partial: true })).rejects.toThrow(
    'no key of the weights is in the model',
  );
  await expect(loadEntries(root, [], { partial: true })).resolves.toHaveLength(2);
});
