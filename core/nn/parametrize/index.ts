// torch.nn.utils: parametrizations, and the older hooks that computed weights.
export { removeSpectralNorm, removeWeightNorm, spectralNormHook, weightNormHook } from './old-norms';
export { ParametrizationList } from './list';
export { orthogonal, spectralNorm, weightNorm } from './parametrizations';
export {
  cached,
  isParametrized,
  registerParametrization,
  removeParametrizations,
  transferParametrizationsAndParams,
  typeBeforeParametrizations,
} from './register';
