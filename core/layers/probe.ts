// `lazuli probe`: runs one layer or loss on given values and returns its outputs and gradients, all as nested lists.
import { LazuliError } from '../errors';
import { findLoss, type LossDeclaration } from '../losses';
import { drawsOf, initialize } from '../nn/initialize';
import { Generator } from '../nn/random';
import * as ops from '../ops';
import type { DType } from '../tensor/dtype';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { findLayer, layerNamed } from './index';
import type { Inference, LayerDeclaration, PortSpec, TensorSpec } from './declaration';
import type { ParamTable } from './params';
import { parseParams } from './parse';
import { depthOf, dtypeIn, hasBooleans, isWhole, listOf, readTensor, type ProbeArray } from './probe-arrays';
import { readCall, type ProbeGradients } from './probe-call';
import { differentiate, runLayer, type Run } from './run';
import { isCompatible } from './shapes';
import { torchAlias, torchKeywords } from './torch-keywords';

/**
 * What is asked. Arrays are nested lists; an array of no elements may be `{shape, data: []}`; `"nan"`, `"inf"`, `"-inf"`,
 * `"NaN"`, `"Infinity"` and `"-Infinity"` stand for what JSON cannot write. A loss's inputs are output and target.
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
  /** By state-dict name. All are needed unless there is a `seed`. */
  readonly weights?: Readonly<Record<string, unknown>>;
  /** One that is not given starts as a new layer's does. */
  readonly buffers?: Readonly<Record<string, unknown>>;
  /** Weights that are not given start as torch.manual_seed(seed) and PyTorch's constructor leave them. */
  readonly seed?: number;
  /**
   * By place, in the order of PyTorch's forward, or by its names. An array may be `{dtype, data}` where a layer takes whole numbers
   * or truths: `{"dtype": "int32", "data": [1, 2]}`. null stands for an optional input that is not there; an
   * lstm's states may be one pair.
   */
  readonly inputs: readonly unknown[] | Readonly<Record<string, unknown>>;
  /** Default: ones. */
  readonly grad_outputs?: readonly unknown[];
}

export interface ProbeResult {
  readonly outputs: readonly ProbeArray[];
  /** By output; absent where all have the case's own dtype. */
  readonly output_dtypes?: readonly string[];
  /** In the form of the inputs; null for those that have no gradient. */
  readonly grad_inputs: ProbeGradients;
  readonly grad_weights: Readonly<Record<string, ProbeArray | null>>;
  readonly buffers_after: Readonly<Record<string, ProbeArray>>;
}

/** Runs a case on the open CPU backend. Throws `usage`, `parameter_invalid`, `shape_mismatch`, `weights_mismatch` or `data_invalid`. */
export function probe(given: ProbeCase): ProbeResult {
  const asked = given.layer ?? given.loss;
  if (typeof asked !== 'string' || typeof given.inputs !== 'object')
    throw new LazuliError('usage', 'a probe case needs "layer" and "inputs"', {
      expected: '{"layer": name, "inputs": [array, ...]}',
      got: JSON.stringify(Object.keys(given)),
    });
  const name = torchAlias(asked, given.inputs);
  const dtype = (given.dtype ?? 'float32').replace('torch.', '');
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new LazuliError('usage', `a probe runs in float32 or float64, got ${dtype}`, {
      where: 'dtype',
      got: dtype,
    });
  return refusingValues(() =>
    ops.scope(() => {
      const loss = given.loss !== undefined || !findLayer(name) ? findLoss(name) : null;
      return loss ? probeLoss(loss, given, dtype) : probeLayer(layerNamed(name), given, dtype);
    }),
  );
}

/** What a kernel expected and did not get, such as a class there is not, is the case's own fault: `data_invalid`. */
function refusingValues(body: () => ProbeResult): ProbeResult {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof LazuliError) || error.code !== 'native_failed') throw error;
    const [, expected, got] = /: expected (.*), got (.*)$/s.exec(error.message) ?? [];
    if (expected === undefined || got === undefined) throw error;
    throw new LazuliError('data_invalid', error.message, { where: 'inputs', expected, got });
  }
}

function probeLayer(layer: LayerDeclaration, given: ProbeCase, dtype: DType): ProbeResult {
  const call = readCall(layer, given.inputs);
  const kept = keptParams(layer.params, given);
  const keywords = torchKeywords(layer.params, { ...kept, ...given.params, ...call.params });
  const raw = parseParams(layer, keywords, 'torch');
  const ports = layer.inputs.length;
  const inputs = connected(call.values).map((value, index) => {
    const port = layer.inputs[Math.min(index, ports - 1)];
    return value === null ? null : readInput(`inputs[${index}]`, value, port, dtype);
  });
  refuseMissing(layer, inputs);
  const shapes = inputs.map((input) => input && input.shape);
  const params = parseParams(layer, { ...raw, ...layer.inferSizes?.(raw, shapes) }, 'torch');
  refuseProblems(layer.type, layer.infer(params, shapes));
  const specs = layer.tensors?.(params) ?? [];
  refuseUnknown(layer.type, [...specs.map(({ name }) => name), ...Object.keys(kept)], given);
  const tensors = tensorsFor(specs, given, dtype);
  let streams = 0;
  const run = runLayer(layer, {
    params,
    inputs,
    tensors,
    isTraining: given.training ?? true,
    random: { state: ops.zeros([2], 'int64'), nextStream: () => streams++ },
    gradOutputs: readGradients(given, dtype),
  });
  const buffers = specs.flatMap(({ kind, name }) =>
    kind === 'buffer' ? [[name, tensors[name]] as const] : [],
  );
  return {
    ...resultOf(run, Object.fromEntries([...buffers, ...keptTensors(params, specs, dtype)]), dtype),
    grad_inputs: call.gradients(run.gradInputs.map((tensor) => tensor && listOf(tensor))),
  };
}

/** Integers stay integers where a port takes every dtype, and booleans booleans where it takes masks. */
function readInput(where: string, value: unknown, port: PortSpec | undefined, dtype: DType): Tensor {
  const content = port?.content ?? 'float';
  const told = dtypeIn(where, value);
  if (told !== null) return readTensor(where, value, told);
  if (content === 'index') return readTensor(where, value, 'int64');
  const isTruths = hasBooleans(value);
  if (content === 'whole') return readTensor(where, value, isTruths ? 'bool' : 'int64');
  return readTensor(where, value, content !== 'float' && isTruths ? 'bool' : dtype);
}

/** The inputs without trailing nulls: optional ones that are not there. */
const connected = (inputs: readonly unknown[]): readonly unknown[] =>
  inputs.slice(0, inputs.findLastIndex((value) => value !== null) + 1);

function refuseMissing(layer: LayerDeclaration, inputs: readonly (Tensor | null)[]): void {
  const missing = layer.inputs.find(
    ({ isOptional, isVariadic }, port) => isOptional !== true && isVariadic !== true && !inputs[port],
  );
  const isVariadic = layer.inputs.at(-1)?.isVariadic === true;
  const tooMany = !isVariadic && inputs.length > layer.inputs.length;
  if (!missing && !tooMany) return;
  const names = layer.inputs.map(({ name, isOptional }) => (isOptional === true ? `[${name}]` : name));
  throw new LazuliError(
    'usage',
    missing
      ? `${layer.type}: the input '${missing.name}' is missing`
      : `${layer.type}: ${inputs.length} inputs are too many`,
    { where: 'inputs', expected: names.join(', '), got: `${inputs.length} inputs` },
  );
}

/** A weight or buffer that the layer does not have under these params. */
function refuseUnknown(type: string, known: readonly string[], { weights, buffers }: ProbeCase): void {
  for (const [where, record] of Object.entries({ weights, buffers }))
    for (const name of Object.keys(record ?? {}))
      if (!known.includes(name))
        throw new LazuliError('weights_mismatch', `${where}.${name}: ${type} has no such tensor here`, {
          where: `${where}.${name}`,
          expected: known.join(', ') || 'none',
          got: name,
        });
}

/** Buffers of torch.nn's losses, and of a pooling, that are params here. */
const KEPT = ['weight', 'pos_weight', '_random_samples'];

/** Those that are given as buffers. */
function keptParams(table: ParamTable, { weights, buffers }: ProbeCase): Readonly<Record<string, unknown>> {
  const given = { ...weights, ...buffers };
  return Object.fromEntries(
    KEPT.flatMap((name) => (Object.hasOwn(table, name) && name in given ? [[name, given[name]]] : [])),
  );
}

/** Those that a call had, as buffers again. */
const keptTensors = (
  params: Readonly<Record<string, unknown>>,
  specs: readonly TensorSpec[],
  dtype: DType,
): readonly (readonly [string, Tensor])[] =>
  KEPT.flatMap((name) => {
    const value = params[name];
    const isKept = value !== null && value !== undefined && !specs.some((spec) => spec.name === name);
    return isKept ? [[name, readTensor(name, value, dtype)] as const] : [];
  });

function probeLoss(loss: LossDeclaration, given: ProbeCase, dtype: DType): ProbeResult {
  const call = readCall({ inputs: [{ name: 'input' }, { name: 'target' }] }, given.inputs);
  const kept = keptParams(loss.params, given);
  refuseUnknown(loss.type, Object.keys(kept), given);
  const keywords = torchKeywords(loss.params, { ...kept, ...given.params });
  const params = parseParams(loss, keywords, 'torch');
  const [first, second] = call.values;
  const input = readTensor('inputs[0]', first, dtype);
  const isClass =
    loss.targets[0] === 'class' &&
    (loss.targets.length === 1 || depthOf(second) < input.rank || input.rank === 0);
  const target = readTensor('inputs[1]', second, isClass && isWhole(second) ? 'int64' : dtype);
  refuseProblems(loss.type, loss.infer(params, input.shape, target.shape));
  const run = differentiate({
    inputs: [input, loss.hasTargetGradient === false ? null : target],
    weights: {},
    gradOutputs: readGradients(given, dtype),
    forward: ([leaf, wanted]) => [loss.lower({ params, input: leaf ?? input, target: wanted ?? target })],
  });
  return {
    ...resultOf(run, Object.fromEntries(keptTensors(params, [], dtype)), dtype),
    grad_inputs: call.gradients(run.gradInputs.map((tensor) => tensor && listOf(tensor))),
  };
}

/** Tuples among them are spread, as the outputs are. */
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

/** The values given for the layer's tensors; with a seed the others are drawn. */
function tensorsFor(specs: readonly TensorSpec[], given: ProbeCase, dtype: DType): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  const absent: TensorSpec[] = [];
  for (const spec of specs) {
    const value = given.weights?.[spec.name] ?? given.buffers?.[spec.name];
    const isGiven = value !== undefined && value !== null;
    if (!isGiven) absent.push(spec);
    tensors[spec.name] = isGiven
      ? readWeight(spec, value, dtype)
      : ops.zeros(known(spec), spec.dtype ?? dtype);
  }
  const missing = absent.find(({ kind }) => kind === 'parameter');
  if (missing && given.seed === undefined)
    throw new LazuliError('weights_mismatch', `weights.${missing.name} is missing`, {
      where: `weights.${missing.name}`,
      expected: formatShape(known(missing)),
      got: 'nothing',
      hint: 'give "seed" to draw the weights as PyTorch would',
    });
  const generator = new Generator(BigInt(given.seed ?? 0));
  for (const { name, initializer } of drawsOf(absent)) {
    const tensor = tensors[name];
    if (tensor) initialize(initializer, tensor, tensors, generator);
  }
  return tensors;
}

const known = ({ shape }: TensorSpec): readonly number[] => shape.map((size) => size ?? 0);

const isShaped = (value: unknown): boolean => typeof value === 'object' && value !== null && 'shape' in value;

function readWeight(spec: TensorSpec, value: unknown, dtype: DType): Tensor {
  const tensor = readTensor(`weights.${spec.name}`, value, spec.dtype ?? dtype);
  if (isCompatible(spec.shape, tensor.shape)) return tensor;
  // Nested lists end at an axis of nothing: [] is all they can say of 0×6.
  if (tensor.numel() === 0 && spec.shape.includes(0) && !isShaped(value))
    return ops.reshape(tensor, known(spec));
  const [expected, got] = [formatShape(known(spec)), formatShape(tensor.shape)];
  throw new LazuliError('weights_mismatch', `${spec.name}: expected ${expected}, got ${got}`, {
    where: `weights.${spec.name}`,
    expected,
    got,
  });
}

function resultOf(
  run: Run,
  buffers: Readonly<Record<string, Tensor | undefined>>,
  dtype: DType,
): Omit<ProbeResult, 'grad_inputs'> {
  const lists = (record: Readonly<Record<string, Tensor | null>>) =>
    Object.fromEntries(Object.entries(record).map(([name, tensor]) => [name, tensor && listOf(tensor)]));
  return {
    outputs: run.outputs.map(listOf),
    ...(run.outputs.some((output) => output.dtype !== dtype)
      ? { output_dtypes: run.outputs.map((output) => output.dtype) }
      : {}),
    grad_weights: lists(run.gradWeights),
    buffers_after: Object.fromEntries(
      Object.entries(buffers).flatMap(([name, tensor]) => (tensor ? [[name, listOf(tensor)]] : [])),
    ),
  };
}
