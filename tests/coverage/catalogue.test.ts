// Fails when a layer, loss, optimizer, scheduler or metric exists without its list entry, golden answer, gradient check, lazy test or page.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

import { layerTitle } from '#core/graph/resolve';
import { LAYERS, parseParams } from '#core/layers/index';
import { LOSSES } from '#core/losses/index';
import { METRICS } from '#core/metrics/index';
import { findOptimizer, OPTIMIZERS } from '#core/optimizers/index';
import { FORMULA_NAMES, SCHEDULERS } from '#core/schedulers/index';
import { RUN_OPTIONS } from '#core/training/options';
import { layersPage } from '../../scripts/docs.mjs';
import { readGolden, readLayerGolden, type GoldenAnswer, type GoldenTrajectory } from '../catalogue/agreement';
import { CASES } from '../catalogue/calls';
import { CHECKED_APART, LAZY_CASES, NOT_A_DERIVATIVE } from '../catalogue/coverage';
import { LOSS_CASES, OPTIMIZER_CASES, SCHEDULER_CASES } from '../catalogue/requests';

const root = resolve(import.meta.dirname, '..', '..');
const typesOf = (list: readonly { readonly type: string }[]): string[] => list.map(({ type }) => type);

/** Whole runs of PyTorch, by name. */
const readRuns = () =>
  (
    JSON.parse(readFileSync(resolve(root, 'tests', 'golden', 'training.json'), 'utf8')) as {
      readonly answers: Readonly<Record<string, { settings: { optimizer: { type: string } } }>>;
    }
  ).answers;

/** Every declaration that a file of a folder exports, alone or in a list. */
async function declaredIn(folder: string): Promise<unknown[]> {
  const files = readdirSync(resolve(root, folder)).filter(
    (file) => file.endsWith('.ts') && file !== 'index.ts' && file !== 'list.ts',
  );
  const modules = await Promise.all(
    files.map(
      async (file) =>
        (await import(pathToFileURL(resolve(root, folder, file)).href)) as Readonly<Record<string, unknown>>,
    ),
  );
  const isDeclaration = (item: unknown): boolean =>
    typeof item === 'object' && item !== null && 'type' in item && ('lower' in item || 'rule' in item || 'read' in item);
  return modules.flatMap((module) => Object.values(module).flat()).filter(isDeclaration);
}

describe('every declaration is in its list', () => {
  it.each([
    ['core/layers', LAYERS],
    ['core/losses', LOSSES],
    ['core/optimizers', OPTIMIZERS],
    ['core/schedulers', SCHEDULERS],
    ['core/metrics', METRICS],
  ] as const)('%s', async (folder, list) => {
    const declared = await declaredIn(folder);
    const listed: readonly unknown[] = list;
    expect(declared.filter((item) => !listed.includes(item))).toEqual([]);
    expect(declared.length).toBe(listed.length);
    expect(new Set(typesOf(list)).size).toBe(list.length);
  });
});

describe('every layer', () => {
  it('is called as no other is', () => {
    const titles = LAYERS.map(layerTitle);
    expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
  });

  const golden = readLayerGolden();

  it.each(LAYERS.map((layer) => [layer.type, layer] as const))('%s has its tests', (type, layer) => {
    const cases = CASES.filter((given) => given.layer === layer);
    expect(cases.length).toBeGreaterThan(0);
    for (const { name } of cases)
      if (layer.torch !== null) expect(golden[name]?.training ?? golden[name]?.evaluation).toBeDefined();
    if (layer.outputs.length > 0 && !CHECKED_APART.includes(type))
      expect(cases.some(({ name }) => !NOT_A_DERIVATIVE.includes(name))).toBe(true);
    const isLazy = Object.values(layer.params).some(({ isInferred }) => isInferred === true);
    if (isLazy && type !== 'input')
      expect(LAZY_CASES.some((given) => given.layer === layer)).toBe(true);
    expect('flops' in layer).toBe(true);
  });
});

describe('every loss and optimizer', () => {
  it('has a golden answer per example, and every kind of target', () => {
    const golden = readGolden<GoldenAnswer>('catalogue-losses.json');
    for (const { name } of LOSS_CASES) expect(golden[name]?.training?.grad_inputs[0]).toBeDefined();
    for (const loss of LOSSES)
      for (const kind of loss.targets)
        expect(loss.examples.some(({ targetKind }) => targetKind === kind)).toBe(true);
  });
  it('has a golden trajectory per option set', () => {
    const golden = readGolden<GoldenTrajectory>('catalogue-optimizers.json');
    for (const { name } of OPTIMIZER_CASES) expect(golden[name]?.parameters[20]).toBeDefined();
    for (const { params } of OPTIMIZER_CASES) expect(typeof params['lr']).toBe('number');
    // One that looks at the loss again and again has whole runs instead.
    const runs = Object.values(readRuns()).map(({ settings }) => settings.optimizer.type);
    const known = [...OPTIMIZER_CASES.map(({ optimizer }) => optimizer), ...runs.map(findOptimizer)];
    expect(OPTIMIZERS.filter((optimizer) => !known.includes(optimizer))).toEqual([]);
  });
});

it('every scheduler has a golden sequence per option set', () => {
  const golden = readGolden<{ readonly lr: string }>('catalogue-schedulers.json');
  for (const { name } of SCHEDULER_CASES) expect(golden[name]?.lr).toBeDefined();
  expect(new Set(SCHEDULER_CASES.map(({ scheduler }) => scheduler)).size).toBe(SCHEDULERS.length);
});

it('docs/layers.md is what scripts/docs.mjs writes', () => {
  const page = layersPage({
    layers: LAYERS,
    losses: LOSSES,
    optimizers: OPTIMIZERS,
    schedulers: SCHEDULERS,
    formulaNames: FORMULA_NAMES,
    runOptions: RUN_OPTIONS,
    metrics: METRICS,
    parseParams,
  });
  const file = readFileSync(resolve(root, 'docs', 'layers.md'), 'utf8');
  expect(file === page, 'run node scripts/docs.mjs').toBe(true);
  for (const { type } of [...LAYERS, ...LOSSES, ...OPTIMIZERS, ...SCHEDULERS, ...RUN_OPTIONS, ...METRICS])
    expect(page).toContain(`### ${type}\n`);
});
