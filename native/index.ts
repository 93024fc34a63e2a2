// The native backend's front door: loading the addon, and the CPU backend over it.
export type { NativeAddon, NativeProgram, NativeRunResult, NativeStorage, NativeTensor } from './contract';
export { CpuBackend, CpuProgram, CpuStorage, openCpuBackend } from './cpu-backend';
export type { RunOptions } from './cpu-backend';
export { findAddon, loadedNative, loadNative, openAddon } from './load';
