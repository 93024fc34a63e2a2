// Reverse-mode differentiation over the graph that dispatch recorded: torch.autograd's backward and grad.
import { LazuliError, TorchError } from '../errors';
import { shapesEqual, torchSize } from '../tensor/shape';
import type { GradientNode, Tensor } from '../tensor/tensor';
import { drain, type Turned } from '../turns';
import { fullLike } from './create';
import { noGrad, OpNode, ViewNode } from './dispatch';
import { clone, contiguous } from './functional/dense';
import { add, cast } from './functional/elementwise';
import { GRADIENTS, type GradientRule } from './gradient';
import { backwardOf, withOrigin } from '../tensor/origin';
import { PassNode } from './pass-through';
import { keep, scope } from './scope';
import type { OpName } from './signatures';

export interface BackwardOptions {
  /** Lets the same graph be walked again. Default false: as in PyTorch a second walk throws. */
  readonly retainGraph?: boolean;
}
export interface GradientsOptions extends BackwardOptions {
  /** The gradient of `output`; default 1 for a scalar. */
  readonly gradient?: Tensor | null;
  /** Gives null instead of an error for an input the output does not depend on. */
  readonly allowUnused?: boolean;
}

/** Nodes that a walk without `retainGraph` has passed. */
const consumed = new WeakSet<GradientNode>();

/**
 * Adds d output / d leaf to `.grad` of every leaf that requires a gradient. `gradient` may be left out for a scalar.
 * Throws PyTorch's errors. Everything computed on the way is freed.
 */
export function backward(
  output: Tensor,
  gradient: Tensor | null = null,
  options: BackwardOptions = {},
): void {
  const found = scope(() => {
    const seed = seedOf(output, gradient);
    const reached = drain(walk(output, seed, null, options));
    // A leaf's gradient is its own: what it would share with the caller or with another leaf is copied.
    const shared = new Set([seed.storage]);
    return new Map(
      [...reached].map(([leaf, value]) => {
        const total = noGrad(() => (leaf.grad ? sumOf(leaf.grad, value) : contiguous(value)));
        const own = shared.has(total.storage) ? noGrad(() => clone(total)) : total;
        shared.add(own.storage);
        return [leaf, own] as const;
      }),
    );
  });
  for (const [leaf, value] of found) leaf.grad = keep(value, leaf);
}

/** d output / d input for each of `inputs`, leaving every `.grad` as it is. Throws PyTorch's errors. */
export function gradients(
  output: Tensor,
  inputs: readonly Tensor[],
  options?: GradientsOptions & { readonly allowUnused?: false },
): Tensor[];
export function gradients(
  output: Tensor,
  inputs: readonly Tensor[],
  options: GradientsOptions,
): (Tensor | null)[];
export function gradients(
  output: Tensor,
  inputs: readonly Tensor[],
  options: GradientsOptions = {},
): (Tensor | null)[] {
  if (inputs.some((input) => !input.requiresGrad))
    throw new TorchError('RuntimeError', 'One of the differentiated Tensors does not require grad');
  return scope(() => drain(gradientsInTurns(output, inputs, options)));
}

/** `gradients` with a turn per node, for traces: where ops run at once, temporaries would not be freed. */
export function* gradientsInTurns(
  output: Tensor,
  inputs: readonly Tensor[],
  options: GradientsOptions = {},
): Turned<(Tensor | null)[]> {
  const seed = seedOf(output, options.gradient ?? null);
  const found = yield* walk(output, seed, new Set(inputs), options);
  return inputs.map((input, index) => {
    const value = found.get(input) ?? null;
    if (!value && options.allowUnused !== true)
      throw new TorchError(
        'RuntimeError',
        `The differentiated Tensor at index ${index} appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.`,
      );
    return value && contiguous(value);
  });
}

/** Two gradients of one tensor; halves are added in float32 and rounded. */
const sumOf = (a: Tensor, b: Tensor): Tensor =>
  a.dtype === 'float16' || a.dtype === 'bfloat16'
    ? cast(add(cast(a, 'float32'), cast(b, 'float32')), a.dtype)
    : add(a, b);

/** The gradient to start from. */
function seedOf(output: Tensor, gradient: Tensor | null): Tensor {
  if (!output.requiresGrad)
    throw new TorchError(
      'RuntimeError',
      'element 0 of tensors does not require grad and does not have a grad_fn',
    );
  if (gradient === null) {
    if (output.numel() !== 1)
      throw new TorchError('RuntimeError', 'grad can be implicitly created only for scalar outputs');
    return noGrad(() => fullLike(output, 1));
  }
  if (!shapesEqual(gradient.shape, output.shape))
    throw new TorchError(
      'RuntimeError',
      `Mismatch in shape: grad_output[0] has a shape of ${torchSize(gradient.shape)} and output[0] has a shape of ${torchSize(output.shape)}.`,
      'shape_mismatch',
    );
  return noGrad(() => contiguous(cast(gradient, output.dtype)));
}

/**
 * Walks the graph from `output` and returns the gradients of `wanted` tensors, or of all leaves when null. Gradients of
 * other tensors are dropped as soon as they were passed on.
 */
function* walk(
  output: Tensor,
  seed: Tensor,
  wanted: ReadonlySet<Tensor> | null,
  options: BackwardOptions,
): Turned<Map<Tensor, Tensor>> {
  const order = nodesInOrder(output);
  const pending = new Map<Tensor, Tensor>([[output, seed]]);
  const found = new Map<Tensor, Tensor>();
  const take = (tensor: Tensor): Tensor | null => {
    const value = pending.get(tensor) ?? null;
    pending.delete(tensor);
    if (value && wanted?.has(tensor)) found.set(tensor, value);
    return value;
  };
  for (const node of order.reverse()) {
    const values = node.outputs.map(take);
    if (values.every((value) => value === null)) continue;
    if (consumed.has(node)) throw secondWalk();
    if (options.retainGraph !== true && node instanceof OpNode) consumed.add(node);
    withOrigin(backwardOf(node.origin), () => noGrad(() => passOn(node, values, pending)));
    yield;
  }
  for (const [leaf, value] of pending) if (wanted ? wanted.has(leaf) : leaf.isLeaf) found.set(leaf, value);
  return found;
}

function passOn(node: GradientNode, values: readonly (Tensor | null)[], pending: Map<Tensor, Tensor>): void {
  const needs = node.inputs.map((input) => input?.requiresGrad ?? false);
  const parts = partsOf(node, values, needs);
  node.inputs.forEach((input, index) => {
    const part = parts[index];
    if (!input || !part || !needs[index]) return;
    const before = pending.get(input);
    pending.set(input, before ? sumOf(before, part) : part);
  });
}

function partsOf(
  node: GradientNode,
  values: readonly (Tensor | null)[],
  needs: readonly boolean[],
): readonly (Tensor | null)[] {
  if (node instanceof PassNode) return node.gradientsOf(values);
  const [gy] = values;
  if (!gy) return [];
  return node instanceof ViewNode ? [node.gradient(gy)] : gradientsOfOp(node, contiguous(gy), needs);
}

function gradientsOfOp(
  node: GradientNode,
  gy: Tensor,
  needs: readonly boolean[],
): readonly (Tensor | null)[] {
  if (!isOpNode(node)) throw new LazuliError('internal', `unknown gradient node '${node.name}'`);
  const { op } = node;
  const rule = GRADIENTS[op];
  if ('notDifferentiable' in rule)
    throw new TorchError(
      'RuntimeError',
      `derivative for ${op} is not implemented: ${rule.notDifferentiable}`,
      'not_supported',
    );
  return (rule as GradientRule<OpName>)(node, gy, needs);
}

const isOpNode = (node: GradientNode): node is OpNode => node instanceof OpNode;

const secondWalk = (): TorchError =>
  new TorchError(
    'RuntimeError',
    'Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.',
  );

/** Every node `output` was made by, each after those that made its inputs. Iterative: a recurrent graph is deep. */
function nodesInOrder(output: Tensor): GradientNode[] {
  const order: GradientNode[] = [];
  const seen = new Set<GradientNode>();
  const open: { readonly node: GradientNode; next: number }[] = [];
  const enter = (tensor: Tensor | null | undefined): void => {
    const node = tensor?.gradFn;
    if (!node || seen.has(node)) return;
    seen.add(node);
    open.push({ node, next: 0 });
  };
  enter(output);
  for (let frame = open.at(-1); frame; frame = open.at(-1)) {
    if (frame.next < frame.node.inputs.length) {
      enter(frame.node.inputs[frame.next++]);
      continue;
    }
    order.push(frame.node);
    open.pop();
  }
  return order;
}
