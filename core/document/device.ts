// The names of devices as projects and the command line write them.

/** The CPU, the first GPU that can be used, or a GPU by its place among those `lazuli devices` lists, from 0. */
export type DeviceName = 'cpu' | 'gpu' | `gpu:${number}`;

export const isDeviceName = (value: unknown): value is DeviceName =>
  typeof value === 'string' && /^(cpu|gpu(:\d{1,2})?)$/.test(value);

/** What a device may be called, for messages. */
export const DEVICE_NAMES = 'cpu, gpu or gpu:N with a number that lazuli devices lists';
