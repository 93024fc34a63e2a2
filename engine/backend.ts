// The compute devices of this machine: opening them, and saying why one is not there.
import { LazuliError } from '#core/errors';
import type { DeviceInfo } from '#core/ipc/api';
import { useBackend } from '#core/ops/dispatch';
import { loadNative, openCpuBackend, type CpuBackend } from '#native';

let opened: CpuBackend | null = null;

/** The CPU backend of this process, made the one that runs ops on 'cpu'. Throws `native_missing`. */
export function cpuBackend(): CpuBackend {
  if (opened) return opened;
  opened = openCpuBackend();
  useBackend(opened);
  return opened;
}

/** Threads for kernels; 0 takes as many as there are cores. Results do not depend on it. */
export function useThreads(count: number): number {
  const { native } = cpuBackend();
  const threads = count === 0 ? native.info().cores : count;
  native.setThreads(threads);
  return threads;
}

/** Cores this process may use. */
export const coreCount = (): number => cpuBackend().native.info().cores;

/** Lets the machine's other threads go before the kernels', so that a window stays smooth. Before the first run. */
export function yieldToWindow(): void {
  cpuBackend().native.setNiceness(WINDOW_FIRST);
}

/** Enough for the scheduler to prefer the window at once; a machine with nothing else to do runs the kernels at full speed. */
const WINDOW_FIRST = 10;

/** The backend of a device. Throws `not_supported` for the GPU, saying why. */
export function backendFor(device: 'cpu' | 'gpu'): CpuBackend {
  if (device === 'cpu') return cpuBackend();
  throw new LazuliError('not_supported', `the GPU cannot be used: ${NO_GPU}`, {
    where: 'device',
    expected: 'cpu',
    got: 'gpu',
    hint: 'lazuli devices lists what there is',
  });
}

const NO_GPU = 'this version of Lazuli has no GPU backend yet';

/** Every device with what it has, or why it cannot be used. Never throws. */
export function devices(): readonly DeviceInfo[] {
  const gpu: DeviceInfo = { id: 'gpu', name: 'GPU', isAvailable: false, detail: NO_GPU };
  try {
    const { isa, cores, threads, compiler } = loadNative().info();
    const detail = `${cores} cores, ${threads} threads, ${isa} kernels, built by ${compiler}`;
    return [{ id: 'cpu', name: 'CPU', isAvailable: true, detail }, gpu];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [{ id: 'cpu', name: 'CPU', isAvailable: false, detail }, gpu];
  }
}
