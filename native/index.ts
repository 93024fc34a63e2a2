// The native backend's front door: loading the addon, and the CPU backend over it.
export type {
  FaultKind,
  FaultPlace,
  NativeAddon,
  NativeGpu,
  NativeProgram,
  NativeRunResult,
  NativeStorage,
  NativeTensor,
} from './contract';
export { CpuBackend, CpuProgram, CpuStorage, openCpuBackend } from './cpu-backend';
export type { RunOptions } from './cpu-backend';
export {
  copyTransfer,
  forgetFile,
  makeFileRoom,
  plainReadTransfer,
  plainWriteTransfer,
  readTransfer,
  SourceError,
  writeTransfer,
  type Transfer,
} from './files';
export { GpuBackend, gpuDevices, GpuStorage, openGpuBackend } from './gpu-backend';
export type { GpuDevice, GpuOptions } from './gpu-backend';
export { findAddon, loadedNative, loadNative, openAddon } from './load';

import type { CpuBackend } from './cpu-backend';
import type { GpuBackend } from './gpu-backend';

/** Where programs run. */
export type NativeBackend = CpuBackend | GpuBackend;
