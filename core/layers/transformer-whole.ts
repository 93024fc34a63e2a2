// The whole transformer: an encoder and the decoder that attends to its output. The two alone are in transformer.ts.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import {
  defineLayer,
  type EdgeShape,
  type LayerProblem,
  type PortSpec,
  type TensorSpec,
} from './declaration';
import { integer, type ParamsOf } from './params';
import { found, inputOf } from './pieces';
import { blankHint, mismatch, outputs, product, rankProblem, refusal, sizeAt } from './shapes';
import {
  checkHeads,
  layerFlops,
  layerForward,
  layerParams,
  masksFit,
  normed,
  normTensors,
  sequenceSizes,
  stackTensors,
  type LayerMasks,
  type Side,
} from './transformer-parts';

const params = {
  ...layerParams,
  d_model: { ...layerParams.d_model, torchDefault: 512 },
  nhead: { ...layerParams.nhead, torchDefault: 8 },
  num_encoder_layers: integer({ help: 'Layers of the encoder.', initial: 2, torchDefault: 6 }),
  num_decoder_layers: integer({ help: 'Layers of the decoder.', initial: 2, torchDefault: 6 }),
};
type Params = ParamsOf<typeof params>;

const mask = (name: string, help: string): PortSpec => ({ name, help, isOptional: true, content: 'mask' });
const PAIRS = '[L, S] or [N·heads, L, S]: added to the scores, or true where not to attend.';
const KEYS = '[N, S]: added to the scores, or true at steps to ignore.';
const PORTS: readonly PortSpec[] = [
  { name: 'src', help: 'What the encoder reads.' },
  { name: 'tgt', help: 'What the decoder goes on from.' },
  mask('src_mask', PAIRS),
  mask('tgt_mask', PAIRS),
  mask('memory_mask', PAIRS),
  mask('src_key_padding_mask', KEYS),
  mask('tgt_key_padding_mask', KEYS),
  mask('memory_key_padding_mask', KEYS),
];

/** Draws of the layers come first, then copies, then all matrices anew. */
const COPIES = 1e6;
const ANEW = 2e6;

/** PyTorch draws every matrix anew once all layers are there: torch.nn.Transformer._reset_parameters. */
function tensorsOf(given: Params): readonly TensorSpec[] {
  const side = (name: Side, layers: number, order: number): readonly TensorSpec[] =>
    [
      ...stackTensors(name, layers, given).map((spec) => ({
        ...spec,
        drawOrder: spec.initializer.kind === 'copy' ? COPIES : order + (spec.drawOrder ?? 0),
      })),
      ...normTensors('norm', given),
    ].map((spec): TensorSpec => ({
      ...spec,
      name: `${name}.${spec.name}`,
      initializer: within(spec.initializer, name),
    }));
  const all = [
    ...side('encoder', given.num_encoder_layers, 0),
    ...side('decoder', given.num_decoder_layers, 100),
  ];
  return all.map((spec, index) =>
    spec.shape.length < 2
      ? spec
      : { ...spec, redrawn: { initializer: { kind: 'xavier_uniform', gain: 1 }, drawOrder: ANEW + index } },
  );
}

/** An initializer that names another tensor, under a prefix. */
const within = (initializer: TensorSpec['initializer'], prefix: string): TensorSpec['initializer'] =>
  initializer.kind === 'uniform_fan_in'
    ? { ...initializer, fanOf: `${prefix}.${initializer.fanOf}` }
    : initializer.kind === 'copy'
      ? { ...initializer, of: `${prefix}.${initializer.of}` }
      : initializer;

function infer(given: Params, inputs: readonly EdgeShape[]) {
  const [src = null, tgt = null] = inputs;
  const problem =
    rankProblem('src', src, [2, 3]) ?? rankProblem('tgt', tgt, src === null ? [2, 3] : [src.length]);
  if (problem) return refusal(problem);
  for (const [port, shape] of [['src', src], ['tgt', tgt]] as const) {
    const got = sizeAt(shape, -1);
    if (given.d_model !== null && got !== null && got !== given.d_model)
      return refusal(mismatch(port === 'src' ? 'd_model' : port, given.d_model, got, blankHint('d_model')));
  } // prettier-ignore
  const indivisible = checkHeads({ ...given, d_model: given.d_model ?? sizeAt(src, -1) });
  if (indivisible.length > 0) return refusal(...indivisible);
  const [from, to] = [sequenceSizes(src, given.batch_first), sequenceSizes(tgt, given.batch_first)];
  if (from.batch !== null && to.batch !== null && from.batch !== to.batch)
    return refusal(mismatch('tgt', `a batch of ${from.batch}, as src has`, to.batch));
  const batch = from.batch ?? to.batch;
  const sizes = {
    src_mask: [from, from],
    tgt_mask: [to, to],
    memory_mask: [to, from],
    src_key_padding_mask: [from, from],
    tgt_key_padding_mask: [to, to],
    memory_key_padding_mask: [to, from],
  } as const;
  const isBatched = (src ?? tgt)?.length !== 2;
  const problems = Object.entries(sizes).flatMap(([port, [rows, columns]]): readonly LayerProblem[] => {
    const shape = inputs[PORTS.findIndex(({ name }) => name === port)] ?? null;
    const fits = { batch, rows: rows.steps, columns: columns.steps };
    return shape === null ? [] : masksFit([[port, shape]], fits, given.nhead, isBatched);
  });
  if (problems.length > 0) return refusal(...problems);
  if (tgt === null) return outputs(null);
  return outputs([...tgt.slice(0, -1), given.d_model ?? sizeAt(tgt, -1)]);
}

/** `[N, S, d_model]` and `[N, T, d_model]` → `[N, T, d_model]`. Source: https://arxiv.org/abs/1706.03762. */
export const transformer = defineLayer({
  type: 'transformer',
  torch: 'torch.nn.Transformer',
  category: 'attention',
  summary: 'An encoder and a decoder that attends to what it read: from one sequence to another.',
  keywords: ['sequence to sequence', 'translation', 'attention', 'encoder', 'decoder'],
  params,
  check: (given) => checkHeads(given),
  isRandom: true,
  inputs: PORTS,
  outputs: [{ name: 'output' }],
  torchForward: [...PORTS.map(({ name }) => name), 'src_is_causal', 'tgt_is_causal', 'memory_is_causal'],
  inferSizes: (given, [src = null]) => found(given, { d_model: sizeAt(src, -1) }),
  infer,
  tensors: tensorsOf,
  lower(call) {
    const given = call.params;
    const isBatched = inputOf(call).rank === 3;
    const swaps = isBatched && !given.batch_first;
    const rows = (x: Tensor): Tensor =>
      !isBatched ? ops.unsqueeze(x, 0) : swaps ? ops.transpose(x, 0, 1) : x;
    const at = (port: string): Tensor | null =>
      call.inputs[PORTS.findIndex(({ name }) => name === port)] ?? null;
    const masksOf = (name: string): LayerMasks['own'] => {
      const keyMask = at(`${name}_key_padding_mask`);
      return {
        mask: at(`${name}_mask`),
        keyMask: keyMask && !isBatched ? ops.unsqueeze(keyMask, 0) : keyMask,
        isCausal: false,
      };
    };
    const masks = { src: masksOf('src'), tgt: masksOf('tgt'), memory: masksOf('memory') };
    const run = (side: Side, x: Tensor, memory: Tensor | null): Tensor => {
      const own = { own: side === 'encoder' ? masks.src : masks.tgt, memory: masks.memory };
      const layers = side === 'encoder' ? given.num_encoder_layers : given.num_decoder_layers;
      const last = Array.from({ length: layers }).reduce<Tensor>(
        (y, _, index) =>
          layerForward(y, memory, { call, params: given, prefix: `${side}.layers.${index}.`, masks: own }),
        x,
      );
      return normed(last, `${side}.norm`, call, given.layer_norm_eps);
    };
    const memory = run('encoder', rows(inputOf(call, 0)), null);
    const output = run('decoder', rows(inputOf(call, 1)), memory);
    return [!isBatched ? ops.squeeze(output, 0) : swaps ? ops.transpose(output, 0, 1) : output];
  },
  flops(given, [src = [], tgt = []]) {
    const rowsOf = (shape: readonly number[]) => product(shape.slice(0, -1)) ?? 0;
    const stepsOf = (shape: readonly number[]) => sequenceSizes(shape, given.batch_first).steps ?? 0;
    const [width, keys, keySteps] = [src.at(-1) ?? 0, rowsOf(src), stepsOf(src)];
    const encoder = { rows: keys, steps: keySteps, keys, keySteps, width };
    const decoder = { rows: rowsOf(tgt), steps: stepsOf(tgt), keys, keySteps, width };
    return (
      given.num_encoder_layers * layerFlops('encoder', given, encoder) +
      given.num_decoder_layers * layerFlops('decoder', given, decoder)
    );
  },
  examples: [
    {
      title: 'batch first, norm first',
      params: {
        d_model: 4,
        nhead: 2,
        dim_feedforward: 6,
        num_encoder_layers: 2,
        num_decoder_layers: 1,
        dropout: 0.2,
        activation: 'gelu',
        layer_norm_eps: 1e-3,
        batch_first: true,
        norm_first: true,
      },
      inputs: [
        [2, 5, 4],
        [2, 3, 4],
      ],
      outputs: [[2, 3, 4]],
    },
    {
      title: 'masks, no bias, time first',
      params: {
        d_model: 4,
        nhead: 1,
        dim_feedforward: 5,
        num_encoder_layers: 1,
        num_decoder_layers: 2,
        batch_first: false,
        bias: false,
      },
      inputs: [
        [3, 2, 4],
        [2, 2, 4],
        [3, 3],
        [2, 2],
        [2, 3],
        [2, 3],
        [2, 2],
        [2, 3],
      ],
      outputs: [[2, 2, 4]],
    },
  ],
});
