// torch.nn.init as one namespace.
export * from './init';
export { sparse_ } from './sparse';
export { orthogonal_, orthogonalSteps } from './orthogonal';
export { truncNormal_, truncNormalSteps, type TruncNormalOptions } from './truncated-normal';
