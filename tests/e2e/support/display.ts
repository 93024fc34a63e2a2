// A virtual display of its own for each worker, so that windows of two tests never take the focus from each other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

import { findProgram } from '../../../scripts/processes.mjs';

/** Whether tests get displays of their own; elsewhere (macOS, Windows) their windows share the user's. */
export const hasVirtualDisplays = (): boolean => findProgram('Xvfb') !== undefined;

/** Starts one and makes it this process's DISPLAY. Returns what ends it. */
export async function openDisplay(): Promise<() => Promise<void>> {
  if (!hasVirtualDisplays()) return () => Promise.resolve();
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'exit');
  const [number] = (await Promise.race([
    once(server.stdio[3] as Readable, 'data'),
    ended.then(() => Promise.reject(new Error('Xvfb ended before it had a display'))),
  ])) as [Buffer];
  process.env['DISPLAY'] = `:${number.toString().trim()}`;
  return async () => {
    server.kill();
    await ended;
  };
}
