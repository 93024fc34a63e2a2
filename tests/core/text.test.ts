// The texts of the window: both languages say the same things with the same values, every key is used, and every setting and command
// has its words.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { COMMANDS } from '#core/commands/commands';
import { commandLabel } from '#core/commands/labels';
import { PREFERENCE_NAMES, PREFERENCES, type Preference } from '#core/preferences';
import { preferenceChangeSchema, preferencesSchema } from '#core/preferences-schema';
import { INITIAL_PREFERENCES } from '#core/preferences';
import { TEMPLATES } from '#core/document/templates';
import { LAYERS } from '#core/layers/index';
import { METRICS } from '#core/metrics/index';
import { OPTIMIZERS } from '#core/optimizers/index';
import { SCHEDULERS } from '#core/schedulers/index';
import type { ParamSpec } from '#core/layers/params';
import { TRAINING_LOSSES } from '#core/training/losses';
import { CLIPPING, EARLY_STOPPING } from '#core/training/options';
import { DE } from '#core/text/de';
import { DE_HELP } from '#core/text/de-help';
import { DE_LAYERS } from '#core/text/de-layers';
import { DE_LAYERS_MORE } from '#core/text/de-layers-more';
import { helpIn } from '#core/text/help';
import { DE_COMMANDS } from '#core/text/de-commands';
import { EN } from '#core/text/en';
import { LANGUAGES, languageFor, textIn } from '#core/text/text';

const keys = Object.keys(EN) as (keyof typeof EN)[];
const holesOf = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name = '']) => name))].toSorted();

test('every text has a translation with the same holes', () => {
  for (const key of keys) expect([key, holesOf(DE[key] ?? '')]).toEqual([key, holesOf(EN[key])]);
});

test('every key is used: as it stands, or as what a template gives', () => {
  const root = path.resolve(import.meta.dirname, '../..');
  const sources = ['renderer', 'main'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => readFileSync(path.join(root, folder, name), 'utf8')),
  );
  const text = sources.join('\n');
  const templates = [...text.matchAll(/`([a-zA-Z.]+\.\$\{[^`]*)`/g)].map(
    ([, template = '']) =>
      new RegExp(
        `^${template
          .replace(/\$\{[^}]*\}/g, '[\\w.]+')
          .replaceAll('.', '\\.')
          .replaceAll('[\\w\\.]+', '[\\w.]+')}$`,
      ),
  );
  const unused = keys.filter(
    (key) => !text.includes(`'${key}'`) && !templates.some((template) => template.test(key)),
  );
  expect(unused).toEqual([]);
});

test('values are filled in, numbers as the language writes them, words by their number', () => {
  expect(textIn('en', 'runs.use', { bytes: '3 KB', count: 1 })).toBe('3 KB in the weights of 1 run');
  expect(textIn('en', 'runs.use', { bytes: '3 KB', count: 1200 })).toBe('3 KB in the weights of 1,200 runs');
  expect(textIn('de', 'runs.use', { bytes: '3 KB', count: 1200 })).toBe(
    '3 KB in den Gewichten von 1\u202F200 Läufen',
  );
  expect(textIn('en', 'settings.nothing', { query: '{query} $&' })).toContain('“{query} $&”');
});

test('the language is the chosen one, else the system’s where it is spoken, else English', () => {
  expect(languageFor('de', 'en-US')).toBe('de');
  expect(
    ['de-AT', 'de', 'de_DE.UTF-8', 'en-GB', 'fr', ''].map((locale) => languageFor('system', locale)),
  ).toEqual(['de', 'de', 'de', 'en', 'en', 'en']);
});

test('every command has a name in every language', () => {
  expect(Object.keys(DE_COMMANDS).toSorted()).toEqual(COMMANDS.map(({ id }) => id).toSorted());
  for (const command of COMMANDS) expect(commandLabel(command, 'en')).toBe(command.label);
});

test('every help of layers and of the training form has one German text, and none has one that is gone', () => {
  const helps = new Set(
    [
      ...LAYERS,
      ...OPTIMIZERS,
      ...SCHEDULERS,
      ...METRICS,
      ...TRAINING_LOSSES,
      CLIPPING,
      EARLY_STOPPING,
    ].flatMap((declaration) => [
      ...Object.values<ParamSpec>(declaration.params).map(({ help }) => help),
      ...('slots' in declaration ? declaration.slots.flatMap(({ help }) => help ?? []) : []),
    ]),
  );
  for (const { summary } of [...LAYERS, ...METRICS, ...TEMPLATES]) helps.add(summary);
  const keys = [DE_HELP, DE_LAYERS, DE_LAYERS_MORE].flatMap((table) => Object.keys(table));
  expect(keys.toSorted()).toEqual([...helps].toSorted());
  expect(helpIn('de', 'Largest rate.')).toBe('Größte Rate.');
  expect(helpIn('en', 'Largest rate.')).toBe('Largest rate.');
  expect(helpIn('de', 'no such help')).toBe('no such help');
});

test('every word of a choice has a text; languages have their own names', () => {
  for (const name of PREFERENCE_NAMES) {
    const preference: Preference = PREFERENCES[name];
    for (const word of preference.kind === 'choice' ? preference.words : [])
      expect(`setting.${name}.${word}` in EN || word in LANGUAGES).toBe(true);
  }
});

test('settings of a damaged file are as at first, one by one; a change must be within its bounds', () => {
  expect(preferencesSchema.parse({})).toEqual(INITIAL_PREFERENCES);
  expect(preferencesSchema.parse({ theme: 'purple', tensorboard: true, keptRuns: -1, extra: 1 })).toEqual({
    ...INITIAL_PREFERENCES,
    tensorboard: true,
  });
  expect(preferenceChangeSchema.safeParse({ theme: 'dark', keptRuns: null }).success).toBe(true);
  for (const wrong of [
    { theme: 'purple' },
    { keptRuns: 0 },
    { keptRuns: 1.5 },
    { other: 1 },
    { language: 'fr' },
  ])
    expect(preferenceChangeSchema.safeParse(wrong).success).toBe(false);
});
