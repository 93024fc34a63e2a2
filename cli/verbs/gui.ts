// `lazuli gui`: opens the window on a project.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { LazuliError } from '#core/errors';
import { packageFolder } from '#engine/about';

import type { Verb } from '../verb';

export const gui: Verb = {
  name: 'gui',
  summary: 'open the window',
  arguments: [{ name: 'project', help: 'the project file', isOptional: true }],
  options: [],
  example: 'lazuli gui digits.lazuli',
  async run({ args, output, signal }) {
    const { DISPLAY: x11, WAYLAND_DISPLAY: wayland } = process.env;
    if (process.platform === 'linux' && !x11 && !wayland)
      throw new LazuliError('not_supported', 'there is no display to open a window on', {
        where: 'DISPLAY',
        expected: 'a graphical session',
        got: 'neither DISPLAY nor WAYLAND_DISPLAY is set',
        hint: 'everything the window does is a verb too: lazuli train, lazuli summary ...',
      });
    const root = packageFolder();
    const main = path.join(root, 'out', 'main', 'index.js');
    if (!existsSync(main))
      throw new LazuliError('not_supported', 'the window is not built', {
        where: main,
        hint: 'run: npm run build',
      });
    const project = args.optional(0);
    if (project !== null && !existsSync(project))
      throw new LazuliError('file_not_found', `${project} does not exist`, { where: project });
    const files = project === null ? [] : [path.resolve(project)];
    // A package is the window's program with this command inside.
    const isPackaged = root === path.join(path.dirname(process.execPath), 'resources', 'app');
    if (isPackaged) await open(process.execPath, files, signal);
    else await open(electronOf(root), [root, ...files], signal);
    output.result({ opened: project }, () => 'the window was closed');
  },
};

/** The Electron program beside the packages. Its package exports the path; as root its sandbox cannot start. */
function electronOf(root: string): string {
  try {
    const found: unknown = createRequire(path.join(root, 'package.json'))('electron');
    if (typeof found === 'string' && existsSync(found)) return found;
  } catch {
    // Told below.
  }
  throw new LazuliError('not_supported', 'Electron is not installed', {
    where: root,
    hint: 'run: npm run setup',
  });
}

function open(program: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  if (isRoot) env.ELECTRON_DISABLE_SANDBOX = '1';
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env, signal });
    child.on('error', (error) =>
      reject(
        signal.aborted
          ? new LazuliError('interrupted', 'stopped')
          : new LazuliError('not_supported', `the window did not open: ${error.message}`, { where: program }),
      ),
    );
    child.on('exit', (code) =>
      code === 0
        ? resolve()
        : reject(
            new LazuliError('internal', `the window ended with code ${code ?? 'none'}`, { where: program }),
          ),
    );
  });
}
