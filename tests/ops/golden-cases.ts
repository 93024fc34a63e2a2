// How each golden case of tests/golden/ops.json calls the functional API. scripts/golden/ops.py makes the file.
import { existsSync, readFileSync } from 'node:fs';

import { z } from 'zod';

import * as ops from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';

const number = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).transform(Number);
const stored = z.object({
  shape: z.array(z.number()),
  values: z.array(number),
  dtype: z.literal('int64').optional(),
});
const goldenCase = z.object({
  op: z.string(),
  options: z.record(z.string(), z.unknown()),
  dtype: z.enum(['float32', 'float64']),
  inputs: z.array(stored),
  output: stored,
  gradients: z.array(z.array(number).nullable()),
});
export type GoldenCase = z.infer<typeof goldenCase>;

const path = new URL('../golden/ops.json', import.meta.url);
export const goldenCases: readonly GoldenCase[] = existsSync(path)
  ? z.object({ cases: z.array(goldenCase) }).parse(JSON.parse(readFileSync(path, 'utf8'))).cases
  : [];

const numbers = z.array(z.number());
const axes = z.object({ axes: numbers.nullable(), keepdim: z.boolean(), correction: z.number().optional() });
const operands = z.object({ a: z.number().optional(), b: z.number().optional() });
const window = z.object({
  kernel: numbers,
  stride: numbers,
  padding: numbers,
  dilation: numbers.optional(),
  ceil: z.boolean(),
  include: z.boolean().optional(),
  divisor: z.number().nullable().optional(),
});
const windowOf = (options: unknown) => {
  const { kernel, stride, padding, dilation, ceil, include, divisor } = window.parse(options);
  return {
    kernel,
    stride,
    padding,
    ceilMode: ceil,
    ...(dilation ? { dilation } : {}),
    ...(include === undefined ? {} : { countIncludePad: include }),
    ...(divisor === undefined ? {} : { divisorOverride: divisor }),
  };
};
const geometry = z.object({
  stride: numbers.default([1]),
  padding: numbers.default([0]),
  dilation: numbers.default([1]),
  groups: z.number().default(1),
  output_padding: numbers.optional(),
});
const axis = z.object({ axis: z.number() });
const sizes = z.object({ shape: numbers });

type Run = (options: unknown, ...inputs: Tensor[]) => Tensor;
type Binary = (a: ops.Operand, b: ops.Operand) => Tensor;
const binary =
  (op: Binary): Run =>
  (options, x, y) => {
    const { a = x, b = y ?? x } = operands.parse(options);
    return op(a ?? NaN, b ?? NaN);
  };
const over =
  (
    op: (x: Tensor, axes: readonly number[] | null, o: { keepdim: boolean; correction?: number }) => Tensor,
  ): Run =>
  (options, x) => {
    const { axes: reduced, keepdim, correction } = axes.parse(options);
    return op(needed(x), reduced, { keepdim, ...(correction === undefined ? {} : { correction }) });
  };
const unary =
  (op: (x: Tensor) => Tensor): Run =>
  (_options, x) =>
    op(needed(x));

export function needed(x: Tensor | undefined): Tensor {
  if (!x) throw new Error('the case has too few inputs');
  return x;
}

/** By the golden file's op name. */
export const RUNS: Readonly<Record<string, Run>> = {
  ...Object.fromEntries(
    (
      [
        'neg',
        'abs',
        'sign',
        'exp',
        'expm1',
        'square',
        'tanh',
        'sigmoid',
        'erf',
        'sin',
        'cos',
        'floor',
        'ceil',
      ] as const
    ).map((name) => [name, unary(ops[name])]),
  ),
  ...Object.fromEntries(
    (['round', 'relu', 'log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal', 'silu'] as const).map((name) => [
      name,
      unary(ops[name]),
    ]),
  ),
  ...Object.fromEntries(
    (
      ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'pow', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const
    ).map((name) => [name, binary(ops[name])]),
  ),
  ...Object.fromEntries(
    (['sum', 'mean', 'amax', 'amin', 'variance'] as const).map((name) => [name, over(ops[name])]),
  ),
  where: (_options, c, a, b) => ops.where(needed(c), needed(a), needed(b)),
  clamp: (options, x) =>
    ops.clamp(needed(x), z.object({ min: z.number().nullable(), max: z.number().nullable() }).parse(options)),
  leakyRelu: (options, x) =>
    ops.leakyRelu(needed(x), z.object({ negativeSlope: z.number() }).parse(options).negativeSlope),
  elu: (options, x) => ops.elu(needed(x), z.object({ alpha: z.number().default(1) }).parse(options).alpha),
  gelu: (options, x) =>
    ops.gelu(needed(x), z.object({ approximate: z.enum(['none', 'tanh']) }).parse(options).approximate),
  softplus: (options, x) => {
    const { beta, threshold } = z.object({ beta: z.number(), threshold: z.number() }).parse(options);
    return ops.softplus(needed(x), beta, threshold);
  },
  softmax: (options, x) => ops.softmax(needed(x), axis.parse(options).axis),
  logSoftmax: (options, x) => ops.logSoftmax(needed(x), axis.parse(options).axis),
  argmax: (options, x) =>
    ops.argmax(needed(x), z.object({ axis: z.number().nullable() }).parse(options).axis),
  reshape: (options, x) => ops.reshape(needed(x), sizes.parse(options).shape),
  permute: (options, x) => ops.permute(needed(x), z.object({ axes: numbers }).parse(options).axes),
  permuteTwice: (options, x) => {
    const order = z.object({ axes: numbers }).parse(options).axes;
    return ops.mul(ops.permute(ops.permute(needed(x), order), order), 2);
  },
  expand: (options, x) => ops.expand(needed(x), sizes.parse(options).shape),
  slice: (options, x) => {
    const part = z
      .object({ axis: z.number(), start: z.number(), end: z.number(), step: z.number() })
      .parse(options);
    return ops.slice(needed(x), part.axis, part);
  },
  select: (options, x) => {
    const { axis: along, index } = z.object({ axis: z.number(), index: z.number() }).parse(options);
    return ops.select(needed(x), along, index);
  },
  concatenate: (options, ...inputs) => ops.concatenate(inputs, axis.parse(options).axis),
  pad: (options, x) => {
    const { padding, mode, value } = z
      .object({
        padding: numbers,
        mode: z.enum(['constant', 'reflect', 'replicate', 'circular']),
        value: z.number(),
      })
      .parse(options);
    return ops.pad(needed(x), padding, { mode, value });
  },
  matmul: (options, a, b) =>
    ops.matmul(
      needed(a),
      z.object({ transposed: z.boolean().default(false) }).parse(options).transposed
        ? ops.transpose(needed(b), -1, -2)
        : needed(b),
    ),
  linear: (_options, x, weight, bias) => ops.linear(needed(x), needed(weight), bias ?? null),
  convolution: (options, x, weight, bias) =>
    ops.convolution(needed(x), needed(weight), bias ?? null, geometry.parse(options)),
  convolutionTranspose: (options, x, weight, bias) => {
    const { output_padding: outputPadding = 0, ...rest } = geometry.parse(options);
    return ops.convolutionTranspose(needed(x), needed(weight), bias ?? null, { ...rest, outputPadding });
  },
  maxPool: (options, x) => ops.maxPool(needed(x), windowOf(options)),
  avgPool: (options, x) => ops.avgPool(needed(x), windowOf(options)),
  adaptiveAvgPool: (options, x) =>
    ops.adaptiveAvgPool(needed(x), z.object({ size: numbers }).parse(options).size),
  batchNorm: (options, x, weight, bias, mean, variance) =>
    ops.batchNorm(needed(x), {
      isTraining: z.object({ isTraining: z.boolean() }).parse(options).isTraining,
      weight: weight ?? null,
      bias: bias ?? null,
      runningMean: mean ? ops.clone(mean.detach()) : null,
      runningVar: variance ? ops.clone(variance.detach()) : null,
    }),
  batchNormState: (options, x, mean, variance) => {
    const state = { runningMean: ops.clone(needed(mean)), runningVar: ops.clone(needed(variance)) };
    ops.batchNorm(needed(x), { isTraining: true, momentum: 0.3, ...state });
    return z.object({ which: z.string() }).parse(options).which === 'mean'
      ? state.runningMean
      : state.runningVar;
  },
  layerNorm: (options, x, weight, bias) => {
    const { shape, eps } = z.object({ shape: numbers, eps: z.number().default(1e-5) }).parse(options);
    return ops.layerNorm(needed(x), shape, { weight: weight ?? null, bias: bias ?? null, eps });
  },
  groupNorm: (options, x, weight, bias) =>
    ops.groupNorm(needed(x), z.object({ groups: z.number() }).parse(options).groups, {
      weight: weight ?? null,
      bias: bias ?? null,
    }),
  nll: (options, x, target, weight) =>
    ops.nll(needed(x), needed(target), {
      weight: weight ? weight.detach() : null,
      ...z
        .object({ reduction: z.enum(['mean', 'sum', 'none']), ignoreIndex: z.number().default(-100) })
        .parse(options),
    }),
  gather: (_options, table, index) => ops.gather(needed(table), needed(index)),
  embedding: (options, table, index) =>
    ops.embedding(
      needed(index),
      needed(table),
      z.object({ paddingIdx: z.number() }).parse(options).paddingIdx,
    ),
};
