// Runs the built command line as a child process, as a user or a program does.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export const root = path.resolve(import.meta.dirname, '../..');
export const bundle = path.join(root, 'out/cli/lazuli.js');
export const example = (name: string): string => path.join(root, 'examples', name, `${name}.lazuli`);

/** Brings bundle and addon up to date; call it once, before all tests. */
export function build(): void {
  execFileSync(process.execPath, [path.join(root, 'bin/lazuli.mjs'), '--version'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly program?: string;
  /** Sees output while the process runs. */
  readonly onOutput?: (stdout: string, child: ChildProcess) => void;
}

/** Exit code and output of `lazuli ...args`. */
export function lazuli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { cwd = root, env = {}, program = bundle, onOutput } = options;
  // Most tests train the examples where they lie.
  const clean = { ...process.env, NO_COLOR: '', FORCE_COLOR: '', LAZULI_HISTORY: 'off', ...env };
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: clean,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    onOutput?.(stdout, child);
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** The one JSON document on stdout; throws when there is anything else. */
export const documentOf = ({ stdout }: Ended): unknown => JSON.parse(stdout);

/** The lines of JSON on stdout. */
export const linesOf = ({ stdout }: Ended): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The error on stderr in its fixed form. */
export const errorOf = ({ stderr }: Ended): Record<string, string> =>
  (JSON.parse(stderr) as { error: Record<string, string> }).error;

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lazuli-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
