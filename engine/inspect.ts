// What is in a file of weights, arrays or a project: listed, hashed and described; nothing in it is run.
import { createHash } from 'node:crypto';
import path from 'node:path';

import { parseProject } from '#core/document/parse';
import { contiguousBytes, entryBytes, readWeights } from '#core/formats/index';
import type { ByteSource, EntryKind, TensorEntry, WeightFile } from '#core/formats/weights';
import type { DType } from '#core/tensor/dtype';
import type { Shape } from '#core/tensor/shape';

import { openFile, readText, withFile, type OpenFile } from './files';
import { toJsonRecord, type JsonValue } from './json';

export interface InspectedEntry {
  readonly name: string;
  readonly kind: EntryKind;
  readonly dtype: DType;
  readonly shape: Shape | null;
  readonly stride: readonly number[];
  readonly offset: number;
  readonly storage: string;
  readonly requires_grad: boolean;
  readonly bytes: number;
  /** Of the tensor's contiguous little-endian bytes; null while uninitialized, and where it was not asked for. */
  readonly sha256: string | null;
}

export interface Inspection {
  readonly file: string;
  readonly format: string;
  readonly entries: readonly InspectedEntry[];
  readonly values: Readonly<Record<string, JsonValue>>;
  readonly metadata: Readonly<Record<string, JsonValue>>;
  readonly globals: readonly string[];
  readonly warnings: readonly string[];
}

/** Lists a weight file while it is open. Shards named by an index are opened beside it and closed too. */
export async function withWeights<T>(
  file: string,
  body: (weights: WeightFile, source: ByteSource) => Promise<T>,
): Promise<T> {
  const shards: OpenFile[] = [];
  const openSibling = async (name: string): Promise<ByteSource> => {
    const shard = await openFile(path.join(path.dirname(file), path.basename(name)));
    shards.push(shard);
    return shard;
  };
  try {
    return await withFile(file, async (source) => body(await readWeights(source, { openSibling }), source));
  } finally {
    for (const shard of shards) await shard.close();
  }
}

/** Files with more bytes of tensors are only listed unless hashes are asked for: reading them takes seconds. */
const MOST_HASHED = 2 * 1024 ** 3;

export interface InspectOptions {
  readonly signal?: AbortSignal;
  /** `all` reads every tensor; `small`, the default, only of files up to 2 GiB. */
  readonly hashes?: 'all' | 'small';
}

/** Throws what opening and reading the file throws: `file_not_found`, `read_failed`, `file_refused`, `project_invalid`. */
export async function inspectFile(
  file: string,
  { signal, hashes = 'small' }: InspectOptions = {},
): Promise<Inspection> {
  if (/\.lazuli$/i.test(file)) return inspectProject(file);
  return withWeights(file, async (weights) => {
    const entries: InspectedEntry[] = [];
    const total = weights.entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
    const isHashed = hashes === 'all' || total <= MOST_HASHED;
    for (const entry of weights.entries) {
      signal?.throwIfAborted();
      entries.push(await inspectEntry(entry, isHashed));
    }
    return {
      file,
      format: weights.format,
      entries,
      values: toJsonRecord(weights.values),
      metadata: toJsonRecord(weights.metadata),
      globals: weights.globals,
      warnings: [
        ...weights.warnings,
        ...(weights.torchRefusal === undefined
          ? []
          : [`torch.load refuses this file by default: ${weights.torchRefusal}`]),
        ...(isHashed ? [] : ['the tensors were listed without reading them: --hash reads and hashes all']),
      ],
    };
  });
}

async function inspectEntry(entry: TensorEntry, isHashed: boolean): Promise<InspectedEntry> {
  return {
    name: entry.name,
    kind: entry.kind,
    dtype: entry.dtype,
    shape: entry.shape,
    stride: entry.stride,
    offset: entry.offset,
    storage: entry.storageKey,
    requires_grad: entry.requiresGrad,
    bytes: entryBytes(entry),
    sha256: entry.shape === null || !isHashed ? null : await hashEntry(entry),
  };
}

async function hashEntry(entry: TensorEntry): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of contiguousBytes(entry)) hash.update(chunk);
  return hash.digest('hex');
}

async function inspectProject(file: string): Promise<Inspection> {
  const { graph, ...rest } = parseProject(await readText(file), file);
  return {
    file,
    format: 'lazuli',
    entries: [],
    values: toJsonRecord({
      ...structuredClone(rest),
      nodes: graph.nodes.map(({ name, layer, params }) => ({ name, layer, params })),
      edges: graph.edges.map(({ from, to }) => [`${from.node}.${from.port}`, `${to.node}.${to.port}`]),
    }),
    metadata: {},
    globals: [],
    warnings: [],
  };
}
