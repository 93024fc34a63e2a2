// The compute devices of a machine as data: what each is and has, or why it cannot be used.
import type { DeviceName } from '../document/device';

export interface DeviceInfo {
  readonly id: DeviceName;
  readonly name: string;
  readonly isAvailable: boolean;
  /** Why it is not available, or what it has (cores, instruction set, memory). */
  readonly detail: string;
  /** Bytes it has, and those of a GPU that are free now. */
  readonly memory?: number;
  readonly budget?: number;
  readonly driver?: string;
  readonly features?: readonly string[];
  /** Of a GPU. */
  readonly gpu?: GpuTraits;
}

/** What a GPU is and has, whether or not it can be used. */
export interface GpuTraits {
  readonly type: 'discrete' | 'integrated' | 'virtual' | 'software' | 'other';
  readonly driverVersion: string;
  readonly vulkan: string;
  /** Threads that go in step. */
  readonly subgroupSize: number;
  /** Bytes that a workgroup shares. */
  readonly sharedMemory: number;
  /** What its matrix units multiply at once: [m, k] by [k, n] as [m, n, k]. */
  readonly matrixUnits: readonly { readonly dtype: string; readonly shape: readonly number[] }[];
  /** Whether rows of data that stays in main memory are copied on a queue of their own. */
  readonly hasTransferQueue: boolean;
  /** Why it cannot be used; empty when it can. */
  readonly refusal: string;
}
