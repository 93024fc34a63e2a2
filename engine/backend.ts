// The compute devices of this machine: opening them, and saying why one is not there.
import { LazuliError } from '#core/errors';
import type { DeviceInfo } from '#core/ipc/api';
import { useBackend } from '#core/ops/dispatch';
import {
  gpuDevices,
  loadNative,
  openCpuBackend,
  openGpuBackend,
  type CpuBackend,
  type GpuBackend,
  type GpuDevice,
  type NativeBackend,
} from '#native';

import { readPipelineCache, writePipelineCache } from './pipeline-cache';

let opened: CpuBackend | null = null;
let gpu: GpuBackend | null = null;

/** The CPU backend of this process, made the one that runs ops on 'cpu'. Throws `native_missing`. */
export function cpuBackend(): CpuBackend {
  if (opened) return opened;
  opened = openCpuBackend();
  useBackend(opened);
  return opened;
}

/** How many processors this process may use. */
export const coreCount = (): number => cpuBackend().native.info().cores;

/** Threads for kernels; 0 takes as many as there are cores. Results do not depend on it. */
export function useThreads(count: number): number {
  const { native } = cpuBackend();
  const threads = count === 0 ? native.info().cores : count;
  native.setThreads(threads);
  return threads;
}

/** Lets the machine's other threads go before the kernels', so that a window stays smooth. Before the first run. */
export function yieldToWindow(): void {
  cpuBackend().native.setNiceness(WINDOW_FIRST);
}

/** Enough for the scheduler to prefer the window at once; a machine with nothing else to do runs the kernels at full speed. */
const WINDOW_FIRST = 10;

/** The backend of a device. Throws `not_supported` where there is no GPU that can be used, saying why. */
export const backendFor = (device: 'cpu' | 'gpu'): NativeBackend =>
  device === 'cpu' ? cpuBackend() : gpuBackend();

/** The first GPU that can be used, opened once; made the one that runs ops on 'gpu'. Throws `not_supported`. */
export function gpuBackend(): GpuBackend {
  if (gpu?.native.isLost() === false && gpu.native.info().name.includes(process.env['LAZULI_GPU'] ?? ''))
    return gpu;
  gpu?.close();
  gpu = null;
  const { chosen, reason } = chooseGpu();
  if (!chosen)
    throw new LazuliError('not_supported', `the GPU cannot be used: ${reason}`, {
      where: 'device',
      expected: 'a GPU that can be used',
      got: 'none',
      hint: 'train with --device cpu; lazuli devices lists what there is',
    });
  const backend = openGpuBackend(chosen.index, { pipelineCache: readPipelineCache(chosen) });
  useBackend(backend);
  gpu = backend;
  return backend;
}

/** Keeps the kernels the GPU's driver compiled so far for the next start; what cannot be written is compiled again. */
export function keepPipelines(): void {
  if (gpu && !gpu.native.isLost()) writePipelineCache(gpu.native.info(), gpu.native.pipelineCache());
}

/** Of several GPUs, LAZULI_GPU chooses by a part of the name. Software drivers are for tests: they are slower than the CPU backend. */
const takesSoftware = (): boolean => process.env['LAZULI_SOFTWARE_GPU'] === '1';

function chooseGpu(): { readonly chosen: GpuDevice | null; readonly reason: string } {
  const { failure, devices } = gpuDevices();
  const wished = process.env['LAZULI_GPU'] ?? '';
  const chosen = devices.find(
    ({ name, refusal, type }) =>
      refusal === '' && (type !== 'software' || takesSoftware()) && name.includes(wished),
  );
  if (chosen) return { chosen, reason: '' };
  const reasons = devices.map(
    ({ name, refusal }) =>
      `${name}: ${refusal === '' ? 'a software driver, slower than the CPU backend' : refusal}`,
  );
  const none = failure === '' ? 'no GPU with a Vulkan driver was found' : failure;
  return { chosen: null, reason: reasons.length > 0 ? reasons.join('; ') : none };
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

function gpuInfo(device: GpuDevice): DeviceInfo {
  const { name, refusal, type, memory, budget, features, driver, driver_version } = device;
  const isUsable = refusal === '' && (type !== 'software' || takesSoftware());
  const has = [
    type,
    `${gigabytes(memory)} (${gigabytes(budget)} free)`,
    `Vulkan ${device.api_version}`,
    `${driver} ${driver_version}`,
    ...(features.length > 0 ? [features.join(', ')] : []),
  ].join(', ');
  const why = refusal === '' ? 'a software driver, slower than the CPU backend' : refusal;
  return {
    id: 'gpu',
    name,
    isAvailable: isUsable,
    detail: isUsable ? has : `${why} (${has})`,
    memory,
    budget,
    driver: `${driver} ${driver_version}`,
    features,
  };
}

/** Every device with what it has, or why it cannot be used. Never throws. */
export function devices(): readonly DeviceInfo[] {
  try {
    const { isa, cores, threads, compiler, memory_limit } = loadNative().info();
    const detail = `${cores} cores, ${threads} threads, ${isa} kernels, built by ${compiler}`;
    const cpu: DeviceInfo = { id: 'cpu', name: 'CPU', isAvailable: true, detail, memory: memory_limit };
    const found = gpuDevices().devices.map(gpuInfo);
    if (found.length > 0) return [cpu, ...found];
    return [cpu, { id: 'gpu', name: 'GPU', isAvailable: false, detail: chooseGpu().reason }];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [
      { id: 'cpu', name: 'CPU', isAvailable: false, detail },
      { id: 'gpu', name: 'GPU', isAvailable: false, detail },
    ];
  }
}
