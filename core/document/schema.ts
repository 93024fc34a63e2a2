// The project file's schema: a zod validator from which core/document/project.ts's types could be derived, and are checked to agree.
import { z } from 'zod';

import { DEVICE_NAMES, isDeviceName, type DeviceName } from './device';

import type { Block, DataSource, Graph, GraphNote, Project, TrainingSettings } from './project';

/** What is kept of text a file brings: bounded, so that a hostile file stays small in every list it is shown in. */
const text = z.string().max(4096);
const id = z.string().min(1).max(200);
const index = z.number().int();
const count = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);
const jsonRecord = z.record(z.string().max(200), z.unknown());

const port = z.looseObject({ node: id, port: id });
const tensorOptions = z.looseObject({
  frozen: z.boolean().exactOptional(),
  initializer: z.looseObject({ kind: text }).exactOptional(),
  tied_to: text.exactOptional(),
  group: text.exactOptional(),
  weight_norm: z.looseObject({ dim: index.nullable() }).exactOptional(),
  spectral_norm: z
    .looseObject({
      dim: index.exactOptional(),
      n_power_iterations: z.number().int().min(1).max(1000).exactOptional(),
      eps: z.number().min(0).exactOptional(),
    })
    .exactOptional(),
  orthogonal: z
    .looseObject({ orthogonal_map: text.exactOptional(), use_trivialization: z.boolean().exactOptional() })
    .exactOptional(),
});
const node = z.looseObject({
  id,
  name: text,
  layer: text,
  params: jsonRecord.default({}),
  position: z.looseObject({ x: z.number(), y: z.number() }),
  tensors: z.record(z.string().max(200), tensorOptions).exactOptional(),
  block: z
    .looseObject({
      id,
      repeat: z.number().int().min(1).max(1000).exactOptional(),
      weights: z.literal('shared').exactOptional(),
    })
    .exactOptional(),
});
const edge = z.looseObject({ id, from: port, to: port });

const size = z.number().min(1).max(100_000);
const note = z.looseObject({
  id,
  text,
  position: z.looseObject({ x: z.number(), y: z.number() }),
  size: z.looseObject({ width: size, height: size }),
});

const uniqueIds = (
  value: Readonly<Record<string, unknown>>,
  context: { addIssue(issue: { code: 'custom'; path: (string | number)[]; message: string }): void },
): void => {
  for (const list of ['nodes', 'edges', 'notes', 'blocks']) {
    const seen = new Set<string>();
    (value[list] as readonly { readonly id: string }[] | undefined)?.forEach((item, at) => {
      if (seen.has(item.id))
        context.addIssue({
          code: 'custom',
          path: [list, at, 'id'],
          message: `the id '${item.id}' is given twice`,
        });
      seen.add(item.id);
    });
  }
};

const around = {
  notes: z.array(note).max(100_000).exactOptional(),
  direction: z.literal('right').exactOptional(),
};
const parts = { nodes: z.array(node).max(100_000), edges: z.array(edge).max(1_000_000) };

const block = z.looseObject({
  id,
  name: text,
  graph: z.looseObject({ ...parts, ...around }).superRefine(uniqueIds),
});

/** What a graph has beside its nodes and edges. */
const aside = { ...around, blocks: z.array(block).max(10_000).exactOptional() };

/** A graph as it stands in a file and on the clipboard. */
export const graphSchema = z.looseObject({ ...parts, ...aside }).superRefine(uniqueIds);

const normalization = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('none') }),
  z.looseObject({
    kind: z.literal('scale'),
    offset: z.number(),
    scale: z.number().refine((value) => value !== 0, 'a scale of 0 divides by zero'),
  }),
  z.looseObject({ kind: z.literal('standardize') }),
]);

const columns = z.array(z.union([text, index])).max(1_000_000);
const inputSource = z.looseObject({
  file: text.nullable().exactOptional(),
  columns: columns.exactOptional(),
  shape: z.array(count).max(16).nullable().exactOptional(),
  normalization: normalization.exactOptional(),
});
const targetSource = z.looseObject({
  file: text.nullable().exactOptional(),
  columns: columns.exactOptional(),
  kind: z.enum(['class', 'number']),
  classes: z.array(text).max(1_000_000).nullable().exactOptional(),
});
const name = z.string().min(1).max(200);

export const dataSourceSchema = z.looseObject({
  file: text.min(1),
  format: z.enum(['csv', 'npy', 'npz', 'idx', 'text']),
  header: z.boolean().nullable().exactOptional(),
  inputs: z.array(z.union([text, index])).exactOptional(),
  target: z.union([text, index]).nullable().exactOptional(),
  targetFile: text.nullable().exactOptional(),
  inputShape: z.array(count).max(16).nullable().exactOptional(),
  stride: count.exactOptional(),
  targetKind: z.enum(['class', 'number']),
  classes: z.array(text).max(1_000_000).nullable().exactOptional(),
  normalization,
  feeds: z.record(id, inputSource).exactOptional(),
  targets: z.record(name, targetSource).exactOptional(),
});

const typed = z.looseObject({ type: text.min(1), params: jsonRecord.default({}) });

const optimizerGroup = z.looseObject({
  lr_factor: z.number().min(0).exactOptional(),
  weight_decay: z.number().min(0).exactOptional(),
  params: jsonRecord.exactOptional(),
});

const scheduler = typed.extend({ interval: z.enum(['step', 'epoch']).exactOptional() });

const lossSource = z.union([
  z.strictObject({ output: id }),
  z.strictObject({ input: id }),
  z.strictObject({ target: name }),
]);
const lossTerm = typed.extend({
  weight: z.number().exactOptional(),
  slots: z.record(z.string().max(200), lossSource).exactOptional(),
});
const metrics = z.array(text).max(100);

const training = z.looseObject({
  loss: lossTerm,
  losses: z
    .array(lossTerm.extend({ metrics: metrics.exactOptional() }))
    .max(100)
    .exactOptional(),
  optimizer: typed.extend({ groups: z.record(z.string().max(200), optimizerGroup).exactOptional() }),
  scheduler: scheduler.nullable().exactOptional(),
  metrics,
  epochs: count,
  batchSize: count,
  accumulate: count.max(4096).exactOptional(),
  clipping: jsonRecord.nullable().exactOptional(),
  precision: z.enum(['full', 'bfloat16']).exactOptional(),
  monitor: text.nullable().exactOptional(),
  earlyStopping: jsonRecord.nullable().exactOptional(),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  validationSplit: z.number().min(0).max(0.9),
  device: z.custom<DeviceName>(isDeviceName, { error: `expected ${DEVICE_NAMES}` }),
  threads: z.number().int().min(0).max(256),
});

const settings = z.looseObject({
  name: text,
  dtype: z.enum(['float32', 'float64']),
  data: dataSourceSchema.nullable(),
  sample: z.looseObject({ batchSize: count }),
  training,
  weights: text.nullable(),
});

const setting = z.looseObject({ id, param: z.string().max(200) });
const place = z.number().int().min(0).exactOptional();

/** An Edit (core/graph/edits.ts). That it names what there is shows only where it is applied. */
export const editSchema: z.ZodType = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('add_node'), node, index: place }),
    z.looseObject({ kind: z.literal('remove_node'), id }),
    z.looseObject({ kind: z.literal('move_node'), id, position: node.shape.position }),
    z.looseObject({ kind: z.literal('rename_node'), id, name: text }),
    setting.extend({ kind: z.literal('set_param') }),
    z.looseObject({ kind: z.literal('set_tensor_option'), id, tensor: text, option: z.keyof(tensorOptions) }),
    z.looseObject({ kind: z.literal('connect'), edge, index: place }),
    z.looseObject({ kind: z.literal('disconnect'), id }),
    z.looseObject({ kind: z.literal('add_note'), note, index: place }),
    z.looseObject({ kind: z.literal('remove_note'), id }),
    z.looseObject({ kind: z.literal('change_note'), id, change: note.omit({ id: true }).partial() }),
    z.looseObject({ kind: z.literal('add_block'), block, index: place }),
    z.looseObject({ kind: z.literal('remove_block'), id }),
    z.looseObject({ kind: z.literal('rename_block'), id, name: text }),
    z.looseObject({ kind: z.literal('set_block_use'), id, use: node.shape.block.unwrap() }),
    z.looseObject({ kind: z.literal('in_block'), block: id, edit: editSchema }),
    z.looseObject({ kind: z.literal('set_direction'), direction: around.direction }),
    z.looseObject({ kind: z.literal('group'), label: text, edits: z.array(editSchema) }),
  ]),
);

const step = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('graph'), label: text, edit: editSchema, inverse: editSchema }),
  z.strictObject({ kind: z.literal('settings'), label: text, before: settings, after: settings }),
]);

/** A KeptHistory (core/document/history.ts). */
export const historySchema = z.strictObject({ past: z.array(step), future: z.array(step) });

/** Everything after `format` and `version`. Unknown fields ride along and are written back on save. */
export const projectSchema = settings.extend({ graph: graphSchema });

const listChange = <T extends z.ZodType>(list: z.ZodArray<T>) =>
  z.strictObject({ at: z.number().int().min(0), removed: z.number().int().min(0), added: list });

/** A ProjectChange (core/document/change.ts). That ids stay unique shows only on the project it gives: `sharedId`. */
export const projectChangeSchema = z.strictObject({
  settings: settings.exactOptional(),
  graph: z.looseObject(aside).exactOptional(),
  nodes: listChange(parts.nodes).exactOptional(),
  edges: listChange(parts.edges).exactOptional(),
});

/** The first id that two items of one list of a graph share, or null. */
export function sharedId(graph: Graph): string | null {
  let shared: string | null = null;
  uniqueIds({ ...graph }, { addIssue: ({ message }) => (shared ??= message) });
  return shared;
}

/** The keys of each object in the order they are written; what is not named here follows after them. */
export const KEY_ORDER = {
  project: ['name', 'dtype', 'graph', 'data', 'sample', 'training', 'weights'],
  graph: ['direction', 'nodes', 'edges', 'notes', 'blocks'],
  block: ['id', 'name', 'graph'],
  node: ['id', 'name', 'layer', 'params', 'position', 'tensors', 'block'],
  edge: ['id', 'from', 'to'],
  note: ['id', 'text', 'position', 'size'],
  data: [
    'file', 'format', 'header', 'inputs', 'target', 'targetFile', 'inputShape', 'stride', 'targetKind', 'classes',
    'normalization', 'feeds', 'targets',
  ],
  training: [
    'loss', 'losses', 'optimizer', 'scheduler', 'metrics', 'epochs', 'batchSize', 'accumulate', 'clipping', 'precision', 'monitor',
    'earlyStopping', 'seed', 'validationSplit', 'device', 'threads',
  ],
} as const satisfies {
  readonly project: readonly (keyof Project)[];
  readonly graph: readonly (keyof Graph)[];
  readonly block: readonly (keyof Block)[];
  readonly node: readonly (keyof Graph['nodes'][number])[];
  readonly edge: readonly (keyof Graph['edges'][number])[];
  readonly note: readonly (keyof GraphNote)[];
  readonly data: readonly (keyof DataSource)[];
  readonly training: readonly (keyof TrainingSettings)[];
}; // prettier-ignore
