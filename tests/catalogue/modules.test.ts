// Calls of every module of torch.nn, and of every layer that is a function of torch, as `lazuli probe` is given them, against real
// PyTorch: keywords, tuples, masks, lengths, weights and buffers by their names; usual ones, and those at the edges of what a module
// takes. scripts/golden/modules.py makes the calls and the answers, and tries fresh ones.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { findLayer, LAYERS } from '#core/layers/index';
import { probe, type ProbeCase, type ProbeResult } from '#core/layers/probe';
import type { ProbeArray } from '#core/layers/probe-arrays';
import { torchAlias } from '#core/layers/torch-keywords';
import { findLoss, LOSSES } from '#core/losses/index';
import { decode, TOLERANCE } from './agreement';
import { useNativeBackend } from './native';

useNativeBackend();

type Golden = string | null | readonly Golden[];
interface Line {
  readonly name: string;
  readonly case: ProbeCase;
  readonly answer: {
    readonly outputs: readonly { readonly shape: readonly number[]; readonly data: string }[];
    readonly grad_inputs: readonly Golden[];
    readonly grad_weights: Readonly<Record<string, Golden>>;
    readonly buffers_after: Readonly<Record<string, Golden>>;
    /** How far PyTorch's own float32 is from its float64, at most. */
    readonly float32: number;
  };
}

const linesOf = (file: string): readonly Line[] =>
  readFileSync(resolve(import.meta.dirname, '..', 'golden', file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const LINES = linesOf('modules.jsonl');
const EDGES = linesOf('module-edges.jsonl');
const FUNCTIONS = linesOf('functions.jsonl');

type Own = ProbeArray | null | undefined;
const isList = (value: unknown): value is readonly Own[] => Array.isArray(value);
const flat = (value: Own): number[] =>
  isList(value) ? value.flatMap(flat) : value === null || value === undefined ? [] : [Number(value)];

function compare(what: string, own: Own, golden: Golden, tolerance: number): void {
  if (golden === null) return;
  if (typeof golden !== 'string') {
    golden.forEach((item, at) => {
      compare(`${what}[${at}]`, isList(own) ? own[at] : null, item, tolerance);
    });
    return;
  }
  const expected = decode(golden);
  const isNothing = own === null && expected.every((value) => value === 0);
  const numbers = isNothing ? expected : flat(own);
  // Gradients that are nothing but rounding have no size of their own.
  const scale = Math.max(1e-4, ...expected.filter(Number.isFinite).map(Math.abs));
  expect(numbers.length, what).toBe(expected.length);
  expected.forEach((value, at) => {
    const number = numbers[at] ?? NaN;
    const isSame = Object.is(number, value) || number === value;
    const isNear = Math.abs(number - value) <= tolerance * scale;
    expect(isSame || isNear, `${what}[${at}]: ${number}, PyTorch has ${value}`).toBe(true);
  });
}

function compareAll(result: ProbeResult, { answer }: Line, tolerance: number): void {
  expect(result.outputs.length).toBe(answer.outputs.length);
  answer.outputs.forEach(({ data }, at) => {
    compare(`output ${at}`, result.outputs[at], data, tolerance);
  });
  const gradients = Object.values(result.grad_inputs);
  answer.grad_inputs.forEach((golden, at) => {
    compare(`gradient of input ${at}`, gradients[at], golden, tolerance);
  });
  for (const kind of ['grad_weights', 'buffers_after'] as const)
    for (const [name, golden] of Object.entries(answer[kind]))
      compare(`${kind} ${name}`, result[kind][name], golden, tolerance);
}

describe.each(['float64', 'float32'] as const)('%s', (dtype) => {
  it.each(
    [...LINES, ...EDGES, ...FUNCTIONS].map(
      (line, at) => [`${at} ${line.name} ${JSON.stringify(line.case.params)}`, line] as const,
    ),
  )('%s', (_title, line) => {
    // Rounding that PyTorch's float32 does not survive either is no disagreement; float64 has 2^-29 of its steps.
    const lost = 8 * line.answer.float32 * (dtype === 'float64' ? 2 ** -29 : 1);
    compareAll(probe({ ...line.case, dtype }), line, Math.max(TOLERANCE[dtype], lost));
  });
});

describe('torch.nn', () => {
  /** Classes that are no computation of their own, and why. */
  const NO_LAYER: Readonly<Record<string, string>> = {
    Container: 'a deprecated Module',
    DataParallel: 'runs a module on several devices',
    Module: 'the base class',
    ModuleDict: 'holds modules',
    ModuleList: 'holds modules',
    ParameterDict: 'holds parameters',
    ParameterList: 'holds parameters',
    RNNBase: 'the base class of RNN, LSTM and GRU',
    RNNCellBase: 'the base class of their cells',
    Sequential: 'a chain of nodes',
  };
  const known = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '..', 'golden', 'torch-nn.json'), 'utf8'),
  ) as Readonly<Record<string, readonly string[]>>;

  it.each(Object.entries(known))('%s is here, or has its reason', (name, keywords) => {
    if (name in NO_LAYER) return;
    const alias = torchAlias(name, [[[0]]]);
    const found = findLoss(alias) ?? findLayer(alias);
    expect(found?.type).toBeDefined();
    const own = Object.keys(found?.params ?? {});
    expect(keywords.filter((keyword) => !own.includes(keyword) && !isRead(keyword, own))).toEqual([]);
  });

  it('has calls of every class in the committed set', () => {
    const called = new Set(LINES.map(({ name }) => name));
    const names = [...LAYERS, ...LOSSES].flatMap(({ torch }) =>
      torch?.startsWith('torch.nn.') === true && !torch.includes('functional') ? [torch.slice(9)] : [],
    );
    expect(names.filter((name) => !called.has(name))).toEqual([]);
  });

  it('has calls of every layer that is a function of torch', () => {
    const called = new Set(FUNCTIONS.map(({ name }) => name));
    const functions = LAYERS.filter(({ torch }) => torch !== null && !/^torch\.nn\.[A-Z]/.test(torch));
    expect(functions.length).toBeGreaterThan(70);
    expect(functions.map(({ type }) => type).filter((type) => !called.has(type))).toEqual([]);
  });
});

/** Keywords that probe reads otherwise: modules, old names, what changes no number. */
const READ: Readonly<Record<string, readonly string[]>> = {
  encoder_layer: ['d_model'],
  decoder_layer: ['d_model'],
  size_average: ['reduction'],
  reduce: ['reduction'],
  min_value: ['min_val'],
  max_value: ['max_val'],
};
const INERT = [
  'inplace', 'device', 'dtype', 'sparse', 'process_group', 'enable_nested_tensor', 'mask_check', '_freeze',
  'args', 'kwargs', '_weight', 'distance_function', 'custom_encoder', 'custom_decoder', 'options',
]; // prettier-ignore
const isRead = (keyword: string, own: readonly string[]): boolean =>
  INERT.includes(keyword) || (READ[keyword]?.every((name) => own.includes(name)) ?? false);
