// The compute devices of this machine: opening them, and saying why one is not there.
import type { DeviceName } from '#core/document/device';
import { LazuliError } from '#core/errors';
import type { DeviceInfo } from '#core/session/devices';
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
let gpu: { readonly backend: GpuBackend; readonly index: number } | null = null;

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

/** The backend of a device. Throws `not_supported` where it cannot be used, saying why. */
export const backendFor = (device: DeviceName): NativeBackend =>
  device === 'cpu' ? cpuBackend() : gpuBackend(device);

/**
 * A GPU, the first that can be used where none is named, opened once; made the one that runs ops on 'gpu'. A process computes
 * on one GPU at a time. Throws `not_supported`.
 */
export function gpuBackend(device: DeviceName = 'gpu'): GpuBackend {
  const { chosen, reason } = chooseGpu(device);
  if (!chosen)
    throw new LazuliError('not_supported', `the GPU cannot be used: ${reason}`, {
      where: 'device',
      expected: 'a GPU that can be used',
      got: device === 'gpu' ? 'none' : device,
      hint: 'train with --device cpu; lazuli devices lists what there is',
    });
  if (gpu?.backend.native.isLost() === false) {
    if (gpu.index === chosen.index) return gpu.backend;
    if (gpu.backend.native.live().programs > 0)
      throw new LazuliError('not_supported', `${chosen.name} must wait: another run uses the other GPU`, {
        where: 'device',
        expected: 'one GPU at a time',
        got: `a second one, ${chosen.name}`,
        hint: 'wait for that run, or stop it',
      });
  }
  gpu?.backend.close();
  gpu = null;
  const backend = openGpuBackend(chosen.index, { pipelineCache: readPipelineCache(chosen) });
  useBackend(backend);
  gpu = { backend, index: chosen.index };
  return backend;
}

/** Keeps the kernels the GPU's driver compiled so far for the next start; what cannot be written is compiled again. */
export function keepPipelines(): void {
  const native = gpu?.backend.native;
  if (native && !native.isLost()) writePipelineCache(native.info(), native.pipelineCache());
}

/** Of several GPUs, LAZULI_GPU chooses by a part of the name. Software drivers are for tests: they are slower than the CPU backend. */
const takesSoftware = (): boolean => process.env['LAZULI_SOFTWARE_GPU'] === '1';

const SLOW = 'a software driver, slower than the CPU backend';

/** Why a device is not offered; empty when it is. */
const reasonAgainst = ({ refusal, type }: GpuDevice): string =>
  refusal === '' && type === 'software' && !takesSoftware() ? SLOW : refusal;

function chooseGpu(device: DeviceName): { readonly chosen: GpuDevice | null; readonly reason: string } {
  const { failure, devices } = gpuDevices();
  if (device !== 'gpu' && device !== 'cpu') return namedGpu(device, devices);
  const wished = process.env['LAZULI_GPU'] ?? '';
  const chosen = devices.find((each) => reasonAgainst(each) === '' && each.name.includes(wished));
  if (chosen) return { chosen, reason: '' };
  const reasons = devices.map(
    (each) => `${each.name}: ${reasonAgainst(each) || `LAZULI_GPU asks for ${wished}`}`,
  );
  const none = failure === '' ? 'no GPU with a Vulkan driver was found' : failure;
  return { chosen: null, reason: reasons.length > 0 ? reasons.join('; ') : none };
}

function namedGpu(device: DeviceName, devices: readonly GpuDevice[]): ReturnType<typeof chooseGpu> {
  const chosen = devices[Number(device.slice('gpu:'.length))];
  if (!chosen) return { chosen: null, reason: `there is no ${device}; GPUs found: ${devices.length}` };
  const reason = reasonAgainst(chosen);
  return reason === '' ? { chosen, reason } : { chosen: null, reason: `${chosen.name}: ${reason}` };
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** "float16 matrix units 16x16x16" where the device names units of that dtype. */
const withShape = (feature: string, { matrix_units }: GpuDevice): string => {
  const unit = matrix_units.find(({ dtype }) => feature === `${dtype} matrix units`);
  return unit ? `${feature} ${unit.shape.join('x')}` : feature;
};

function gpuInfo(device: GpuDevice, id: DeviceName): DeviceInfo {
  const { name, type, memory, budget, features, driver, driver_version } = device;
  const why = reasonAgainst(device);
  const has = [
    type,
    `${gigabytes(memory)} (${gigabytes(budget)} free)`,
    `Vulkan ${device.api_version}`,
    `${driver} ${driver_version}`,
    `subgroups of ${device.subgroup_size}`,
    ...features.map((feature) => withShape(feature, device)),
  ].join(', ');
  return {
    id,
    name,
    isAvailable: why === '',
    detail: why === '' ? has : `${why} (${has})`,
    memory,
    budget,
    driver: `${driver} ${driver_version}`,
    features,
    gpu: {
      type,
      driverVersion: driver_version,
      vulkan: device.api_version,
      subgroupSize: device.subgroup_size,
      sharedMemory: device.shared_memory,
      matrixUnits: device.matrix_units,
      hasTransferQueue: device.has_copy_queue,
      refusal: why,
    },
  };
}

/** Every device with what it has, or why it cannot be used. Never throws. */
export function devices(): readonly DeviceInfo[] {
  try {
    const { isa, cores, threads, compiler, memory_limit } = loadNative().info();
    const detail = `${cores} cores, ${threads} threads, ${isa} kernels, built by ${compiler}`;
    const cpu: DeviceInfo = { id: 'cpu', name: 'CPU', isAvailable: true, detail, memory: memory_limit };
    const { chosen, reason } = chooseGpu('gpu');
    const found = gpuDevices().devices;
    const first = chosen?.index ?? 0;
    if (found.length === 0) return [cpu, { id: 'gpu', name: 'GPU', isAvailable: false, detail: reason }];
    return [cpu, ...found.map((each) => gpuInfo(each, each.index === first ? 'gpu' : `gpu:${each.index}`))];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [
      { id: 'cpu', name: 'CPU', isAvailable: false, detail },
      { id: 'gpu', name: 'GPU', isAvailable: false, detail },
    ];
  }
}
