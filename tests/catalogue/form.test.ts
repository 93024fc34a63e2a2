// What the inspector and the file need of every option: a widget it knows, words, a first value that parses, and a form
// that survives JSON.
import { describe, expect, it } from 'vitest';

import { LAYERS, findLayer } from '#core/layers/index';
import type { ParamSpec, ParamTable } from '#core/layers/params';
import { checkParams, parseParams } from '#core/layers/parse';
import { LOSSES } from '#core/losses/index';
import { OPTIMIZERS } from '#core/optimizers/index';
import { SCHEDULERS } from '#core/schedulers/index';
import { RUN_OPTIONS } from '#core/training/options';
import { CASES } from './calls';
import { LOSS_CASES, OPTIMIZER_CASES } from './requests';

const WIDGETS = [
  'size',
  'integer',
  'number',
  'boolean',
  'choice',
  'integers',
  'numbers',
  'shape',
  'schedulers',
  'text',
];
const DECLARATIONS = [...LAYERS, ...LOSSES, ...OPTIMIZERS, ...SCHEDULERS];
const PARAMS = [...DECLARATIONS, ...RUN_OPTIONS].flatMap(({ type, params }) =>
  Object.entries<ParamSpec>(params).map(([name, spec]) => [`${type}.${name}`, spec] as const),
);
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('every option', () => {
  it.each(PARAMS)('%s has a widget, words and values that parse', (_name, spec) => {
    expect(WIDGETS).toContain(spec.widget);
    expect(spec.help).toMatch(/^\S.*[.)]$/);
    expect(spec.parse(throughJson(spec.initial))).toEqual(spec.initial);
    if (spec.torchDefault !== undefined)
      expect(spec.parse(throughJson(spec.torchDefault))).toEqual(spec.torchDefault);
    if (spec.widget === 'choice') expect(spec.options?.length).toBeGreaterThan(0);
    if (spec.count !== undefined) expect(spec.count).toBeGreaterThan(0);
    if (spec.isInferred === true) expect(spec.parse(null)).toBeNull();
  });

  it.each(PARAMS)('%s refuses what it cannot be, and says what it expected', (_name, spec) => {
    const refused = (value: unknown) => expect(() => spec.parse(value)).toThrow(/expected .+, got .+/);
    refused({ no: 'object' });
    refused(spec.widget === 'text' ? 'no (such' : 'no such word');
    if (spec.widget !== 'number' && spec.widget !== 'numbers') refused(1.5);
    if (spec.widget === 'schedulers') refused([{ params: {} }]);
    if (spec.widget === 'integer' || spec.widget === 'size') refused([3]);
  });
});

describe('every declaration', () => {
  it('is found by its type and by its PyTorch names', () => {
    for (const layer of LAYERS) {
      expect(findLayer(layer.type)).toBe(layer);
      if (layer.torch !== null) expect(findLayer(layer.torch)).toBe(layer);
      if (layer.torchLazy !== undefined)
        expect(findLayer(layer.torchLazy.replace('torch.nn.', ''))).toBe(layer);
      expect(layer.type).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(layer.summary).toMatch(/^[^a-z].*\.$/);
    }
    expect(new Set(DECLARATIONS.map(({ type }) => type)).size).toBe(DECLARATIONS.length);
  });

  it('has first values that go together', () => {
    for (const declaration of DECLARATIONS)
      expect(checkParams<ParamTable>(declaration, {})).toHaveProperty('params');
  });

  it('has an example for every option', () => {
    const given = new Map<string, Set<string>>();
    for (const [type, names] of [
      ...CASES.map(({ layer, example }) => [layer.type, Object.keys(example.params)] as const),
      ...LOSS_CASES.map(({ loss, example }) => [loss.type, Object.keys(example.params)] as const),
      ...[...OPTIMIZERS, ...SCHEDULERS].flatMap(({ type, examples }) =>
        examples.map(({ params }) => [type, Object.keys(params)] as const),
      ),
    ])
      given.set(type, new Set([...(given.get(type) ?? []), ...names]));
    const untried = DECLARATIONS.flatMap(({ type, params }) =>
      Object.keys(params).flatMap((name) => (given.get(type)?.has(name) === true ? [] : [`${type}.${name}`])),
    );
    expect(untried).toEqual([]);
  });

  it('takes its options through JSON unchanged', () => {
    for (const { layer, params } of CASES)
      expect(parseParams<ParamTable>(layer, throughJson(params) as typeof params)).toEqual(params);
    for (const { loss, params } of LOSS_CASES)
      expect(parseParams<ParamTable>(loss, throughJson(params) as typeof params)).toEqual(params);
    for (const { optimizer, params } of OPTIMIZER_CASES)
      expect(parseParams<ParamTable>(optimizer, throughJson(params) as typeof params)).toEqual(params);
  });

  it('refuses an unknown option, names the nearest, and lists every problem', () => {
    const conv = findLayer('Conv2d');
    if (!conv) throw new Error('no conv2d');
    const checked = checkParams(conv, { kernel_sise: 3, stride: 0, groups: 'two' });
    expect('problems' in checked && checked.problems.map(({ where }) => where)).toEqual([
      'kernel_sise',
      'stride',
      'groups',
    ]);
    expect('problems' in checked && checked.problems[0]?.hint).toBe('did you mean kernel_size?');
    expect(() => parseParams(conv, { kernel_sise: 3, stride: 0 })).toThrow(
      'conv2d: kernel_sise: conv2d has no such parameter; stride: expected an integer ≥ 1, got 0',
    );
    expect(() => parseParams(conv, { out_channels: 4 }, 'torch')).toThrow('kernel_size: missing');
    expect(() => parseParams(conv, { out_channels: 5, groups: 2 })).toThrow(
      'out_channels must be divisible by groups',
    );
  });
});
