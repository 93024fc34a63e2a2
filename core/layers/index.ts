// The layer catalogue: the one list of all declarations, in the order the palette shows them, and the ways into it.
import { LazuliError } from '../errors';
import * as activation from './activation';
import * as activationDrawn from './activation-drawn';
import * as activationMore from './activation-more';
import * as activationShaped from './activation-shaped';
import * as along from './along';
import * as arithmetic from './arithmetic';
import * as attention from './attention';
import * as batchNormalization from './batch-normalization';
import * as conditions from './conditions';
import * as convolution from './convolution';
import * as convolutionTranspose from './convolution-transpose';
import type { LayerDeclaration } from './declaration';
import { einsum } from './einsum';
import { embedding } from './embedding';
import { embeddingBag } from './embedding-bag';
import * as fold from './fold';
import * as instanceNormalization from './instance-normalization';
import * as integers from './integers';
import * as io from './io';
import * as linear from './linear';
import * as moving from './moving';
import * as normalization from './normalization';
import { normalize } from './normalize';
import { findDeclared } from './parse';
import * as ordering from './ordering';
import { paddings } from './padding';
import * as picking from './picking';
import * as pixels from './pixels';
import * as pointwise from './pointwise';
import * as pooling from './pooling';
import * as poolingAdaptive from './pooling-adaptive';
import * as positions from './positions';
import { adaptiveLogSoftmaxWithLoss, linearCrossEntropy } from './output-losses';
import * as lossLayers from './loss-layers';
import { ctc } from './ctc';
import * as fractional from './pooling-fractional';
import * as splitting from './split';
import * as unpooling from './unpooling';
import * as productSums from './product-sums';
import * as products from './products';
import * as reductions from './reductions';
import * as recurrent from './recurrent';
import * as recurrentCells from './recurrent-cell-layers';
import * as responses from './response-normalization';
import * as regularization from './regularization';
import * as rearrangement from './shape';
import { scaledDotProductAttention } from './scaled-dot-product';
import * as softmax from './softmax';
import { nearest } from './suggest';
import * as upsampling from './upsample';
import * as transformer from './transformer';
import { transformer as wholeTransformer } from './transformer-whole';
import * as views from './views';

/** Every layer, in palette order. A new layer is one declaration and one entry here. */
export const LAYERS: readonly LayerDeclaration[] = [
  io.input,
  io.output,
  linear.linear,
  linear.bilinear,
  products.matmul,
  productSums.addmm,
  productSums.addmv,
  productSums.baddbmm,
  productSums.addbmm,
  einsum,
  convolution.conv1d,
  convolution.conv2d,
  convolution.conv3d,
  convolutionTranspose.convTranspose1d,
  convolutionTranspose.convTranspose2d,
  convolutionTranspose.convTranspose3d,
  pooling.maxPool1d,
  pooling.maxPool2d,
  pooling.maxPool3d,
  pooling.avgPool1d,
  pooling.avgPool2d,
  pooling.avgPool3d,
  poolingAdaptive.adaptiveAvgPool1d,
  poolingAdaptive.adaptiveAvgPool2d,
  poolingAdaptive.adaptiveAvgPool3d,
  poolingAdaptive.adaptiveMaxPool1d,
  poolingAdaptive.adaptiveMaxPool2d,
  poolingAdaptive.adaptiveMaxPool3d,
  pooling.lpPool1d,
  pooling.lpPool2d,
  pooling.lpPool3d,
  fractional.fractionalMaxPool2d,
  fractional.fractionalMaxPool3d,
  unpooling.maxUnpool1d,
  unpooling.maxUnpool2d,
  unpooling.maxUnpool3d,
  batchNormalization.batchNorm1d,
  batchNormalization.batchNorm2d,
  batchNormalization.batchNorm3d,
  normalization.layerNorm,
  normalization.groupNorm,
  normalization.rmsNorm,
  instanceNormalization.instanceNorm1d,
  instanceNormalization.instanceNorm2d,
  instanceNormalization.instanceNorm3d,
  normalize,
  responses.localResponseNorm,
  responses.crossMapLrn2d,
  activation.relu,
  activation.leakyRelu,
  activation.gelu,
  activation.silu,
  activation.elu,
  activation.sigmoid,
  activation.tanh,
  softmax.softmax,
  softmax.logSoftmax,
  softmax.softmin,
  activationDrawn.softmax2d,
  activationShaped.prelu,
  activationShaped.glu,
  activationMore.relu6,
  activationMore.hardtanh,
  activationMore.hardsigmoid,
  activationMore.hardswish,
  activationMore.selu,
  activationMore.celu,
  activationMore.softplus,
  activationMore.softsign,
  activationMore.mish,
  activationMore.logSigmoidLayer,
  activationMore.threshold,
  activationMore.softshrink,
  activationMore.hardshrink,
  activationMore.tanhshrink,
  activationDrawn.rrelu,
  recurrent.rnn,
  recurrent.lstm,
  recurrent.gru,
  recurrentCells.rnnCell,
  recurrentCells.lstmCell,
  recurrentCells.gruCell,
  attention.multiheadAttention,
  scaledDotProductAttention,
  transformer.transformerEncoderLayer,
  transformer.transformerDecoderLayer,
  transformer.transformerEncoder,
  transformer.transformerDecoder,
  wholeTransformer,
  positions.positionalEncoding,
  positions.learnedPosition,
  rearrangement.flatten,
  rearrangement.unflatten,
  views.reshape,
  views.permute,
  views.transpose,
  views.squeeze,
  views.unsqueeze,
  picking.slice,
  splitting.split,
  splitting.chunk,
  picking.repeat,
  picking.pad,
  moving.expand,
  moving.roll,
  moving.flip,
  moving.tril,
  moving.triu,
  moving.gather,
  moving.scatterAdd,
  ordering.sort,
  ordering.topk,
  pixels.pixelShuffle,
  pixels.pixelUnshuffle,
  pixels.channelShuffle,
  upsampling.upsample,
  upsampling.upsamplingNearest2d,
  upsampling.upsamplingBilinear2d,
  fold.unfold,
  fold.fold,
  ...paddings,
  rearrangement.identity,
  regularization.dropout,
  regularization.dropout1d,
  regularization.dropout2d,
  regularization.dropout3d,
  regularization.alphaDropout,
  regularization.featureAlphaDropout,
  embedding,
  embeddingBag,
  arithmetic.add,
  arithmetic.multiply,
  arithmetic.subtract,
  arithmetic.divide,
  pointwise.pow,
  pointwise.power,
  pointwise.clamp,
  pointwise.abs,
  pointwise.neg,
  pointwise.sign,
  pointwise.square,
  pointwise.sqrt,
  pointwise.rsqrt,
  pointwise.reciprocal,
  pointwise.exp,
  pointwise.expm1,
  pointwise.log,
  pointwise.log1p,
  pointwise.sin,
  pointwise.cos,
  pointwise.erf,
  pointwise.floor,
  pointwise.ceil,
  pointwise.round,
  moving.outer,
  arithmetic.concatenate,
  arithmetic.stack,
  conditions.greater,
  conditions.greaterEqual,
  conditions.less,
  conditions.lessEqual,
  conditions.equal,
  conditions.notEqual,
  conditions.where,
  conditions.maskedFill,
  integers.logicalNot,
  integers.bitwiseAnd,
  integers.bitwiseOr,
  integers.bitwiseXor,
  integers.bitwiseNot,
  integers.floorDivide,
  integers.remainder,
  integers.maximum,
  integers.minimum,
  along.cumsum,
  along.cumprod,
  along.argmax,
  along.argmin,
  integers.oneHot,
  integers.to,
  picking.constant,
  reductions.mean,
  reductions.sum,
  along.prod,
  reductions.amax,
  reductions.amin,
  reductions.variance,
  reductions.std,
  reductions.logsumexp,
  reductions.norm,
  products.cosineSimilarity,
  products.pairwiseDistance,
  lossLayers.tripletMargin,
  lossLayers.tripletMarginWithDistance,
  lossLayers.cosineEmbedding,
  lossLayers.marginRanking,
  lossLayers.gaussianNll,
  ctc,
  adaptiveLogSoftmaxWithLoss,
  linearCrossEntropy,
];

/** A layer by `type` or PyTorch name (`conv2d`, `torch.nn.Conv2d`, `Conv2d`, `LazyConv2d`); null when there is none. */
export const findLayer = (name: string): LayerDeclaration | null => findDeclared(LAYERS, name);

/** As `findLayer`, but throws `parameter_invalid` with the nearest name. */
export function layerNamed(name: string): LayerDeclaration {
  const layer = findLayer(name);
  if (layer) return layer;
  const names = LAYERS.flatMap(({ type, torch }) => [type, torch?.split('.').at(-1) ?? type]);
  const meant = nearest(name, names);
  throw new LazuliError('parameter_invalid', `there is no layer '${name}'`, {
    expected: 'a layer of the catalogue (lazuli layers lists them)',
    got: name,
    ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
  });
}

export { checkParams, parseParams } from './parse';
export type { LayerDeclaration } from './declaration';
