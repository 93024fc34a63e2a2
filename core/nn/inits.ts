// torch.nn.init as one namespace.
export * from './init';
export { orthogonal_ } from './orthogonal';
export { truncNormal_, type TruncNormalOptions } from './truncated-normal';
