// The functional API: everything that makes tensors from tensors. Layers, losses, metrics and optimizers import this file.
export { autocast } from './autocast';
export { backward, gradients, type BackwardOptions, type GradientsOptions } from './backward';
export * from './create';
export { apply, backendOf, enableGrad, gradientEnabled, noGrad, useBackend } from './dispatch';
export * from './functional/activations';
export * from './functional/along';
export { withGradient } from './functional/dense';
export * from './functional/elementwise';
export * from './functional/indexing';
export * from './functional/normalization';
export * from './functional/pooling';
export {
  convolution,
  convolutionTranspose,
  linear,
  matmul,
  type ConvolutionOptions,
  type ConvolutionTransposeOptions,
  type PerAxis,
} from './functional/products';
export * from './functional/promoted';
export * from './functional/promoted-unary';
export * from './functional/reductions';
export { prod } from './functional/scan';
export * from './functional/training';
export * from './functional/views';
export { hostBackend } from './host-backend';
export { keep, scope, scopeInTurns } from './scope';
