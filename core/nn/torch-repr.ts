// What stands in the parentheses of a layer's repr: which params, in which order, in PyTorch's form.
import type { LayerDeclaration } from '../layers/declaration';
import { floatRepr, pythonRepr, tupleRepr } from './python-names';

type Params = Readonly<Record<string, unknown>>;

const isAll = (value: unknown, number: number): boolean =>
  value === number || (Array.isArray(value) && value.every((item) => item === number));

/** A param as PyTorch prints it: floats with their point, lists as tuples, an unknown size as 0. */
function show({ params: table }: LayerDeclaration, params: Params, name: string): string {
  const spec = table[name];
  const value = params[name];
  if (value === null && spec?.isInferred === true) return spec.widget === 'shape' ? '(0,)' : '0';
  if (spec?.widget === 'number' && typeof value === 'number') return floatRepr(value);
  return Array.isArray(value) ? tupleRepr(value) : pythonRepr(value);
}

type Printer = (declaration: LayerDeclaration, params: Params) => string[];

/** Names in angle brackets print their value alone: `<in_channels>`. */
const listed =
  (...names: readonly string[]): Printer =>
  (declaration, params) =>
    names.map((name) =>
      name.startsWith('<')
        ? show(declaration, params, name.slice(1, -1))
        : `${name}=${show(declaration, params, name)}`,
    );

const convolution: Printer = (declaration, params) => {
  const { padding, dilation, output_padding, groups, bias, padding_mode } = params;
  const shown = (name: string): string => `${name}=${show(declaration, params, name)}`;
  return [
    ...listed('<in_channels>', '<out_channels>', 'kernel_size', 'stride')(declaration, params),
    ...(isAll(padding, 0) ? [] : [typeof padding === 'string' ? `padding=${padding}` : shown('padding')]),
    ...(isAll(dilation, 1) ? [] : [shown('dilation')]),
    ...(output_padding === undefined || isAll(output_padding, 0) ? [] : [shown('output_padding')]),
    ...(groups === 1 ? [] : [shown('groups')]),
    ...(bias === false ? ['bias=False'] : []),
    ...(padding_mode === undefined || padding_mode === 'zeros'
      ? []
      : [`padding_mode=${typeof padding_mode === 'string' ? padding_mode : 'zeros'}`]),
  ];
};

/** Whether a norm has a bias: as it is told, or by its keywords. */
const hasBias = ({ hasBias: told, affine, bias }: Params): boolean =>
  typeof told === 'boolean' ? told : affine === true && bias !== false;

/** From 2.14 on norms print a bias after `affine`: it is there when affine is, unless it is switched off. */
const batchNorm: Printer = (declaration, params) => {
  const [size = '', eps = '', momentum = '', affine = '', tracking = ''] = listed(
    '<num_features>',
    'eps',
    'momentum',
    'affine',
    'track_running_stats',
  )(declaration, params);
  const bias = pythonRepr(hasBias(params));
  return [size, eps, momentum, affine, `bias=${bias}`, tracking];
};

/** Equal numbers print as the one number they are usually given as; a missing stride is the kernel. */
const pooling =
  (...names: readonly string[]): Printer =>
  (declaration, params) => {
    const compact = Object.fromEntries(
      names.map((name) => {
        const value = params[name] ?? (name === 'stride' ? params.kernel_size : null);
        const [first] = Array.isArray(value) ? (value as unknown[]) : [];
        return [name, typeof first === 'number' && isAll(value, first) ? first : value];
      }),
    );
    return listed(...names)(declaration, compact);
  };
const maxPool = pooling('kernel_size', 'stride', 'padding', 'dilation', 'ceil_mode');
const avgPool = pooling('kernel_size', 'stride', 'padding');

/** Sizes alone, then what is not as PyTorch's default: layers of torch.nn.modules.rnn. */
const recurrent: Printer = (declaration, params) => {
  const isOther = (name: string, usual: unknown): boolean =>
    params[name] !== undefined && params[name] !== usual;
  const more = RECURRENT_DEFAULTS.filter(([name, usual]) => isOther(name, usual)).map(([name]) => name);
  return listed('<input_size>', '<hidden_size>', ...more)(declaration, params);
};
const RECURRENT_DEFAULTS = [
  ['proj_size', 0],
  ['num_layers', 1],
  ['bias', true],
  ['batch_first', false],
  ['dropout', 0],
  ['bidirectional', false],
] as const;
/** They print `inplace` also where it is off, which it always is here. */
const dropout: Printer = (declaration, params) => [...listed('p')(declaration, params), 'inplace=False'];
const recurrentCell: Printer = (declaration, params) => [
  ...listed('<input_size>', '<hidden_size>', ...(params.bias === false ? ['bias'] : []))(declaration, params),
  ...(typeof params.nonlinearity === 'string' && params.nonlinearity !== 'tanh'
    ? [`nonlinearity=${params.nonlinearity}`]
    : []),
];

const PRINTERS: Readonly<Record<string, Printer>> = {
  Conv1d: convolution,
  Conv2d: convolution,
  Conv3d: convolution,
  ConvTranspose1d: convolution,
  ConvTranspose2d: convolution,
  ConvTranspose3d: convolution,
  BatchNorm1d: batchNorm,
  BatchNorm2d: batchNorm,
  BatchNorm3d: batchNorm,
  InstanceNorm1d: batchNorm,
  InstanceNorm2d: batchNorm,
  InstanceNorm3d: batchNorm,
  MaxPool1d: maxPool,
  MaxPool2d: maxPool,
  MaxPool3d: maxPool,
  AvgPool1d: (declaration, params) =>
    listed(
      'kernel_size',
      'stride',
      'padding',
    )(declaration, {
      ...params,
      stride: params.stride ?? params.kernel_size,
    }),
  AvgPool2d: avgPool,
  AvgPool3d: avgPool,
  AdaptiveAvgPool1d: pooling('output_size'),
  AdaptiveAvgPool2d: pooling('output_size'),
  AdaptiveAvgPool3d: pooling('output_size'),
  LayerNorm: listed('<normalized_shape>', 'eps', 'elementwise_affine', 'bias'),
  RMSNorm: listed('<normalized_shape>', 'eps', 'elementwise_affine'),
  GroupNorm: (declaration, params) => [
    ...listed('<num_groups>', '<num_channels>', 'eps', 'affine')(declaration, params),
    `bias=${pythonRepr(hasBias(params))}`,
  ],
  Dropout: dropout,
  Dropout1d: dropout,
  Dropout2d: dropout,
  Dropout3d: dropout,
  AlphaDropout: dropout,
  FeatureAlphaDropout: dropout,
  RNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
  RNNCell: recurrentCell,
  LSTMCell: recurrentCell,
  GRUCell: recurrentCell,
  PReLU: listed('num_parameters'),
  Embedding: (declaration, params) => [
    ...listed('<num_embeddings>', '<embedding_dim>')(declaration, params),
    ...(typeof params.padding_idx === 'number' ? [`padding_idx=${params.padding_idx}`] : []),
  ],
};

/** PyTorch's layers whose field `bias` is what the constructor was given. */
export const KEEPS_BIAS = /(RNN|LSTM|GRU)(Cell)?$/;

/** The extra repr of a layer; classes without a row of their own print every param by name. */
export function extraReprOf(declaration: LayerDeclaration, params: Params): string {
  const name = declaration.torch?.split('.').at(-1) ?? '';
  const printer = PRINTERS[name] ?? listed(...Object.keys(declaration.params));
  return printer(declaration, params).join(', ');
}
