// Runs one layer or loss on tensors, forward and backward, outside any graph: what probe and the catalogue's tests use.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import type { LayerDeclaration, LowerCall } from './declaration';
import type { ParamTable } from './params';

export interface Run {
  readonly outputs: readonly Tensor[];
  /** Null for inputs without a gradient (indices) and for those the outputs do not depend on. */
  readonly gradInputs: readonly (Tensor | null)[];
  /** Of the parameters, by name. */
  readonly gradWeights: Readonly<Record<string, Tensor | null>>;
}

/** What a layer is run on. Float inputs and the parameters named get gradients; buffers change in place. */
export interface RunCall extends Pick<LowerCall<ParamTable>, 'params' | 'inputs' | 'isTraining' | 'random'> {
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Gradients of the outputs; an absent one is ones. */
  readonly gradOutputs?: readonly (Tensor | null)[];
}

export function runLayer(layer: LayerDeclaration, call: RunCall): Run {
  const names = new Set(
    (layer.tensors?.(call.params) ?? []).flatMap(({ kind, name }) => (kind === 'parameter' ? [name] : [])),
  );
  const weights = Object.entries(call.tensors).filter(([name]) => names.has(name));
  return differentiate({
    inputs: call.inputs,
    weights: Object.fromEntries(weights),
    gradOutputs: call.gradOutputs ?? [],
    forward: (inputs, leaves) => layer.lower({ ...call, inputs, tensors: { ...call.tensors, ...leaves } }),
  });
}

/** Outputs of `forward` and the gradients of its inputs and weights. */
export function differentiate(call: {
  readonly inputs: readonly (Tensor | null)[];
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly gradOutputs: readonly (Tensor | null)[];
  forward(inputs: readonly (Tensor | null)[], weights: Readonly<Record<string, Tensor>>): readonly Tensor[];
}): Run {
  const inputs = call.inputs.map((input) => input && leafOf(input));
  const weights = Object.fromEntries(
    Object.entries(call.weights).map(([name, weight]) => [name, leafOf(weight)]),
  );
  const outputs = call.forward(inputs, weights);
  const leaves = [...inputs, ...Object.values(weights)].flatMap((tensor) =>
    tensor?.requiresGrad === true ? [tensor] : [],
  );
  const found = leaves.length === 0 ? [] : jointGradients(outputs, call.gradOutputs, leaves);
  const totals = new Map(leaves.map((leaf, at) => [leaf, found[at] ?? null]));
  const gradOf = (tensor: Tensor | null): Tensor | null => (tensor && totals.get(tensor)) ?? null;
  return {
    outputs,
    gradInputs: inputs.map(gradOf),
    gradWeights: Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, gradOf(weight)])),
  };
}

/**
 * Gradients of all outputs at once, as torch.autograd.backward has them: where two outputs come from one tensor its gradient
 * is summed before it goes on, and what cancels costs no digits.
 */
function jointGradients(
  outputs: readonly Tensor[],
  given: readonly (Tensor | null)[],
  leaves: readonly Tensor[],
): readonly (Tensor | null)[] {
  const options = { allowUnused: true, retainGraph: true };
  const pairs = outputs.flatMap((output, port) =>
    output.requiresGrad ? [{ output, gradient: given[port] ?? ops.fullLike(output, 1) }] : [],
  );
  const [only] = pairs;
  if (!only) return [];
  if (pairs.length === 1) return ops.gradients(only.output, leaves, { ...options, gradient: only.gradient });
  const total = pairs
    .map(({ output, gradient }) => ops.sum(ops.mul(output, gradient)))
    .reduce((sum, part) => ops.add(sum, part));
  return ops.gradients(total, leaves, options);
}

/** The same values as a leaf of a new gradient graph, where they can have gradients. */
function leafOf(tensor: Tensor): Tensor {
  const leaf = tensor.detach();
  if (leaf.dtype.startsWith('float')) leaf.requiresGrad = true;
  return leaf;
}
