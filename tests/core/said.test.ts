// What is said in English where it is found out, in German: no sentence of the table is one that nobody says any more.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { findTemplate } from '#core/document/templates';
import type { Graph } from '#core/document/project';
import { diagnose } from '#core/graph/diagnose';
import { inferGraph } from '#core/graph/infer';
import { repairsFor } from '#core/graph/repairs';
import { DE_SAID } from '#core/text/de-said';
import { DE_SAID_ENGINE } from '#core/text/de-said-engine';
import { saidIn } from '#core/text/said';

const root = path.resolve(import.meta.dirname, '../..');

/** Put together from two pieces, or said word by word; the test of problems below says them. */
const COMPOSED = [
  "{got} from '{name}'",
  "{got} from the sample's {shape}",
  "{~fault}; the input comes from '{name}' ({shape})",
  "{~fault}; the input comes from '{name}'",
  'an integer ≥ {min}',
  'an integer from {min} to {max}',
  'a number from {min} to {max}',
  "block '{name}', {~rest}",
  'a software driver, slower than the CPU backend ({has})',
  'its driver knows Vulkan {version}, and 1.2 is needed ({has})',
  'it lacks {what} ({has})',
  'taking samples {data}, loss and metrics {loss}, optimizer {update}, other {other}',
];

/** Source with every `${…}` of a template, whatever stands in it, as `{}`, and strings in pieces as one. */
function spoken(source: string): string {
  let text = source.replaceAll(/['`]\s*\+\s*['`]/g, '').replaceAll("\\'", "'");
  for (let before = ''; before !== text;) {
    before = text;
    text = text.replaceAll(/\$\{[^{}]*(?:\{\}[^{}]*)*\}/g, '{}');
  }
  return text;
}

/** The same of C++, whose sentences are added up. */
const spokenNatively = (source: string): string =>
  source.replaceAll(/"\)?\s*\+\s*[\w.]+(?:\([^()]*\))?(?:\s*\+\s*")?/g, '{}');

test('every sentence with a translation is one that is said, with as many values', () => {
  const sources = ['core', 'engine', 'main'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('text/'))
      .map((name) => spoken(readFileSync(path.join(root, folder, name), 'utf8'))),
  );
  const native = readFileSync(path.join(root, 'native/src/gpu/instance.cc'), 'utf8');
  const all = [...sources, spokenNatively(native)].join('\n');
  const plain = (english: string): string => english.replaceAll(/\{~?\w+\}/g, '{}');
  const unsaid = Object.keys({ ...DE_SAID, ...DE_SAID_ENGINE }).filter(
    (english) => !COMPOSED.includes(english) && !all.includes(plain(english)),
  );
  expect(unsaid).toEqual([]);
});

test('a translation names the values of its sentence and no others', () => {
  const names = (text: string): readonly string[] =>
    [...text.matchAll(/\{~?\w+\}/g)].map(([hole]) => hole).toSorted();
  for (const [english, german] of Object.entries(DE_SAID)) expect(names(german)).toEqual(names(english));
});

const digits = findTemplate('digits')?.project.graph;
if (!digits) throw new Error('the template digits is gone');

/** Digits with options of one node set. */
const having = (name: string, params: Readonly<Record<string, unknown>>): Graph => ({
  ...digits,
  nodes: digits.nodes.map((node) =>
    node.name === name ? { ...node, params: { ...node.params, ...params } } : node,
  ),
});

/** What is said of a graph, its first problem and that one's repairs, in German. */
function inGerman(graph: Graph, sample = [64, 1, 8, 8]): readonly string[] {
  const options = { inputs: { input: sample } };
  const [problem] = diagnose(inferGraph(graph, options));
  if (!problem) throw new Error('nothing is wrong');
  const repairs = repairsFor(graph, problem, options).map(({ label }) => label);
  return [problem.message, problem.where, ...problem.fixes, ...repairs].map((said) => saidIn('de', said));
}

test('errors and notes of the engine are said in German, with what they name', () => {
  expect(
    [
      'Cannot load weights while training is running',
      '3 empty lines were skipped',
      'the run history digits.runs.sqlite is damaged: file is not a database',
      "cross_entropy: the data has no target 'age'",
    ].map((said) => saidIn('de', said)),
  ).toEqual([
    'Während des Trainings geht das nicht: Gewichte laden',
    '3 leere Zeilen wurden übergangen',
    'Der Verlauf der Läufe digits.runs.sqlite ist beschädigt: file is not a database',
    'cross_entropy: Die Daten haben kein Ziel „age“',
  ]);
});

test('problems, what to do about them and their repairs are said in German', () => {
  expect(inGerman(having('fc2', { in_features: 100 }))).toEqual([
    'Linear „fc2“, in_features: erwartet 100, bekommen 64 von „fc1“.',
    'Knoten „fc2“',
    'in_features von „fc2“ leer lassen: Die Eingabe entscheidet.',
    'in_features von „fc2“ auf 64 setzen.',
    '„fc1“ so ändern, dass 100 herauskommt.',
    'in_features von „fc2“ leer lassen',
    'in_features von „fc2“ auf 64 setzen',
    'out_features von „fc1“ auf 100 setzen',
  ]);
  expect(
    [
      "Connect 'a' to value of 's'",
      "Connect output of 'a' to 's'",
      "Join 'a' and 'b' by add1",
      "Make 'n' a BatchNorm2d",
      "Remove the edge from 'b' to 's'",
    ].map((said) => saidIn('de', said)),
  ).toEqual([
    '„a“ mit value von „s“ verbinden',
    'output von „a“ mit „s“ verbinden',
    '„a“ und „b“ durch add1 zusammenführen',
    '„n“ zu BatchNorm2d machen',
    'Die Kante von „b“ nach „s“ entfernen',
  ]);
  expect(inGerman(having('conv1', { in_channels: 3 }))[0]).toBe(
    'Conv2d „conv1“, in_channels: erwartet 3, bekommen 1 von der Probe 1×8×8.',
  );
  expect(inGerman(having('conv1', { kernel_size: [20, 20] }))[0]).toBe(
    'Conv2d „conv1“, input: conv2d: Eine Eingabe von 8×8 lässt eine Ausgabe von -9×-9; jede Größe muss mindestens 1 sein; die Eingabe kommt von „input“ (64×1×8×8).',
  );
  expect(inGerman(having('fc2', { out_features: -3 }))[0]).toBe(
    'Linear „fc2“, out_features: erwartet eine ganze Zahl ≥ 1, bekommen -3.',
  );
  expect(inGerman({ nodes: [], edges: [] })).toEqual([
    'Der Graph hat keinen Eingabeknoten: Nichts sagt, wo Beispiele hereinkommen.',
    'Graph',
    'Einen Eingabeknoten hinzufügen und verbinden.',
  ]);
});

test('what the table does not know, and what is English for English readers, stays as it was', () => {
  expect(saidIn('de', 'nobody says this.')).toBe('nobody says this.');
  expect(saidIn('en', "Remove 'fc1'.")).toBe("Remove 'fc1'.");
  // Names are no words to be translated, and nothing in a name is read as a value.
  expect(saidIn('de', "Remove 'graph'.")).toBe('„graph“ entfernen.');
  expect(saidIn('de', "Remove '{name}$&'.")).toBe('„{name}$&“ entfernen.');
});
