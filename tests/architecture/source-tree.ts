// The project's source files as the architecture tests see them: paths from the root, and what each imports.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';

import { parseSync, Visitor, type Expression, type StringLiteral } from 'oxc-parser';

import { layers, resolveSpecifier } from '../../scripts/layers.mjs';

export const root = resolve(import.meta.dirname, '../..');

const skipped = new Set(['node_modules', 'build', 'fixtures', 'golden']);

/** Every file under `folder` that ends with one of `endings`, as paths from the root with slashes. */
export function listFiles(folder: string, endings: readonly string[]): string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const inner = posix.join(path, entry.name);
      if (entry.isDirectory() && !skipped.has(entry.name)) walk(inner);
      if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending))) found.push(inner);
    }
  };
  if (existsSync(join(root, folder))) walk(folder);
  return found;
}

export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The TypeScript files of every folder in the table of layers. */
export const layeredFiles = (): string[] =>
  Object.keys(layers).flatMap((folder) => listFiles(folder, ['.ts', '.tsx']));

export interface Import {
  readonly specifier: string;
  /** Erased by the compiler: it can make no load-order problem. */
  readonly isTypeOnly: boolean;
  /** `import()`: runs after both modules have loaded. */
  readonly isDynamic: boolean;
}

/** Every import and re-export of a file, whatever its form. */
export function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const add = (source: Expression | StringLiteral | null, isTypeOnly: boolean, isDynamic = false): void => {
    if (source?.type === 'Literal' && typeof source.value === 'string')
      found.push({ specifier: source.value, isTypeOnly, isDynamic });
  };
  const visitor = new Visitor({
    ImportDeclaration: ({ source, importKind }) => add(source, importKind === 'type'),
    ExportNamedDeclaration: ({ source, exportKind }) => add(source, exportKind === 'type'),
    ExportAllDeclaration: ({ source, exportKind }) => add(source, exportKind === 'type'),
    TSImportType: ({ source }) => add(source, true),
    ImportExpression: ({ source }) => add(source, false, true),
  });
  const { program, errors } = parseSync(file, read(file));
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  visitor.visit(program);
  return found;
}

/** The file an import leads to, or undefined when it is a package, a Node module, or not a source file. */
export function targetOf(file: string, specifier: string): string | undefined {
  const target = resolveSpecifier(file, specifier);
  if (!('path' in target)) return undefined;
  const endings = ['', '.ts', '.tsx', '/index.ts', '/index.tsx'];
  const isSource = (path: string): boolean => /\.tsx?$/.test(path) && existsSync(join(root, path));
  return endings.map((ending) => target.path + ending).find(isSource);
}
