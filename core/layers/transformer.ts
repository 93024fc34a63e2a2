// The transformer's encoder and decoder: one layer of each, and stacks of them. Their parts are in transformer-parts.ts.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { headsProblem, is_causal as causal } from './attention-parts';
import {
  defineLayer,
  type EdgeShape,
  type LayerDeclaration,
  type LayerExample,
  type LayerProblem,
  type PortSpec,
} from './declaration';
import { boolean, integer } from './params';
import { found, inputOf } from './pieces';
import { blankHint, mismatch, outputs, product, rankProblem, refusal, sizeAt } from './shapes';
import {
  checkHeads,
  layerFlops,
  layerForward,
  layerModules,
  layerParams,
  layerTensors,
  masksFit,
  normed,
  normTensors,
  sequenceSizes,
  stackModules,
  stackTensors,
  type Side,
  type TransformerParams,
} from './transformer-parts';

const stackParams = {
  num_layers: integer({ help: 'Layers on top of each other.', initial: 2 }),
  norm: boolean({ help: 'Normalizes after the last layer.', initial: false, torchDefault: false }),
};

type Params = TransformerParams & {
  readonly num_layers?: number;
  readonly norm?: boolean;
  readonly is_causal?: boolean;
  readonly tgt_is_causal?: boolean;
};

const mask = (name: string, help: string): PortSpec => ({ name, help, isOptional: true, content: 'mask' });
const PAIRS = '[L, S] or [N·heads, L, S]: added to the scores, or true where not to attend.';
const KEYS = '[N, S]: added to the scores, or true at steps to ignore.';

function portsOf(side: Side, isStack: boolean): readonly PortSpec[] {
  if (side === 'encoder')
    return [{ name: 'src' }, mask(isStack ? 'mask' : 'src_mask', PAIRS), mask('src_key_padding_mask', KEYS)];
  return [
    { name: 'tgt' },
    { name: 'memory', help: "The encoder's output." },
    mask('tgt_mask', PAIRS),
    mask('memory_mask', PAIRS),
    mask('tgt_key_padding_mask', KEYS),
    mask('memory_key_padding_mask', KEYS),
  ];
}

/** Input and memory as long as they are known, then the masks in the ports' order. */
function infer(side: Side, ports: readonly PortSpec[], params: Params, inputs: readonly EdgeShape[]) {
  const [x = null] = inputs;
  const memory = side === 'decoder' ? (inputs[1] ?? null) : x;
  const main = ports[0]?.name ?? 'src';
  const problem =
    rankProblem(main, x, [2, 3]) ?? rankProblem('memory', memory, x === null ? [2, 3] : [x.length]);
  if (problem) return refusal(problem);
  const got = sizeAt(x, -1);
  if (params.d_model !== null && got !== null && got !== params.d_model)
    return refusal(mismatch('d_model', params.d_model, got, blankHint('d_model')));
  const width = params.d_model ?? got;
  const indivisible = headsProblem('nhead', width, params.nhead);
  if (indivisible.length > 0) return refusal(...indivisible);
  const [own, other] = [sequenceSizes(x, params.batch_first), sequenceSizes(memory, params.batch_first)];
  const last = sizeAt(memory, -1);
  if (width !== null && last !== null && last !== width)
    return refusal(mismatch('memory', `a last size of ${width}`, last));
  if (own.batch !== null && other.batch !== null && own.batch !== other.batch)
    return refusal(mismatch('memory', `a batch of ${own.batch}`, other.batch));
  if (x === null) return outputs(null);
  const batch = own.batch ?? other.batch;
  const problems = ports.flatMap(({ name }, index): readonly LayerProblem[] => {
    if (!name.includes('mask') || index >= inputs.length) return [];
    const columns = name.startsWith('memory') ? other.steps : own.steps;
    const sizes = { batch, rows: own.steps, columns };
    return masksFit([[name, inputs[index] ?? null]], sizes, params.nhead, x.length === 3);
  });
  if (problems.length > 0) return refusal(...problems);
  const sizes = x.length === 2 ? [own.steps] : params.batch_first ? [batch, own.steps] : [own.steps, batch];
  return outputs([...sizes, width]);
}

type Call = Parameters<LayerDeclaration['lower']>[0];

function lower(side: Side, params: Params, call: Call): readonly Tensor[] {
  const given = inputOf(call);
  const isBatched = given.rank === 3;
  const swaps = isBatched && !params.batch_first;
  const rows = (x: Tensor): Tensor => (!isBatched ? ops.unsqueeze(x, 0) : swaps ? ops.transpose(x, 0, 1) : x);
  const memory = side === 'decoder' ? rows(inputOf(call, 1)) : null;
  const maskAt = (port: number): Tensor | null => call.inputs[port] ?? null;
  const keyMaskAt = (port: number): Tensor | null => {
    const keyMask = maskAt(port);
    return keyMask && !isBatched ? ops.unsqueeze(keyMask, 0) : keyMask;
  };
  const none = { mask: null, keyMask: null, isCausal: false };
  const masks =
    side === 'encoder'
      ? { own: { mask: maskAt(1), keyMask: keyMaskAt(2), isCausal: params.is_causal === true }, memory: none }
      : {
          own: { mask: maskAt(2), keyMask: keyMaskAt(4), isCausal: params.tgt_is_causal === true },
          memory: { mask: maskAt(3), keyMask: keyMaskAt(5), isCausal: false },
        };
  const prefixes =
    params.num_layers === undefined
      ? ['']
      : Array.from({ length: params.num_layers }, (_, index) => `layers.${index}.`);
  const last = prefixes.reduce(
    (x, prefix) => layerForward(x, memory, { call, params, prefix, masks }),
    rows(given),
  );
  const y = params.norm === true ? normed(last, 'norm', call, params.layer_norm_eps) : last;
  return [!isBatched ? ops.squeeze(y, 0) : swaps ? ops.transpose(y, 0, 1) : y];
}

function tensorsOf(side: Side, params: Params) {
  if (params.num_layers === undefined) return layerTensors(side, '', params);
  const norm = params.norm === true ? normTensors('norm', params) : [];
  return [...stackTensors(side, params.num_layers, params), ...norm];
}

const modulesOf = (side: Side, { num_layers, norm }: Params): readonly string[] =>
  num_layers === undefined
    ? layerModules(side, '')
    : [...stackModules(side, num_layers), ...(norm === true ? ['norm'] : [])];

function flopsOf(side: Side, params: Params, [x = [], memory = x]: readonly (readonly number[])[]): number {
  const rowsOf = (shape: readonly number[]) => product(shape.slice(0, -1)) ?? 0;
  const stepsOf = (shape: readonly number[]) => sequenceSizes(shape, params.batch_first).steps ?? 0;
  const keys = side === 'decoder' ? memory : x;
  const sizes = {
    rows: rowsOf(x),
    steps: stepsOf(x),
    keys: rowsOf(keys),
    keySteps: stepsOf(keys),
    width: x.at(-1) ?? 0,
  };
  return (params.num_layers ?? 1) * layerFlops(side, params, sizes);
}

const shared = (side: Side, isStack: boolean) => ({
  category: 'attention' as const,
  isRandom: true,
  inputs: portsOf(side, isStack),
  outputs: [{ name: 'output' }],
  torchForward: [
    ...portsOf(side, isStack).map(({ name }) => name),
    ...(side === 'encoder' ? ['is_causal'] : ['tgt_is_causal', 'memory_is_causal']),
  ],
  check: (params: Params) => checkHeads(params),
  inferSizes: (params: Params, [x = null]: readonly EdgeShape[]) => found(params, { d_model: sizeAt(x, -1) }),
  infer: (params: Params, inputs: readonly EdgeShape[]) =>
    infer(side, portsOf(side, isStack), params, inputs),
  tensors: (params: Params) => tensorsOf(side, params),
  submodules: (params: Params) => modulesOf(side, params),
  flops: (params: Params, inputs: readonly (readonly number[])[]) => flopsOf(side, params, inputs),
});

/** Examples of a layer, or with `own` of a stack; a decoder has a memory of four steps. */
function examplesOf(
  side: Side,
  own: Readonly<Record<string, unknown>>,
): readonly [LayerExample, ...LayerExample[]] {
  const isDecoder = side === 'decoder';
  const base = { d_model: 4, nhead: 2, dim_feedforward: 6, ...own };
  const causally = isDecoder ? { tgt_is_causal: true } : { is_causal: true };
  return [
    {
      title: 'time first',
      params: { ...base, batch_first: false, dropout: 0.2 },
      inputs: [[3, 2, 4], ...(isDecoder ? [[5, 2, 4]] : [])],
      outputs: [[3, 2, 4]],
    },
    {
      title: 'norm first, causal, gelu',
      params: {
        ...base,
        batch_first: true,
        norm_first: true,
        activation: 'gelu',
        layer_norm_eps: 1e-3,
        ...causally,
      },
      inputs: [[2, 3, 4], ...(isDecoder ? [[2, 5, 4]] : [])],
      outputs: [[2, 3, 4]],
    },
    {
      title: 'masks, no bias',
      params: { ...base, batch_first: true, bias: false },
      inputs: isDecoder
        ? [
            [2, 3, 4],
            [2, 5, 4],
            [3, 3],
            [3, 5],
            [2, 3],
            [2, 5],
          ]
        : [
            [2, 3, 4],
            [3, 3],
            [2, 3],
          ],
      outputs: [[2, 3, 4]],
    },
    {
      title: 'one sequence without a batch',
      params: base,
      inputs: [[3, 4], ...(isDecoder ? [[5, 4]] : [])],
      outputs: [[3, 4]],
    },
  ];
}

/** Self-attention, then two linear layers, each added to its input and normalized. Source: https://arxiv.org/abs/1706.03762. */
export const transformerEncoderLayer = defineLayer({
  ...shared('encoder', false),
  type: 'transformer_encoder_layer',
  torch: 'torch.nn.TransformerEncoderLayer',
  summary: 'Self-attention and two linear layers with residuals: one layer of an encoder.',
  keywords: ['transformer', 'bert', 'attention', 'block'],
  params: { ...layerParams, is_causal: causal },
  lower: (call) => lower('encoder', call.params, call),
  examples: examplesOf('encoder', {}),
});

/** As the encoder's, with attention to the memory in between. */
export const transformerDecoderLayer = defineLayer({
  ...shared('decoder', false),
  type: 'transformer_decoder_layer',
  torch: 'torch.nn.TransformerDecoderLayer',
  summary: "Self-attention, attention to an encoder's output and two linear layers: one layer of a decoder.",
  keywords: ['transformer', 'attention', 'block', 'cross-attention'],
  params: { ...layerParams, tgt_is_causal: causal },
  lower: (call) => lower('decoder', call.params, call),
  examples: examplesOf('decoder', {}),
});

/** num_layers encoder layers in a row. As in PyTorch they start as copies of one. */
export const transformerEncoder = defineLayer({
  ...shared('encoder', true),
  type: 'transformer_encoder',
  torch: 'torch.nn.TransformerEncoder',
  summary: 'A stack of encoder layers.',
  keywords: ['transformer', 'bert', 'attention', 'stack'],
  params: { ...layerParams, is_causal: causal, ...stackParams },
  lower: (call) => lower('encoder', call.params, call),
  examples: examplesOf('encoder', { num_layers: 2, norm: true }),
});

/** num_layers decoder layers in a row. As in PyTorch they start as copies of one. */
export const transformerDecoder = defineLayer({
  ...shared('decoder', true),
  type: 'transformer_decoder',
  torch: 'torch.nn.TransformerDecoder',
  summary: "A stack of decoder layers that attend to an encoder's output.",
  keywords: ['transformer', 'attention', 'stack', 'cross-attention'],
  params: { ...layerParams, tgt_is_causal: causal, ...stackParams },
  lower: (call) => lower('decoder', call.params, call),
  examples: examplesOf('decoder', { num_layers: 2, norm: true }),
});
