// Reference kernels: normalizations, softmax and the likelihood loss.
import type { OpAttributes } from '#core/ops/signatures';
import { numel, type Shape } from '#core/tensor/shape';

import { accumulate, at, read, write, zerosOf } from './arrays';
import { maybe, tensorAt, type Kernel, type KernelCall } from './kernel';

/** How the elements of a tensor fall into groups with one mean, and which weight each takes. */
interface Grouping {
  readonly groups: number;
  readonly groupOf: (element: number) => number;
  readonly weightOf: (element: number) => number;
  readonly weights: number;
}

function perChannel(shape: Shape): Grouping {
  const [channels, inner] = [shape[1] ?? 1, numel(shape.slice(2))];
  const channel = (element: number): number => Math.floor(element / inner) % channels;
  return { groups: channels, groupOf: channel, weightOf: channel, weights: channels };
}
const perRow = (shape: Shape, size: number): Grouping => ({
  groups: numel(shape) / size,
  groupOf: (element) => Math.floor(element / size),
  weightOf: (element) => element % size,
  weights: size,
});
function perGroup(shape: Shape, groups: number): Grouping {
  const size = numel(shape.slice(1)) / groups;
  return {
    ...perChannel(shape),
    groups: (shape[0] ?? 1) * groups,
    groupOf: (element) => Math.floor(element / size),
  };
}

/** Means, 1/√(var + eps) and biased variances per group. */
function statistics(x: readonly number[], { groups, groupOf }: Grouping, eps: number) {
  const [counts, means, variances] = [zerosOf([groups]), zerosOf([groups]), zerosOf([groups])];
  x.forEach((value, element) => {
    accumulate(counts, groupOf(element), 1);
    accumulate(means, groupOf(element), value);
  });
  counts.forEach((count, group) => (means[group] = at(means, group) / count));
  x.forEach((value, element) =>
    accumulate(variances, groupOf(element), (value - at(means, groupOf(element))) ** 2),
  );
  counts.forEach((count, group) => (variances[group] = at(variances, group) / count));
  return { counts, means, variances, inverses: variances.map((variance) => 1 / Math.sqrt(variance + eps)) };
}

function normalize(
  call: Pick<KernelCall<'layer_norm'>, 'inputs' | 'outputs'>,
  grouping: Grouping,
  eps: number,
) {
  const x = read(tensorAt(call.inputs, 0));
  const [weight, bias] = [maybe(call.inputs, 1), maybe(call.inputs, 2)];
  const found = statistics(x, grouping, eps);
  const y = x.map((value, element) => {
    const group = grouping.groupOf(element);
    const normal = (value - at(found.means, group)) * at(found.inverses, group);
    return (
      normal * (weight ? at(weight, grouping.weightOf(element)) : 1) +
      (bias ? at(bias, grouping.weightOf(element)) : 0)
    );
  });
  write(tensorAt(call.outputs, 0), y);
  write(tensorAt(call.outputs, 1), found.means);
  write(tensorAt(call.outputs, 2), found.inverses);
  return found;
}

function normalizeGradient(
  call: Pick<KernelCall<'layer_norm_gradient'>, 'inputs' | 'outputs'>,
  grouping: Grouping,
): void {
  const { inputs, outputs } = call;
  const [gy, x, weight] = [read(tensorAt(inputs, 0)), read(tensorAt(inputs, 1)), maybe(inputs, 2)];
  const [means, inverses] = [read(tensorAt(inputs, 3)), read(tensorAt(inputs, 4))];
  const [gw, gb] = [zerosOf([grouping.weights]), zerosOf([grouping.weights])];
  const [counts, sums, dots] = [
    zerosOf([grouping.groups]),
    zerosOf([grouping.groups]),
    zerosOf([grouping.groups]),
  ];
  const normal = x.map(
    (value, element) =>
      (value - at(means, grouping.groupOf(element))) * at(inverses, grouping.groupOf(element)),
  );
  const scaled = gy.map((value, element) => value * (weight ? at(weight, grouping.weightOf(element)) : 1));
  gy.forEach((value, element) => {
    const group = grouping.groupOf(element);
    accumulate(gw, grouping.weightOf(element), value * at(normal, element));
    accumulate(gb, grouping.weightOf(element), value);
    accumulate(counts, group, 1);
    accumulate(sums, group, at(scaled, element));
    accumulate(dots, group, at(scaled, element) * at(normal, element));
  });
  const gx = scaled.map((value, element) => {
    const group = grouping.groupOf(element);
    const count = at(counts, group);
    return (
      at(inverses, group) *
      (value - at(sums, group) / count - (at(normal, element) * at(dots, group)) / count)
    );
  });
  write(tensorAt(outputs, 0), gx);
  write(tensorAt(outputs, 1), gw);
  write(tensorAt(outputs, 2), gb);
}

export const batchNorm: Kernel<'batch_norm'> = (call) => {
  const { inputs, attributes } = call;
  const { means, variances, counts } = normalize(call, perChannel(tensorAt(inputs, 0).shape), attributes.eps);
  const [mean, variance, tracked] = [inputs[3], inputs[4], inputs[5]];
  const batches = tracked ? at(read(tracked), 0) + 1 : 1;
  if (tracked) write(tracked, [batches]);
  const momentum = attributes.momentum ?? 1 / batches;
  if (mean)
    write(
      mean,
      read(mean).map((old, c) => (1 - momentum) * old + momentum * at(means, c)),
    );
  const unbiased = variances.map((value, c) => (value * at(counts, c)) / (at(counts, c) - 1));
  if (variance)
    write(
      variance,
      read(variance).map((old, c) => (1 - momentum) * old + momentum * at(unbiased, c)),
    );
};
export const layerNorm: Kernel<'layer_norm'> = (call) => {
  normalize(call, perRow(tensorAt(call.inputs, 0).shape, call.attributes.size), call.attributes.eps);
};
export const groupNorm: Kernel<'group_norm'> = (call) => {
  normalize(call, perGroup(tensorAt(call.inputs, 0).shape, call.attributes.groups), call.attributes.eps);
};
export const batchNormGradient: Kernel<'batch_norm_gradient'> = (call) =>
  normalizeGradient(call, perChannel(tensorAt(call.inputs, 1).shape));
export const layerNormGradient: Kernel<'layer_norm_gradient'> = (call) =>
  normalizeGradient(call, perRow(tensorAt(call.inputs, 1).shape, call.attributes.size));
export const groupNormGradient: Kernel<'group_norm_gradient'> = (call) =>
  normalizeGradient(call, perGroup(tensorAt(call.inputs, 1).shape, call.attributes.groups));

/** Calls `body` with the positions of every line along `axis`. */
function eachLine(shape: Shape, axis: number, body: (positions: number[]) => void): void {
  const [size, inner] = [shape[axis] ?? 1, numel(shape.slice(axis + 1))];
  const outer = numel(shape.slice(0, axis));
  for (let line = 0; line < outer * inner; line++) {
    const start = Math.floor(line / inner) * size * inner + (line % inner);
    body(Array.from({ length: size }, (_, k) => start + k * inner));
  }
}

function normalized(
  call: Pick<KernelCall<'softmax'>, 'inputs' | 'outputs' | 'attributes'>,
  isLog: boolean,
): void {
  const x = tensorAt(call.inputs, 0);
  const values = read(x);
  const y = zerosOf(x.shape);
  eachLine(x.shape, call.attributes.axis, (line) => {
    const most = Math.max(...line.map((p) => at(values, p)));
    const total = line.reduce((sum, p) => sum + Math.exp(at(values, p) - most), 0);
    for (const p of line)
      y[p] = isLog ? at(values, p) - most - Math.log(total) : Math.exp(at(values, p) - most) / total;
  });
  write(tensorAt(call.outputs, 0), y);
}
export const softmax: Kernel<'softmax'> = (call) => normalized(call, false);
export const logSoftmax: Kernel<'log_softmax'> = (call) => normalized(call, true);

function normalizedGradient(
  call: Pick<KernelCall<'softmax_gradient'>, 'inputs' | 'outputs' | 'attributes'>,
  isLog: boolean,
): void {
  const [gy, y] = [read(tensorAt(call.inputs, 0)), read(tensorAt(call.inputs, 1))];
  const { shape } = tensorAt(call.inputs, 0);
  const gx = zerosOf(shape);
  eachLine(shape, call.attributes.axis, (line) => {
    const total = line.reduce((sum, p) => sum + at(gy, p) * (isLog ? 1 : at(y, p)), 0);
    for (const p of line)
      gx[p] = isLog ? at(gy, p) - Math.exp(at(y, p)) * total : at(y, p) * (at(gy, p) - total);
  });
  write(tensorAt(call.outputs, 0), gx);
}
export const softmaxGradient: Kernel<'softmax_gradient'> = (call) => normalizedGradient(call, false);
export const logSoftmaxGradient: Kernel<'log_softmax_gradient'> = (call) => normalizedGradient(call, true);

/** Calls `visit` for every target that counts, with its class's position in logp and its weight. */
function eachTarget(
  shape: Shape,
  targets: readonly number[],
  weight: readonly number[] | null,
  ignored: number,
  visit: (target: number, position: number, weight: number) => void,
): void {
  const [classes, inner] = [shape[1] ?? 1, numel(shape.slice(2))];
  targets.forEach((target, index) => {
    if (target === ignored) return;
    if (target < 0 || target >= classes) throw new Error(`Target ${target} is out of bounds.`);
    const position = Math.floor(index / inner) * classes * inner + target * inner + (index % inner);
    visit(index, position, weight ? at(weight, target) : 1);
  });
}

export const nll: Kernel<'nll'> = ({ inputs, outputs, attributes: { ignore_index, reduction } }) => {
  const logp = tensorAt(inputs, 0);
  const values = read(logp);
  const losses = zerosOf(tensorAt(inputs, 1).shape);
  let total = 0;
  eachTarget(
    logp.shape,
    read(tensorAt(inputs, 1)),
    maybe(inputs, 2),
    ignore_index,
    (index, position, weight) => {
      losses[index] = -weight * at(values, position);
      total += weight;
    },
  );
  const sum = losses.reduce((a, b) => a + b, 0);
  write(tensorAt(outputs, 0), reduction === 'none' ? losses : [reduction === 'sum' ? sum : sum / total]);
  write(tensorAt(outputs, 1), [total]);
};

export const nllGradient: Kernel<'nll_gradient'> = ({
  inputs,
  outputs,
  attributes: { ignore_index, reduction, shape },
}) => {
  const gy = read(tensorAt(inputs, 0));
  const total = at(read(tensorAt(inputs, 3)), 0);
  const gx = zerosOf(shape);
  eachTarget(shape, read(tensorAt(inputs, 1)), maybe(inputs, 2), ignore_index, (index, position, weight) => {
    const share = reduction === 'none' ? at(gy, index) : reduction === 'sum' ? at(gy, 0) : at(gy, 0) / total;
    gx[position] = -weight * share;
  });
  write(tensorAt(outputs, 0), gx);
};

export const crossEntropyGradient: Kernel<'cross_entropy_gradient'> = ({ inputs, outputs, attributes }) => {
  const { shape } = tensorAt(outputs, 0);
  nllGradient({ inputs: inputs.slice(0, 4), outputs, attributes: { ...attributes, shape } });
  logSoftmaxGradient({
    inputs: [tensorAt(outputs, 0), tensorAt(inputs, 4)],
    outputs,
    attributes: { axis: 1 },
  });
};

/** Positions of element c of query, key or value (part 0 to 2) of a step in qkv [n, t, 3·e]. */
const partAt =
  (t: number, e: number, size: number) =>
  (n: number, step: number, head: number, part: number, c: number): number =>
    ((n * t + step) * 3 + part) * e + head * size + c;

/** Calls visit(sample, head, query, its scores up to the last key it sees). */
function eachQuery(
  qkv: { readonly shape: readonly number[]; readonly values: readonly number[] },
  { heads, scale, is_causal }: OpAttributes['self_attention'],
  visit: (n: number, head: number, query: number, scores: readonly number[]) => void,
): void {
  const [samples = 0, t = 0, columns = 0] = qkv.shape;
  const [e, size] = [columns / 3, columns / 3 / heads];
  const place = partAt(t, e, size);
  for (let n = 0; n < samples; n++)
    for (let head = 0; head < heads; head++)
      for (let i = 0; i < t; i++) {
        const scores = Array.from({ length: is_causal ? i + 1 : t }, (_, j) => {
          let sum = 0;
          for (let c = 0; c < size; c++)
            sum += at(qkv.values, place(n, i, head, 0, c)) * at(qkv.values, place(n, j, head, 1, c));
          return sum * scale;
        });
        visit(n, head, i, scores);
      }
}

export const selfAttention: Kernel<'self_attention'> = ({ inputs, outputs, attributes }) => {
  const { shape } = tensorAt(inputs, 0);
  const values = read(tensorAt(inputs, 0));
  const [, t = 0, columns = 0] = shape;
  const [e, size] = [columns / 3, columns / 3 / attributes.heads];
  const place = partAt(t, e, size);
  const y = zerosOf(tensorAt(outputs, 0).shape);
  const logarithms = zerosOf(tensorAt(outputs, 1).shape);
  eachQuery({ shape, values }, attributes, (n, head, i, scores) => {
    const largest = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    logarithms[(n * attributes.heads + head) * t + i] = largest + Math.log(total);
    scores.forEach((score, j) => {
      const share = Math.exp(score - largest) / total;
      for (let c = 0; c < size; c++)
        accumulate(y, (n * t + i) * e + head * size + c, share * at(values, place(n, j, head, 2, c)));
    });
  });
  write(tensorAt(outputs, 0), y);
  write(tensorAt(outputs, 1), logarithms);
};

export const selfAttentionGradient: Kernel<'self_attention_gradient'> = ({ inputs, outputs, attributes }) => {
  const [gy, values, y, lse] = [0, 1, 2, 3].map((index) => read(tensorAt(inputs, index)));
  const { shape } = tensorAt(inputs, 1);
  const [, t = 0, columns = 0] = shape;
  const [e, size] = [columns / 3, columns / 3 / attributes.heads];
  const place = partAt(t, e, size);
  const gqkv = zerosOf(shape);
  if (!gy || !values || !y || !lse) throw new Error('four inputs');
  eachQuery({ shape, values }, attributes, (n, head, i, scores) => {
    const own = (c: number): number => (n * t + i) * e + head * size + c;
    let mean = 0;
    for (let c = 0; c < size; c++) mean += at(gy, own(c)) * at(y, own(c));
    scores.forEach((score, j) => {
      const share = Math.exp(score - at(lse, (n * attributes.heads + head) * t + i));
      let slope = -mean;
      for (let c = 0; c < size; c++) slope += at(gy, own(c)) * at(values, place(n, j, head, 2, c));
      slope *= share * attributes.scale;
      for (let c = 0; c < size; c++) {
        accumulate(gqkv, place(n, j, head, 2, c), share * at(gy, own(c)));
        accumulate(gqkv, place(n, i, head, 0, c), slope * at(values, place(n, j, head, 1, c)));
        accumulate(gqkv, place(n, j, head, 1, c), slope * at(values, place(n, i, head, 0, c)));
      }
    });
  });
  write(tensorAt(outputs, 0), gqkv);
};
