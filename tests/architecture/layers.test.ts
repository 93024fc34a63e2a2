// Checks every import in the tree against the table in scripts/layers.mjs, the packages against package.json, and that
// no modules wait for each other.
import { expect, test } from 'vitest';

import { checkImport, layers, resolveSpecifier } from '../../scripts/layers.mjs';
import { importsOf, layeredFiles, read, targetOf } from './source-tree';

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const imports = new Map(layeredFiles().map((file) => [file, importsOf(file)]));

test('there is something to check in every folder', () => {
  const folders = new Set([...imports.keys()].map((file) => file.split('/')[0] ?? ''));
  expect([...folders].sort()).toEqual(Object.keys(layers).sort());
});

test('every import is one the table allows', () => {
  const faults = [...imports].flatMap(([file, found]) =>
    found.flatMap(({ specifier }) => {
      const reason = checkImport(file, specifier);
      return reason === undefined ? [] : [`${file}: ${reason}`];
    }),
  );
  expect(faults).toEqual([]);
});

test('every subpath import leads to a file', () => {
  const lost = [...imports].flatMap(([file, found]) =>
    found
      .filter(({ specifier }) => specifier.startsWith('#') && targetOf(file, specifier) === undefined)
      .map(({ specifier }) => `${file}: ${specifier}`),
  );
  expect(lost).toEqual([]);
});

test('no modules import each other in a circle', () => {
  const graph = new Map(
    [...imports].map(([file, found]) => [
      file,
      found
        .filter(({ isTypeOnly, isDynamic }) => !isTypeOnly && !isDynamic)
        .flatMap(({ specifier }) => targetOf(file, specifier) ?? []),
    ]),
  );
  expect(findCircles(graph)).toEqual([]);
});

test('what runs outside the window is a dependency, what only the window bundles is not', () => {
  const needed = new Set<string>();
  for (const [file, found] of imports) {
    if (file.startsWith('renderer/')) continue;
    for (const { specifier, isTypeOnly } of found) {
      const target = resolveSpecifier(file, specifier);
      if (!isTypeOnly && 'package' in target && target.package !== 'electron') needed.add(target.package);
    }
  }
  const missing = [...needed].filter((name) => !(name in manifest.dependencies));
  expect(missing).toEqual([]);
});

test('every package is pinned to one version', () => {
  const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(all.filter(([, version]) => !/^(npm:[a-z@/-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  // A lock file that names a registry host installs from that host only.
  expect(read('package-lock.json')).not.toContain('"resolved"');
});

test('the circle finder finds one', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
  ]);
  expect(findCircles(graph)).toEqual(['b → c → b']);
});

/** One line for each import that closes a circle, by depth-first search. */
function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const path: string[] = [];
  const done = new Set<string>();
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return circles;
}
