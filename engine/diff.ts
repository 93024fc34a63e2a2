// Differences between two projects or two weight files: what was added, removed and changed, with the distance of tensors.
import path from 'node:path';

import { parseProject } from '#core/document/parse';
import type { Graph, Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { contiguousBytes } from '#core/formats/index';
import type { TensorEntry } from '#core/formats/weights';
import { DTYPES, elementSize, type DType } from '#core/tensor/dtype';
import { readElement } from '#core/tensor/elements';
import { shapesEqual } from '#core/tensor/shape';

import { readText } from './files';
import { withWeights } from './inspect';

export interface Change {
  readonly where: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Euclidean norm of the difference of two tensors; null where there is none. */
  readonly norm: number | null;
}

export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly Change[];
}

/** Two files of the same kind. Throws `usage` for a project and a weight file. */
export async function diffFiles(before: string, after: string): Promise<Difference> {
  const [isProject, isOther] = [before, after].map((file) => path.extname(file).toLowerCase() === '.lazuli');
  if (isProject !== isOther)
    throw new LazuliError('usage', 'a project can only be compared with a project', {
      expected: 'two .lazuli files or two weight files',
      got: `${before} and ${after}`,
    });
  if (!isProject) return diffWeights(before, after);
  const read = async (file: string): Promise<Project> => parseProject(await readText(file), file);
  return diffProjects(await read(before), await read(after));
}

export function diffProjects(before: Project, after: Project): Difference {
  const { graph: oldGraph, ...oldRest } = before;
  const { graph: newGraph, ...newRest } = after;
  return diffMaps(
    new Map([...flatten('project', oldRest), ...graphFacts(oldGraph)]),
    new Map([...flatten('project', newRest), ...graphFacts(newGraph)]),
  );
}

/**
 * Nodes by name, what is chosen for them and their tensors, edges by what they join, notes by their words, and the same inside
 * blocks; positions do not count.
 */
function graphFacts(graph: Graph, blocks = graph.blocks ?? [], within = ''): [string, unknown][] {
  const name = new Map(graph.nodes.map((node) => [node.id, node.name]));
  const blockNames = new Map(blocks.map((block) => [block.id, block.name]));
  return [
    ...graph.nodes.flatMap(({ name: own, layer, params, tensors = {}, block }): [string, unknown][] => {
      const facts = {
        ...params,
        ...Object.fromEntries(Object.entries(tensors).flatMap(([key, options]) => flatten(key, options))),
        ...(block ? { ...block, id: undefined, block: blockNames.get(block.id) } : {}),
      };
      return [
        [`${within}node '${own}'`, layer],
        ...Object.entries(facts).flatMap(([key, value]): [string, unknown][] =>
          value === undefined ? [] : [[`${within}node '${own}', ${key}`, value]],
        ),
      ];
    }),
    ...graph.edges.map(({ from, to }): [string, unknown] => [
      `${within}edge ${name.get(from.node) ?? from.node}.${from.port} → ${name.get(to.node) ?? to.node}.${to.port}`,
      true,
    ]),
    ...(graph.notes ?? []).map(({ text }): [string, unknown] => [
      `${within}note '${text.slice(0, 60)}'`,
      text,
    ]),
    ...(graph.blocks ?? []).flatMap(({ name: own, graph: inner }) =>
      graphFacts(inner, blocks, `${within}block '${own}', `),
    ),
  ];
}

function flatten(prefix: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[prefix, value]];
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) => flatten(`${prefix}.${key}`, item));
}

function diffMaps(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): Difference {
  const isSame = (where: string): boolean =>
    JSON.stringify(before.get(where)) === JSON.stringify(after.get(where));
  return {
    added: [...after.keys()].filter((where) => !before.has(where)),
    removed: [...before.keys()].filter((where) => !after.has(where)),
    changed: [...before]
      .filter(([where]) => after.has(where) && !isSame(where))
      .map(([where, value]) => ({ where, before: value, after: after.get(where), norm: null })),
  };
}

const diffWeights = (before: string, after: string): Promise<Difference> =>
  withWeights(before, (one) =>
    withWeights(after, async (two) => {
      const old = new Map(one.entries.map((entry) => [entry.name, entry]));
      const fresh = new Map(two.entries.map((entry) => [entry.name, entry]));
      const changed: Change[] = [];
      for (const [where, entry] of old) {
        const other = fresh.get(where);
        const change = other && (await compare(where, entry, other));
        if (change) changed.push(change);
      }
      return {
        added: [...fresh.keys()].filter((name) => !old.has(name)),
        removed: [...old.keys()].filter((name) => !fresh.has(name)),
        changed,
      };
    }),
  );

const describe = ({ dtype, shape }: TensorEntry): { dtype: DType; shape: readonly number[] | null } => ({
  dtype,
  shape,
});

async function compare(where: string, before: TensorEntry, after: TensorEntry): Promise<Change | null> {
  const change = { where, before: describe(before), after: describe(after) };
  if (before.shape === null || after.shape === null)
    return before.shape === after.shape ? null : { ...change, norm: null };
  if (!shapesEqual(before.shape, after.shape)) return { ...change, norm: null };
  const squares = await squaredDistance(before, after);
  if (squares === null) return { ...change, norm: null };
  return squares.isEqual && before.dtype === after.dtype ? null : { ...change, norm: Math.sqrt(squares.sum) };
}

const isNumber = (dtype: DType): boolean => !['complex', 'opaque'].includes(DTYPES[dtype].kind);

/** Both tensors' elements side by side, whatever pieces their bytes come in; null for types that are not real numbers. */
async function squaredDistance(
  before: TensorEntry,
  after: TensorEntry,
): Promise<{ readonly sum: number; readonly isEqual: boolean } | null> {
  if (!isNumber(before.dtype) || !isNumber(after.dtype)) return null;
  const right = elements(after);
  let sum = 0;
  let isEqual = true;
  let other = new Float64Array(0);
  let at = 0;
  for await (const block of elements(before))
    for (const one of block) {
      if (at === other.length) {
        const next = await right.next();
        other = next.done === true ? new Float64Array(block.length).fill(Number.NaN) : next.value;
        at = 0;
      }
      const two = other[at++] ?? Number.NaN;
      // Two NaN are the same value; a NaN against a number has no distance.
      if (one === two || (Number.isNaN(one) && Number.isNaN(two))) continue;
      isEqual = false;
      sum += (one - two) ** 2;
    }
  return { sum, isEqual };
}

async function* elements(entry: TensorEntry): AsyncGenerator<Float64Array<ArrayBuffer>, void> {
  const size = elementSize(entry.dtype);
  for await (const chunk of contiguousBytes(entry)) {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const { length } = chunk;
    yield Float64Array.from({ length: length / size }, (_, at) =>
      Number(readElement(view, at * size, entry.dtype)),
    );
  }
}
