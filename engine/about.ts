// This Lazuli's own version and place, found from wherever its code was bundled to.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of the nearest package.json called lazuli above this file; the working folder when there is none. */
export function packageFolder(): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    if (existsSync(file) && readPackage(file).name === 'lazuli') return folder;
    if (path.dirname(folder) === folder) return process.cwd();
  }
}

/** Where the shipped example projects and their data lie. */
export const examplesFolder = (): string => path.join(packageFolder(), 'examples');

export function version(): string {
  const file = path.join(packageFolder(), 'package.json');
  return existsSync(file) ? (readPackage(file).version ?? '0.0.0') : '0.0.0';
}

function readPackage(file: string): { readonly name?: string; readonly version?: string } {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const text = (key: string): string | undefined => {
    const field: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
    return typeof field === 'string' ? field : undefined;
  };
  const [name, release] = [text('name'), text('version')];
  return { ...(name === undefined ? {} : { name }), ...(release === undefined ? {} : { version: release }) };
}
