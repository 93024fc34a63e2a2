// `lazuli probe`: runs one layer or loss on given values and returns its outputs and gradients, all as nested lists.
import { LazuliError } from '../errors';
import { findLoss, type LossDeclaration } from '../losses';
import * as ops from '../ops';
import type { NestedArray } from '../ops/create';
import type { DType } from '../tensor/dtype';
import { formatShape, shapesEqual } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { findLayer, layerNamed } from './index';
import type { Inference, LayerDeclaration, TensorSpec } from './declaration';
import { parseParams } from './parse';
import { differentiate, runLayer, type Run } from './run';
import { isCompatible } from './shapes';

/**
 * What is asked. Arrays are nested lists; an array of no elements may be `{shape, data: []}`; `"NaN"`, `"Infinity"` and
 * `"-Infinity"` stand for what JSON cannot write. A loss's inputs are output and target.
 */
export interface ProbeCase {
  /** A layer's or loss's type, or PyTorch name (`Conv2d`, `CrossEntropyLoss`). */
  readonly layer?: string;
  readonly loss?: string;
  /** PyTorch keywords; an absent one has PyTorch's default, a blank size comes from the inputs. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Default true, as a new torch.nn.Module. */
  readonly training?: boolean;
  /** float32 (the default) or float64. */
  readonly dtype?: string;
  readonly weights?: Readonly<Record<string, unknown>>;
  readonly buffers?: Readonly<Record<string, unknown>>;
  readonly inputs: readonly unknown[];
  /** Default: ones. */
  readonly grad_outputs?: readonly unknown[];
}

/** A number, or `"NaN"`, `"Infinity"`, `"-Infinity"`; lists of these. */
export type ProbeArray = number | string | readonly ProbeArray[];

export interface ProbeResult {
  readonly outputs: readonly ProbeArray[];
  /** Null for inputs that have no gradient. */
  readonly grad_inputs: readonly (ProbeArray | null)[];
  readonly grad_weights: Readonly<Record<string, ProbeArray | null>>;
  readonly buffers_after: Readonly<Record<string, ProbeArray>>;
}

/** Runs a case on the open CPU backend. Throws `usage`, `parameter_invalid`, `shape_mismatch` or `weights_mismatch`. */
export function probe(given: ProbeCase): ProbeResult {
  const name = given.layer ?? given.loss;
  if (typeof name !== 'string' || !Array.isArray(given.inputs))
    throw new LazuliError('usage', 'a probe case needs "layer" and "inputs"', {
      expected: '{"layer": name, "inputs": [array, ...]}',
      got: JSON.stringify(Object.keys(given)),
    });
  const dtype = given.dtype ?? 'float32';
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new LazuliError('usage', `a probe runs in float32 or float64, got ${dtype}`, {
      where: 'dtype',
      got: dtype,
    });
  return ops.scope(() => {
    const loss = given.loss !== undefined || !findLayer(name) ? findLoss(name) : null;
    return loss ? probeLoss(loss, given, dtype) : probeLayer(layerNamed(name), given, dtype);
  });
}

function probeLayer(layer: LayerDeclaration, given: ProbeCase, dtype: DType): ProbeResult {
  const raw = parseParams(layer, given.params ?? {}, 'torch');
  const inputs = connected(given.inputs).map((value, index) => {
    const port = layer.inputs[Math.min(index, layer.inputs.length - 1)];
    const isBool =
      port?.content === 'mask' && [value].flat(Infinity).some((item) => typeof item === 'boolean');
    return readTensor(
      `inputs[${index}]`,
      value,
      port?.content === 'index' ? 'int64' : isBool ? 'bool' : dtype,
    );
  });
  const shapes = inputs.map(({ shape }) => shape);
  const params = parseParams(layer, { ...raw, ...layer.inferSizes?.(raw, shapes) }, 'torch');
  refuseProblems(layer.type, layer.infer(params, shapes));
  const specs = layer.tensors?.(params) ?? [];
  const tensors = Object.fromEntries(specs.map((spec) => [spec.name, tensorFor(spec, given, dtype)]));
  let streams = 0;
  const run = runLayer(layer, {
    params,
    inputs,
    tensors,
    isTraining: given.training ?? true,
    random: { state: ops.zeros([2], 'int64'), nextStream: () => streams++ },
    gradOutputs: readGradients(given, dtype),
  });
  const buffers = specs.flatMap(({ kind, name }) => (kind === 'buffer' ? [name] : []));
  return resultOf(run, Object.fromEntries(buffers.map((name) => [name, tensors[name]])));
}

/** The inputs without trailing nulls: optional ones that are not there. */
const connected = (inputs: readonly unknown[]): readonly unknown[] =>
  inputs.slice(0, inputs.findLastIndex((value) => value !== null) + 1);

function probeLoss(loss: LossDeclaration, given: ProbeCase, dtype: DType): ProbeResult {
  const params = parseParams(loss, given.params ?? {}, 'torch');
  const input = readTensor('inputs[0]', given.inputs[0], dtype);
  const values = readTensor('inputs[1]', given.inputs[1], 'float64');
  const isClass = loss.targets[0] === 'class' && values.rank < input.rank;
  const target = isClass ? ops.cast(values, 'int64') : ops.cast(values, dtype);
  refuseProblems(loss.type, loss.infer(params, input.shape, target.shape));
  const run = differentiate({
    inputs: [input],
    weights: {},
    gradOutputs: readGradients(given, dtype),
    forward: ([leaf = input]) => [loss.lower({ params, input: leaf, target })],
  });
  return resultOf({ ...run, gradInputs: [...run.gradInputs, null] }, {});
}

const readGradients = ({ grad_outputs = [] }: ProbeCase, dtype: DType): (Tensor | null)[] =>
  grad_outputs.map((value, index) =>
    value === null || value === undefined ? null : readTensor(`grad_outputs[${index}]`, value, dtype),
  );

function refuseProblems(where: string, inference: Inference): void {
  if (!('problems' in inference)) return;
  const [first] = inference.problems;
  throw new LazuliError(
    'shape_mismatch',
    `${where}: ${inference.problems.map(({ message }) => message).join('; ')}`,
    {
      where: first?.where ?? where,
      ...(first?.expected === undefined ? {} : { expected: first.expected }),
      ...(first?.got === undefined ? {} : { got: first.got }),
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
    },
  );
}

/** The values given for a tensor of the layer. A buffer that is not given starts as a new layer's does. */
function tensorFor(spec: TensorSpec, given: ProbeCase, dtype: DType): Tensor {
  const value = given.weights?.[spec.name] ?? given.buffers?.[spec.name];
  const type = spec.dtype ?? dtype;
  const shape = spec.shape.map((size) => size ?? 0);
  if (value === undefined || value === null) {
    if (spec.kind === 'buffer') return ops.full(shape, spec.initializer.kind === 'ones' ? 1 : 0, type);
    throw new LazuliError('weights_mismatch', `weights.${spec.name} is missing`, {
      where: `weights.${spec.name}`,
      expected: formatShape(shape),
      got: 'nothing',
    });
  }
  const tensor = readTensor(`weights.${spec.name}`, value, type);
  if (!isCompatible(spec.shape, tensor.shape))
    throw new LazuliError(
      'weights_mismatch',
      `${spec.name}: expected ${formatShape(shape)}, got ${formatShape(tensor.shape)}`,
      {
        where: `weights.${spec.name}`,
        expected: formatShape(shape),
        got: formatShape(tensor.shape),
      },
    );
  return tensor;
}

/** A tensor of nested lists, or of `{shape, data}` with flat or nested data. */
function readTensor(where: string, value: unknown, dtype: DType): Tensor {
  try {
    if (typeof value !== 'object' || value === null || !('shape' in value && 'data' in value))
      return ops.fromArray(numbersOf(value), dtype);
    const shape = Array.isArray(value.shape) ? value.shape.map(Number) : [];
    const tensor = ops.fromArray(numbersOf(value.data), dtype);
    return shapesEqual(tensor.shape, shape) ? tensor : ops.reshape(tensor, shape);
  } catch (error) {
    if (error instanceof LazuliError)
      throw new LazuliError('usage', `${where}: ${error.message}`, { ...error.details, where });
    throw error;
  }
}

function numbersOf(value: unknown): NestedArray {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(nan|[+-]?inf(inity)?)$/i.test(value.trim()))
    return /nan/i.test(value) ? NaN : value.trim().startsWith('-') ? -Infinity : Infinity;
  if (Array.isArray(value)) return value.map(numbersOf);
  throw new LazuliError(
    'usage',
    `expected a number or a list of numbers, got ${JSON.stringify(value) ?? 'nothing'}`,
  );
}

function resultOf(run: Run, buffers: Readonly<Record<string, Tensor | undefined>>): ProbeResult {
  const lists = (record: Readonly<Record<string, Tensor | null>>) =>
    Object.fromEntries(Object.entries(record).map(([name, tensor]) => [name, tensor && listOf(tensor)]));
  return {
    outputs: run.outputs.map(listOf),
    grad_inputs: run.gradInputs.map((tensor) => tensor && listOf(tensor)),
    grad_weights: lists(run.gradWeights),
    buffers_after: Object.fromEntries(
      Object.entries(buffers).flatMap(([name, tensor]) => (tensor ? [[name, listOf(tensor)]] : [])),
    ),
  };
}

/** Nested lists that JSON can write. */
function listOf(tensor: Tensor): ProbeArray {
  const plain = (value: NestedArray): ProbeArray => {
    if (typeof value === 'object') return value.map(plain);
    const item = Number(value);
    return Number.isFinite(item) ? item : String(item);
  };
  return plain(ops.toArray(tensor));
}
