// torch.nn.init as one namespace.
export * from './init';
export { orthogonal_, orthogonalSteps } from './orthogonal';
export { truncNormal_, truncNormalSteps, type TruncNormalOptions } from './truncated-normal';
