// One layer of a transformer's encoder or decoder: its options, its weights and its computation, alone or in a stack.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import {
  attentionTensors,
  headsProblem,
  maskProblems,
  multiHead,
  type AttentionOptions,
} from './attention-parts';
import type { EdgeShape, LayerProblem, LowerCall, TensorSpec } from './declaration';
import { boolean, choice, integer, number, size, type ParamsOf, type ParamTable } from './params';
import {
  BIAS_INITIALIZER,
  ONES,
  WEIGHT_INITIALIZER,
  ZEROS,
  maybeTensor,
  parameter,
  tensorOf,
  waiting,
} from './pieces';
import { batch_first, dropoutParam, dropped } from './sequences';
import type { Size } from './shapes';

export const layerParams = {
  d_model: size('Size of the last axis of input and output.'),
  nhead: integer({ help: 'Heads that attend side by side; they divide d_model.', initial: 4 }),
  dim_feedforward: integer({ help: 'Size between the two linear layers.', initial: 256, torchDefault: 2048 }),
  dropout: dropoutParam('Probability that a value becomes 0 while training.', 0.1),
  activation: choice({
    options: ['relu', 'gelu'],
    help: 'Function between the two linear layers.',
    initial: 'relu',
    torchDefault: 'relu',
  }),
  layer_norm_eps: number({ min: 0, help: 'Added to the variance.', initial: 1e-5, torchDefault: 1e-5 }),
  batch_first,
  norm_first: boolean({
    help: 'Normalizes before each part instead of after it.',
    initial: false,
    torchDefault: false,
  }),
  bias: boolean({ help: 'Adds learnable numbers in every part.', initial: true, torchDefault: true }),
};
export type TransformerParams = ParamsOf<typeof layerParams>;

/** An encoder layer attends to itself, a decoder layer then to the memory too. */
export type Side = 'encoder' | 'decoder';
const ATTENTIONS = { encoder: ['self_attn'], decoder: ['self_attn', 'multihead_attn'] } as const;

const optionsOf = (params: TransformerParams): AttentionOptions => ({
  embedDim: params.d_model,
  heads: params.nhead,
  dropout: params.dropout,
  bias: params.bias,
});

export const checkHeads = ({ d_model, nhead }: TransformerParams): readonly LayerProblem[] =>
  headsProblem('nhead', d_model, nhead);

export function normTensors(prefix: string, { d_model, bias }: TransformerParams): readonly TensorSpec[] {
  const waits = waiting('d_model', d_model);
  const weight = parameter(`${prefix}.weight`, [d_model], ONES, waits);
  return bias ? [weight, parameter(`${prefix}.bias`, [d_model], ZEROS, waits)] : [weight];
}

function linearTensors(
  prefix: string,
  out: Size,
  input: Size,
  params: TransformerParams,
): readonly TensorSpec[] {
  const waits = waiting('d_model', params.d_model);
  const fromWeight =
    BIAS_INITIALIZER.kind === 'uniform_fan_in' ? { ...BIAS_INITIALIZER, fanOf: `${prefix}.weight` } : ZEROS;
  const weight = parameter(`${prefix}.weight`, [out, input], WEIGHT_INITIALIZER, waits);
  return params.bias ? [weight, parameter(`${prefix}.bias`, [out], fromWeight, waits)] : [weight];
}

/** In PyTorch's order; each attention draws its output's projection first. */
export function layerTensors(side: Side, prefix: string, params: TransformerParams): readonly TensorSpec[] {
  const { d_model, dim_feedforward } = params;
  const attentions = ATTENTIONS[side];
  const parts = [
    ...attentions.map((name) =>
      attentionTensors(`${prefix}${name}.`, optionsOf(params), waiting('d_model', d_model)),
    ),
    linearTensors(`${prefix}linear1`, dim_feedforward, d_model, params),
    linearTensors(`${prefix}linear2`, d_model, dim_feedforward, params),
    ...Array.from({ length: attentions.length + 1 }, (_, index) =>
      normTensors(`${prefix}norm${index + 1}`, params),
    ),
  ];
  return parts.flatMap((specs, part) =>
    specs.map((spec) => ({ ...spec, drawOrder: 2 * part + (spec.drawOrder ?? 0) })),
  );
}

/** PyTorch's modules inside one layer, in its order. */
export function layerModules(side: Side, prefix: string): readonly string[] {
  const attentions = ATTENTIONS[side];
  const numbered = (name: string) => [...attentions, ''].map((_, index) => `${name}${index + 1}`);
  return [
    ...attentions.flatMap((name) => [name, `${name}.out_proj`]),
    ...['linear1', 'dropout', 'linear2'],
    ...numbered('norm'),
    ...numbered('dropout'),
  ].map((name) => prefix + name);
}

/** The same of a stack of layers. */
export const stackModules = (side: Side, layers: number): readonly string[] => [
  'layers',
  ...Array.from({ length: layers }, (_, index) => [
    `layers.${index}`,
    ...layerModules(side, `layers.${index}.`),
  ]).flat(),
];

/** Stacks asked for lately: one of hundreds of layers is asked for its tensors again and again, and a model has few kinds of them. */
const stacks = new Map<string, readonly TensorSpec[]>();
const STACKS = 16;

/** Layers with PyTorch's start: every one a copy of the first. */
export function stackTensors(side: Side, layers: number, params: TransformerParams): readonly TensorSpec[] {
  const { d_model, nhead, dim_feedforward, dropout, bias } = params;
  const key = JSON.stringify([side, layers, d_model, nhead, dim_feedforward, dropout, bias]);
  const known = stacks.get(key);
  if (known) return known;
  const specs = stackAnew(side, layers, params);
  if (stacks.size === STACKS) stacks.clear();
  stacks.set(key, specs);
  return specs;
}

function stackAnew(side: Side, layers: number, params: TransformerParams): readonly TensorSpec[] {
  const first = layerTensors(side, 'layers.0.', params);
  const copies = Array.from({ length: layers - 1 }, (_, index) =>
    first.map((spec): TensorSpec => {
      const name = spec.name.replace('layers.0.', `layers.${index + 1}.`);
      return { ...spec, name, initializer: { kind: 'copy', of: spec.name }, drawOrder: Infinity };
    }),
  );
  return [...first, ...copies.flat()];
}

export function normed(x: Tensor, name: string, call: LowerCall<ParamTable>, eps: number): Tensor {
  const [weight, bias] = [tensorOf(call, `${name}.weight`), maybeTensor(call, `${name}.bias`)];
  return ops.layerNorm(x, x.shape.slice(-1), { weight, bias, eps });
}

/** Masks of one attention: [L, S] or [N·heads, L, S], and [N, S]. */
interface AttentionMasks {
  readonly mask: Tensor | null;
  readonly keyMask: Tensor | null;
  readonly isCausal: boolean;
}
export interface LayerMasks {
  readonly own: AttentionMasks;
  readonly memory: AttentionMasks;
}

interface LayerCall {
  readonly call: LowerCall<ParamTable>;
  readonly params: TransformerParams;
  readonly prefix: string;
  readonly masks: LayerMasks;
}

/** `[N, T, d_model]` (and, of a decoder, the encoder's `[N, S, d_model]`) → `[N, T, d_model]`. */
export function layerForward(
  x: Tensor,
  memory: Tensor | null,
  { call, params, prefix, masks }: LayerCall,
): Tensor {
  const drop = (y: Tensor): Tensor => dropped(y, params.dropout, call);
  const options = { ...optionsOf(params), embedDim: x.shape.at(-1) ?? null };
  const attention = (name: string, query: Tensor, keys: Tensor, given: AttentionMasks): Tensor =>
    drop(
      multiHead(query, keys, keys, {
        call,
        prefix: `${prefix}${name}.`,
        options,
        isSafe: true,
        ...given,
      }).output,
    );
  const linear = (y: Tensor, name: string): Tensor =>
    ops.linear(y, tensorOf(call, `${prefix}${name}.weight`), maybeTensor(call, `${prefix}${name}.bias`));
  const parts = [
    (y: Tensor) => attention('self_attn', y, y, masks.own),
    ...(memory ? [(y: Tensor) => attention('multihead_attn', y, memory, masks.memory)] : []),
    (y: Tensor) => {
      const inner = linear(y, 'linear1');
      return drop(linear(drop(params.activation === 'relu' ? ops.relu(inner) : ops.gelu(inner)), 'linear2'));
    },
  ];
  return parts.reduce((y, part, index) => {
    const norm = (z: Tensor): Tensor => normed(z, `${prefix}norm${index + 1}`, call, params.layer_norm_eps);
    return params.norm_first ? ops.add(y, part(norm(y))) : norm(ops.add(y, part(y)));
  }, x);
}

/** Batch and steps of a sequence `[T, N, d]`, `[N, T, d]` or `[T, d]`. */
export function sequenceSizes(shape: EdgeShape, isBatchFirst: boolean) {
  if (shape === null) return { batch: null, steps: null };
  if (shape.length === 2) return { batch: 1, steps: shape[0] ?? null };
  const [first = null, second = null] = shape;
  return isBatchFirst ? { batch: first, steps: second } : { batch: second, steps: first };
}

/** Problems of a mask and a key mask between `rows` and `columns`. */
export function masksFit(
  masks: readonly [port: string, shape: EdgeShape][],
  sizes: { readonly batch: Size; readonly rows: Size; readonly columns: Size },
  heads: number,
  isBatched: boolean,
): readonly LayerProblem[] {
  const { batch, rows, columns } = sizes;
  return maskProblems(
    masks.map(([port, shape]) => ({
      port,
      shape,
      expected: port.includes('padding')
        ? [isBatched ? [batch, columns] : [columns]]
        : [
            [rows, columns],
            [batch === null ? null : batch * heads, rows, columns],
          ],
    })),
  );
}

/** Multiply-adds ×2 of one layer. */
export function layerFlops(
  side: Side,
  params: TransformerParams,
  sizes: {
    readonly rows: number;
    readonly steps: number;
    readonly keys: number;
    readonly keySteps: number;
    readonly width: number;
  },
): number {
  const { rows, steps, keys, keySteps, width } = sizes;
  const own = 8 * rows * width * width + 4 * rows * steps * width;
  const cross = side === 'encoder' ? 0 : 4 * (rows + keys) * width * width + 4 * rows * keySteps * width;
  return own + cross + 4 * rows * width * params.dim_feedforward;
}
