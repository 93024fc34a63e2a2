// Reference kernels: matrix products, convolutions and pools, straight from their definitions.
import { PRODUCT_INPUTS, type ConvolutionAttributes, type WindowAttributes } from '#core/ops/signatures';
import { fromBFloat16Bits, toBFloat16Bits } from '#core/tensor/half-precision';
import { numel, type Shape } from '#core/tensor/shape';

import { accumulate, at, indices, place, read, write, zerosOf } from './arrays';
import { maybe, tensorAt, type Kernel } from './kernel';
import { elementwise } from './movement';

const sizeAt = (shape: Shape, axis: number): number => shape.at(axis) ?? 1;

/** Numbers rounded to bfloat16 where a product's attribute says so. */
const rounded = (values: number[], to: string | null | undefined): number[] =>
  to ? values.map((value) => fromBFloat16Bits(toBFloat16Bits(Math.fround(value)))) : values;

export const matmul: Kernel<'matmul'> = ({ inputs, outputs, attributes }) => {
  const { transpose_a, transpose_b, precision, rounds } = attributes;
  const [a, b, y] = [tensorAt(inputs, 0), tensorAt(inputs, 1), tensorAt(outputs, 0)];
  const [left, right] = [rounded(read(a), precision), rounded(read(b), precision)];
  const [m, n] = [sizeAt(y.shape, -2), sizeAt(y.shape, -1)];
  const k = sizeAt(a.shape, transpose_a ? -2 : -1);
  const isShared = b.shape.length === 2;
  write(
    y,
    rounded(
      [...indices([numel(y.shape.slice(0, -2)), m, n])].map(([batch = 0, row = 0, column = 0]) => {
        let sum = 0;
        for (let inner = 0; inner < k; inner++)
          sum +=
            at(left, batch * m * k + (transpose_a ? inner * m + row : row * k + inner)) *
            at(
              right,
              (isShared ? 0 : batch * k * n) + (transpose_b ? column * k + inner : inner * n + column),
            );
        return sum;
      }),
      rounds,
    ),
  );
};

export const linear: Kernel<'linear'> = ({ inputs, outputs, attributes: { precision, rounds } }) => {
  const [x, weight] = [0, 1].map((index) => rounded(read(tensorAt(inputs, index)), precision)) as [
    number[],
    number[],
  ];
  const bias = maybe(inputs, 2);
  const [out, features] = [sizeAt(tensorAt(inputs, 1).shape, 0), sizeAt(tensorAt(inputs, 1).shape, 1)];
  const y = tensorAt(outputs, 0);
  write(
    y,
    rounded(
      [...indices([numel(y.shape.slice(0, -1)), out])].map(([row = 0, column = 0]) => {
        let sum = bias ? at(bias, column) : 0;
        for (let k = 0; k < features; k++)
          sum += at(x, row * features + k) * at(weight, column * features + k);
        return sum;
      }),
      rounds,
    ),
  );
};

export const linearGelu: Kernel<'linear_gelu'> = ({ inputs, outputs, attributes }) => {
  const [y, slope] = [tensorAt(outputs, 0), tensorAt(outputs, 1)];
  linear({ inputs, outputs: [slope], attributes });
  elementwise({ inputs: [slope], outputs: [y], attributes: { steps: [['gelu', 0]], constants: [] } });
  elementwise({
    inputs: [slope],
    outputs: [slope],
    attributes: { steps: [['gelu_slope', 0]], constants: [] },
  });
};

export const matmulElementwise: Kernel<'matmul_elementwise'> = ({ inputs, outputs, attributes }) => {
  const own = PRODUCT_INPUTS.matmul_elementwise;
  matmul({ inputs: inputs.slice(0, own), outputs, attributes });
  elementwise({ inputs: [tensorAt(outputs, 0), ...inputs.slice(own)], outputs, attributes });
};

export const linearElementwise: Kernel<'linear_elementwise'> = ({ inputs, outputs, attributes }) => {
  const own = PRODUCT_INPUTS.linear_elementwise;
  linear({ inputs: inputs.slice(0, own), outputs, attributes });
  elementwise({ inputs: [tensorAt(outputs, 0), ...inputs.slice(own)], outputs, attributes });
};

/** Calls `visit` with the flat positions of every product of a convolution of `x` by `weight` to `y`. */
function eachProduct(
  x: Shape,
  weight: Shape,
  y: Shape,
  { stride, padding, dilation, groups }: ConvolutionAttributes,
  visit: (x: number, weight: number, y: number) => void,
): void {
  const perGroup = sizeAt(weight, 1);
  const outPerGroup = sizeAt(weight, 0) / groups;
  for (const out of indices(y)) {
    const [batch = 0, channel = 0, ...spatial] = out;
    const group = Math.floor(channel / outPerGroup);
    for (const tap of indices(weight.slice(1))) {
      const [input = 0, ...kernel] = tap;
      const source = spatial.map(
        (n, axis) =>
          n * at(stride as number[], axis) -
          at(padding as number[], 2 * axis) +
          at(kernel, axis) * at(dilation as number[], axis),
      );
      if (source.some((n, axis) => n < 0 || n >= sizeAt(x, axis + 2))) continue;
      visit(
        place([batch, group * perGroup + input, ...source], x),
        place([channel, ...tap], weight),
        place(out, y),
      );
    }
  }
}

function addBias(values: number[], shape: Shape, bias: number[] | null): void {
  if (bias)
    for (const index of indices(shape)) accumulate(values, place(index, shape), at(bias, at(index, 1)));
}

export const convolution: Kernel<'convolution'> = ({ inputs, outputs, attributes }) => {
  const [x, weight, y] = [tensorAt(inputs, 0), tensorAt(inputs, 1), tensorAt(outputs, 0)];
  const [xs, ws, ys] = [read(x), read(weight), zerosOf(y.shape)];
  eachProduct(x.shape, weight.shape, y.shape, attributes, (i, w, o) =>
    accumulate(ys, o, at(xs, i) * at(ws, w)),
  );
  addBias(ys, y.shape, maybe(inputs, 2));
  write(y, ys);
};

export const convolutionInputGradient: Kernel<'convolution_input_gradient'> = ({
  inputs,
  outputs,
  attributes,
}) => {
  const [gy, weight, gx] = [tensorAt(inputs, 0), tensorAt(inputs, 1), tensorAt(outputs, 0)];
  const [gys, ws, gxs] = [read(gy), read(weight), zerosOf(gx.shape)];
  eachProduct(gx.shape, weight.shape, gy.shape, attributes, (i, w, o) =>
    accumulate(gxs, i, at(gys, o) * at(ws, w)),
  );
  addBias(gxs, gx.shape, maybe(inputs, 2));
  write(gx, gxs);
};

export const convolutionWeightGradient: Kernel<'convolution_weight_gradient'> = ({
  inputs,
  outputs,
  attributes,
}) => {
  const [gy, x, gw] = [tensorAt(inputs, 0), tensorAt(inputs, 1), tensorAt(outputs, 0)];
  const [gys, xs, gws] = [read(gy), read(x), zerosOf(gw.shape)];
  eachProduct(x.shape, gw.shape, gy.shape, attributes, (i, w, o) =>
    accumulate(gws, w, at(gys, o) * at(xs, i)),
  );
  write(gw, gws);
};

/** The positions of a window inside the input plane; `counted` also counts padding. */
function windowAt(
  x: Shape,
  spatial: readonly number[],
  { kernel, stride, padding, dilation }: WindowAttributes,
) {
  const plane = x.slice(2);
  const inside: number[] = [];
  let counted = 0;
  for (const tap of indices(kernel)) {
    const source = spatial.map(
      (n, axis) =>
        n * at(stride as number[], axis) -
        at(padding as number[], 2 * axis) +
        at(tap, axis) * at(dilation as number[], axis),
    );
    if (source.every((n, axis) => n < sizeAt(plane, axis) + at(padding as number[], 2 * axis + 1))) counted++;
    if (source.every((n, axis) => n >= 0 && n < sizeAt(plane, axis))) inside.push(place(source, plane));
  }
  return { inside, counted };
}

export const maxPool: Kernel<'max_pool'> = ({ inputs, outputs, attributes }) => {
  const x = tensorAt(inputs, 0);
  const values = read(x);
  const y = tensorAt(outputs, 0);
  const plane = numel(x.shape.slice(2));
  const best = [...indices(y.shape)].map(([batch = 0, channel = 0, ...spatial]) => {
    const start = (batch * sizeAt(x.shape, 1) + channel) * plane;
    const { inside } = windowAt(x.shape, spatial, attributes);
    return inside.reduce((winner, other) => {
      const [now, next] = [at(values, start + winner), at(values, start + other)];
      return next > now || (Number.isNaN(next) && !Number.isNaN(now)) ? other : winner;
    });
  });
  const perChannel = numel(y.shape.slice(2));
  write(
    y,
    best.map((winner, index) => at(values, Math.floor(index / perChannel) * plane + winner)),
  );
  write(tensorAt(outputs, 1), best);
};

export const maxPoolGradient: Kernel<'max_pool_gradient'> = ({ inputs, outputs, attributes: { shape } }) => {
  const gy = read(tensorAt(inputs, 0));
  const gx = zerosOf(shape);
  const perChannel = numel(tensorAt(inputs, 0).shape.slice(2));
  read(tensorAt(inputs, 1)).forEach((winner, index) =>
    accumulate(gx, Math.floor(index / perChannel) * numel(shape.slice(2)) + winner, at(gy, index)),
  );
  write(tensorAt(outputs, 0), gx);
};

type Average = WindowAttributes & {
  readonly count_include_pad: boolean;
  readonly divisor_override: number | null;
};
function averages(
  x: Shape,
  y: Shape,
  attributes: Average,
  visit: (x: number, y: number, share: number) => void,
): void {
  for (const index of indices(y)) {
    const [batch = 0, channel = 0, ...spatial] = index;
    const { inside, counted } = windowAt(x, spatial, attributes);
    const divisor = attributes.divisor_override ?? (attributes.count_include_pad ? counted : inside.length);
    const start = (batch * sizeAt(x, 1) + channel) * numel(x.slice(2));
    for (const source of inside) visit(start + source, place(index, y), 1 / divisor);
  }
}

function adaptiveCells(x: Shape, y: Shape, visit: (x: number, y: number, share: number) => void): void {
  for (const index of indices(y)) {
    const [batch = 0, channel = 0, ...spatial] = index;
    const from = spatial.map((n, axis) => Math.floor((n * sizeAt(x, axis + 2)) / sizeAt(y, axis + 2)));
    const cell = spatial.map(
      (n, axis) => Math.ceil(((n + 1) * sizeAt(x, axis + 2)) / sizeAt(y, axis + 2)) - at(from, axis),
    );
    for (const tap of indices(cell))
      visit(
        place([batch, channel, ...tap.map((n, axis) => n + at(from, axis))], x),
        place(index, y),
        1 / numel(cell),
      );
  }
}

export const avgPool: Kernel<'avg_pool'> = ({ inputs, outputs, attributes }) => {
  const [x, y] = [tensorAt(inputs, 0), tensorAt(outputs, 0)];
  const [xs, ys] = [read(x), zerosOf(y.shape)];
  averages(x.shape, y.shape, attributes, (i, o, share) => accumulate(ys, o, at(xs, i) * share));
  write(y, ys);
};
export const avgPoolGradient: Kernel<'avg_pool_gradient'> = ({ inputs, outputs, attributes }) => {
  const [gy, gx] = [tensorAt(inputs, 0), tensorAt(outputs, 0)];
  const [gys, gxs] = [read(gy), zerosOf(gx.shape)];
  averages(gx.shape, gy.shape, attributes, (i, o, share) => accumulate(gxs, i, at(gys, o) * share));
  write(gx, gxs);
};
export const adaptiveAvgPool: Kernel<'adaptive_avg_pool'> = ({ inputs, outputs }) => {
  const [x, y] = [tensorAt(inputs, 0), tensorAt(outputs, 0)];
  const [xs, ys] = [read(x), zerosOf(y.shape)];
  adaptiveCells(x.shape, y.shape, (i, o, share) => accumulate(ys, o, at(xs, i) * share));
  write(y, ys);
};
export const adaptiveAvgPoolGradient: Kernel<'adaptive_avg_pool_gradient'> = ({ inputs, outputs }) => {
  const [gy, gx] = [tensorAt(inputs, 0), tensorAt(outputs, 0)];
  const [gys, gxs] = [read(gy), zerosOf(gx.shape)];
  adaptiveCells(gx.shape, gy.shape, (i, o, share) => accumulate(gxs, i, at(gys, o) * share));
  write(gx, gxs);
};
