// `lazuli probe` on every example, all through nested lists, and on what it must refuse.
import { describe, expect, it } from 'vitest';

import { LazuliError } from '#core/errors';
import { probe, type ProbeCase, type ProbeResult } from '#core/layers/probe';
import type { ProbeArray } from '#core/layers/probe-arrays';
import type { ProbeGradients } from '#core/layers/probe-call';
import * as ops from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';
import { decode, readGolden, readLayerGolden, type GoldenAnswer } from './agreement';
import { CASES, inputsOf, weightsOf } from './calls';
import { useNativeBackend } from './native';
import { LOSS_CASES } from './requests';
import { lossValues, tensorOf } from './values';

useNativeBackend();

/** As a JSON file would hold it; an array without elements keeps its shape. */
const given = (tensor: Tensor): unknown =>
  tensor.numel() === 0
    ? { shape: tensor.shape, data: [] }
    : JSON.parse(
        JSON.stringify(ops.toArray(tensor), (_key, value: unknown) =>
          typeof value === 'bigint' ? Number(value) : value,
        ),
      );
const flat = (value: ProbeArray | null): number[] =>
  value === null ? [] : typeof value === 'object' ? value.flatMap(flat) : [Number(value)];

const listed = (gradients: ProbeGradients): readonly (ProbeArray | null)[] => Object.values(gradients);

/** Outputs as lists of their first axis. */
const apart0 = ({ outputs }: ProbeResult): readonly (readonly ProbeArray[])[] =>
  outputs.map((output) => (typeof output === 'object' ? output : [output]));

function expectNear(own: ProbeArray | null, golden: string): void {
  const expected = decode(golden);
  const scale = Math.max(...expected.map(Math.abs), 1e-30);
  const numbers = flat(own);
  expect(numbers.length).toBe(expected.length);
  expected.forEach((value, index) =>
    expect(Math.abs((numbers[index] ?? NaN) - value) <= 1e-10 * scale).toBe(true),
  );
}

/** Whole numbers say so where a layer takes any dtype. */
const typedInput = (item: (typeof CASES)[number], tensor: Tensor, port: number): unknown =>
  item.example.inputDType !== undefined && item.layer.inputs[port]?.content === 'any'
    ? { dtype: tensor.dtype, data: given(tensor) }
    : given(tensor);

describe('probe of layers', () => {
  const golden = readLayerGolden();
  const cases = CASES.filter(({ layer }) => layer.torch !== null);
  it.each(cases.map((item) => [item.name, item] as const))('%s', (name, item) => {
    const answer = item.layer.isRandom === true ? golden[name]?.evaluation : golden[name]?.training;
    if (!answer) throw new Error(`no golden answer for ${name}`);
    const asked = ops.scope((): ProbeCase => {
      const tensors = Object.entries(weightsOf(item, 'float64')).map(([key, tensor]) => [key, given(tensor)]);
      return {
        layer: item.layer.torch ?? '',
        params: item.example.params,
        training: item.layer.isRandom !== true,
        dtype: 'float64',
        weights: Object.fromEntries(tensors) as Record<string, unknown>,
        inputs: inputsOf(item, 'float64').map((tensor, port) => typedInput(item, tensor, port)),
        grad_outputs: answer.outputs.map(({ shape }, port) =>
          given(tensorOf(`${name}/grad_output${port}`, shape, 'float64')),
        ),
      };
    });
    const result = probe(JSON.parse(JSON.stringify(asked)) as ProbeCase);
    const gradients = listed(result.grad_inputs);
    answer.outputs.forEach(({ data }, port) => expectNear(result.outputs[port] ?? null, data));
    answer.grad_inputs.forEach((data, port) => {
      if (data === null) expect(gradients[port]).toBeNull();
      else expectNear(gradients[port] ?? null, data);
    });
    for (const [key, data] of Object.entries(answer.grad_weights ?? {}))
      expectNear(result.grad_weights[key] ?? null, data);
    for (const [key, data] of Object.entries(answer.buffers ?? {}))
      expectNear(result.buffers_after[key] ?? null, data);
  });
});

describe('probe of losses', () => {
  const golden = readGolden<GoldenAnswer>('catalogue-losses.json');
  it.each(LOSS_CASES.map((item) => [item.name, item] as const))('%s', (name, { loss, example }) => {
    const answer = golden[name]?.training;
    if (!answer) throw new Error(`no golden answer for ${name}`);
    const asked = ops.scope((): ProbeCase => {
      const input = lossValues(`${name}/input`, example.input, 'float64', example.inputValues);
      const classes = example.input[example.input.length === 1 ? 0 : 1] ?? 1;
      const target =
        example.targetKind === 'class'
          ? tensorOf(`${name}/target`, example.target, 'int64', classes)
          : lossValues(`${name}/target`, example.target, 'float64', example.targetValues);
      const gradient = tensorOf(`${name}/grad_output0`, example.output, 'float64');
      return {
        layer: loss.torch.replace('torch.nn.', ''),
        params: example.params,
        dtype: 'float64',
        inputs: [input, target].map(given),
        grad_outputs: [given(gradient)],
      };
    });
    const result = probe(asked);
    expectNear(result.outputs[0] ?? null, answer.outputs[0]?.data ?? '');
    const gradients = listed(result.grad_inputs);
    expectNear(gradients[0] ?? null, answer.grad_inputs[0] ?? '');
    if (answer.grad_inputs[1]) expectNear(gradients[1] ?? null, answer.grad_inputs[1]);
    else if (example.isTargetFixed !== true) expect(gradients[1]).toBeNull();
  });
});

describe('probe', () => {
  const refusal = (asked: ProbeCase): LazuliError => {
    try {
      probe(asked);
    } catch (error) {
      if (error instanceof LazuliError) return error;
    }
    throw new Error('probe accepted it');
  };

  it('takes a blank size from the inputs, and buffers as a new layer has them', () => {
    const result = probe({
      layer: 'BatchNorm1d',
      inputs: [
        [
          [1, 2],
          [3, 6],
        ],
      ],
      weights: { weight: [1, 1], bias: [0, 0] },
    });
    expect(result.buffers_after['num_batches_tracked']).toBe(1);
    expect(flat(result.buffers_after['running_mean'] ?? null).map((n) => n.toFixed(4))).toEqual([
      '0.2000',
      '0.4000',
    ]);
  });
  it('has the narrower products of matrices as matmul', () => {
    const batches = { layer: 'torch.bmm', dtype: 'float64', inputs: [[[[1, 2]]], [[[3], [4]]]] };
    expect(probe(batches).outputs).toEqual([[[[11]]]]);
    expect(probe({ layer: 'mm', inputs: [[[1, 2]], [[3], [4]]] }).outputs).toEqual([[[11]]]);
  });
  it('leaves what has a beta of 0 out of a sum with a product, and refuses one that is larger', () => {
    const factors = [[[1, 2]], [[3], [4]]];
    const result = probe({ layer: 'addmm', params: { beta: 0, alpha: 2 }, inputs: [[['nan']], ...factors] });
    expect(result.outputs).toEqual([[[22]]]);
    expect(refusal({ layer: 'addmm', inputs: [[[1], [1]], ...factors] }).details).toMatchObject({
      where: 'input',
      got: '2×1',
    });
    expect(refusal({ layer: 'addmm', inputs: [[[1]], [[1, 2]], [[3]]] }).details).toMatchObject({
      where: 'mat2',
      expected: '2×1',
    });
  });
  it('reads and writes what JSON cannot', () => {
    const result = probe({ layer: 'ReLU', dtype: 'float64', inputs: [['NaN', '-Infinity', 'Infinity', -1]] });
    expect(result.outputs).toEqual([['NaN', 0, 'Infinity', 0]]);
  });
  it('reads "inf" and "nan" in params too, and booleans as masks', () => {
    const far = probe({
      layer: 'PairwiseDistance',
      params: { p: 'inf', eps: 0 },
      inputs: [[[1, -4]], [[0, 1]]],
    });
    expect(far.outputs).toEqual([[5]]);
    const masked = probe({
      layer: 'masked_fill',
      params: { value: 7 },
      inputs: [
        [1, 2],
        [true, false],
      ],
    });
    expect(masked.outputs).toEqual([[7, 2]]);
    expect(masked.grad_inputs).toEqual([[0, 1], null]);
    expect(
      probe({
        layer: 'where',
        inputs: [
          [true, false],
          [1, 2],
          [3, 4],
        ],
      }).outputs,
    ).toEqual([[1, 4]]);
  });
  it('takes inputs by name, in the order of forward, and states as a pair', () => {
    const weights = {
      weight_ih_l0: [[1], [2], [3], [4]],
      weight_hh_l0: [[0.5], [0.5], [0.5], [0.5]],
      bias_ih_l0: [0, 0, 0, 0],
      bias_hh_l0: [0, 0, 0, 0],
    };
    const asked = { layer: 'LSTM', params: { input_size: 1, hidden_size: 1 }, dtype: 'float64', weights };
    const [x, h, c] = [[[[0.5]], [[1]]], [[[0.25]]], [[[-1]]]];
    const apart = probe({ ...asked, inputs: [x, h, c] });
    const paired = probe({ ...asked, inputs: [x, [h, c]] });
    expect(paired.outputs).toEqual(apart.outputs);
    const [gx, gh, gc] = listed(apart.grad_inputs);
    expect(paired.grad_inputs).toEqual([gx, [gh, gc]]);
    const named = probe({ ...asked, inputs: { input: x, hx: [h, c] } });
    expect(named.grad_inputs).toEqual({ input: gx, hx: [gh, gc] });
    const packed = probe({ ...asked, inputs: { input: x, lengths: [1] } });
    const [[first] = []] = apart0(probe({ ...asked, inputs: [x] }));
    expect(apart0(packed)[0]).toEqual([first, [[0]]]);
  });
  it('draws weights that are not given where there is a seed', () => {
    const asked = { layer: 'Linear', params: { in_features: 1, out_features: 2 }, inputs: [[[1]]] };
    expect(refusal(asked).details.hint).toContain('"seed"');
    const result = probe({ ...asked, seed: 0, weights: { bias: [0, 0] } });
    // torch.manual_seed(0); torch.nn.Linear(1, 2).weight
    expect(flat(result.outputs[0] ?? null).map((value) => value.toFixed(4))).toEqual(['-0.0075', '0.5364']);
  });
  it('takes [] for a weight of no elements, and a class by its name after nn', () => {
    const asked = {
      layer: 'nn.AdaptiveLogSoftmaxWithLoss',
      params: { in_features: 6, n_classes: 10, cutoffs: [3, 6] },
      inputs: [[[1, 2, 3, 4, 5, 6]], [8]],
      seed: 0,
    };
    const result = probe({ ...asked, weights: { 'tail.1.0.weight': [] } });
    expect(result.outputs).toEqual(probe(asked).outputs);
    const wrong = { 'tail.1.0.weight': { shape: [0, 3], data: [] } };
    expect(refusal({ ...asked, weights: wrong }).details).toMatchObject({ expected: '0×6', got: '0×3' });
  });
  it.each([
    ['CrossEntropyLoss', {}, [[[1, 2]], [5]], {}, '5'],
    ['Embedding', { num_embeddings: 2, embedding_dim: 1 }, [[7]], { weight: [[1], [2]] }, '7'],
  ])('refuses an index there is not: %s', (layer, params, inputs, weights, got) => {
    expect(refusal({ layer, params, inputs, weights })).toMatchObject({
      code: 'data_invalid',
      details: { where: 'inputs', got },
    });
  });
  it('refuses sizes whose places alone would fill the memory', () => {
    const params = { size: 1_000_000_000 };
    const inputs = [[[[[1, 2]]]]];
    expect(refusal({ layer: 'UpsamplingBilinear2d', params, inputs }).code).toBe('parameter_invalid');
  });
  it('says what is wrong', () => {
    expect(refusal({ layer: 'Conv2', inputs: [] }).details.hint).toBe('did you mean conv2d?');
    expect(refusal({ layer: 'Linear', params: { out_features: 2 }, inputs: [[[1, 2]]] }).message).toBe(
      'weights.weight is missing',
    );
    expect(
      refusal({ layer: 'Linear', params: { in_features: 3, out_features: 2 }, inputs: [[[1, 2]]] }).message,
    ).toBe('linear: in_features: expected 3, got 2');
    expect(
      refusal({
        layer: 'Linear',
        params: { out_features: 1 },
        inputs: [[[1, 2]]],
        weights: { weight: [[1, 2, 3]], bias: [0] },
      }).details,
    ).toMatchObject({ expected: '1×2', got: '1×3' });
    expect(refusal({ layer: 'ReLU', inputs: [[[1], [2, 3]]] }).details.where).toBe('inputs[0]');
    expect(
      refusal({
        layer: 'MSELoss',
        inputs: [
          [1, 2],
          [1, 2, 3],
        ],
      }).message,
    ).toContain('target: expected the shape of the output');
    expect(refusal({ inputs: [] }).code).toBe('usage');
    expect(refusal({ layer: 'ReLU', inputs: [] }).message).toBe("relu: the input 'input' is missing");
    expect(refusal({ layer: 'ReLU', inputs: [[1], [2]] }).message).toBe('relu: 2 inputs are too many');
    expect(refusal({ layer: 'ReLU', inputs: { x: [1] } }).details).toMatchObject({
      where: 'inputs.x',
      expected: 'input',
    });
    expect(refusal({ layer: 'ReLU', inputs: [[1]], buffers: { mean: [0] } }).details.where).toBe(
      'buffers.mean',
    );
    expect(
      refusal({
        layer: 'Embedding',
        params: { num_embeddings: 2, embedding_dim: 1 },
        inputs: [[0.5]],
        weights: { weight: [[1], [2]] },
      }).message,
    ).toContain('expected whole numbers');
  });
});
