// Errors of the addon as LazuliError. The addon's messages already name the op, what, expected and got.
import { LazuliError } from '#core/errors';

/** A thrown value of the addon as LazuliError; anything that is not the addon's stays what it is. */
export function toLazuliError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code: unknown = Reflect.get(error, 'code');
  if (code === 'out_of_memory')
    return new LazuliError('out_of_memory', error.message, {
      hint: 'use a smaller batch or model, or raise the memory limit',
    });
  if (code === 'device_lost')
    return new LazuliError('device_lost', error.message, {
      hint: 'go on with the CPU from the last checkpoint, or restart Lazuli to try the GPU again',
    });
  return code === 'native_failed' ? new LazuliError('native_failed', error.message) : error;
}

/** Calls `body`; what the addon throws becomes LazuliError. */
export function wrapErrors<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw toLazuliError(error);
  }
}
