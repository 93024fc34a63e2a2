// Walking a module tree: modules, parameters and buffers with their dotted names, depth first.
import type { Module } from './module';
import type { WalkOptions } from './module-types';
import { REGISTRY } from './registry';

export const dotted = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

/** Modules with their dotted names, `root` first (named `prefix`). */
export function* walkModules(
  root: Module,
  { prefix = '', removeDuplicate = true }: WalkOptions,
  seen = new Set<Module>(),
): Generator<[string, Module]> {
  if (seen.has(root)) return;
  if (removeDuplicate) seen.add(root);
  yield [prefix, root];
  for (const [name, child] of root[REGISTRY].modules)
    if (child !== null) yield* walkModules(child, { prefix: dotted(prefix, name), removeDuplicate }, seen);
}

/** Children that are there, a module under two names once. */
export function* walkChildren(root: Module): Generator<[string, Module]> {
  const seen = new Set<Module>();
  for (const [name, child] of root[REGISTRY].modules)
    if (child !== null && !seen.has(child)) {
      seen.add(child);
      yield [name, child];
    }
}

/** What each module has of one kind; a tied one once, under its first name, unless `removeDuplicate` is false. */
export function* walkMembers<T extends object>(
  root: Module,
  { prefix = '', recurse = true, removeDuplicate = true }: WalkOptions,
  members: (module: Module) => ReadonlyMap<string, T | null>,
): Generator<[string, T]> {
  const seen = new Set<T>();
  const modules: Iterable<[string, Module]> = recurse
    ? walkModules(root, { prefix, removeDuplicate })
    : [[prefix, root]];
  for (const [place, module] of modules)
    for (const [name, member] of members(module)) {
      if (member === null || seen.has(member)) continue;
      if (removeDuplicate) seen.add(member);
      yield [dotted(place, name), member];
    }
}
