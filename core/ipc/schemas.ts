// What each call's arguments must look like: the main process checks every message from a window against these before anything else.
import { z } from 'zod';

import { HISTORY_LENGTH } from '../document/history';
import { JSON_LIMITS } from '../document/json';
import { dataSourceSchema, projectChangeSchema, projectSchema } from '../document/schema';
import { LazuliError } from '../errors';
import { validate } from '../validate';
import { RENAME_LIMITS } from '../nn/rename';
import { preferenceChangeSchema } from '../preferences-schema';
import { BROWSER_LIMITS } from '../session/parameters';
import { TEXT_LIMITS } from '../session/generated';
import { RUN_LIMITS } from '../session/runs';
import { DROP_LIMIT, type CallName, type Calls } from './api';

const MAX_STATE_BYTES = 2 ** 31;

const none = z.tuple([]);
const token = z.string().min(1).max(64);
const revision = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const stateBytes = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array)
  .refine((bytes) => bytes.byteLength <= MAX_STATE_BYTES, 'too large');

const ruleText = z.string().max(RENAME_LIMITS.length);
const rules = z
  .array(
    z.union([
      z.strictObject({ kind: z.literal('strip'), prefix: ruleText }),
      z.strictObject({ kind: z.literal('replace'), pattern: ruleText, replacement: ruleText }),
    ]),
  )
  .max(RENAME_LIMITS.rules);

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const flatId = z.string().min(1).max(1024);
const tensorRef = z.strictObject({ node: flatId, name: z.string().min(1).max(256) });
const tensorRefs = z.array(tensorRef).max(BROWSER_LIMITS.tensors);

const history = z.string().max(HISTORY_LENGTH);

const SCHEMAS = {
  'app.state': none,
  'app.prefer': z.tuple([preferenceChangeSchema]),
  'app.endTour': none,
  'app.newWindow': none,
  'app.setDirty': z.tuple([z.boolean()]),
  'project.new': z.tuple([z.string().min(1).max(64)]),
  'project.open': none,
  'project.openRecent': z.tuple([token]),
  'project.save': z.tuple([projectSchema, z.strictObject({ saveAs: z.boolean() })]),
  'project.remember': z.tuple([projectSchema, history]),
  'project.change': z.tuple([count, projectChangeSchema, history]),
  'project.confirmDiscard': none,
  'files.drop': z.tuple([z.array(z.string().min(1).max(4096)).max(DROP_LIMIT)]),
  'recovery.restore': z.tuple([token]),
  'recovery.discard': z.tuple([token]),
  'model.update': z.tuple([count.nullable()]),
  'model.previewFeed': z.tuple([projectSchema]),
  'model.feed': z.tuple([projectSchema, z.strictObject({ rematerialize: z.boolean() })]),
  'model.backToUninitialized': none,
  'model.restore': z.tuple([revision]),
  'model.exchange': z.tuple([projectSchema, revision]),
  'model.measuredMemory': none,
  'model.exportState': none,
  'model.importState': z.tuple([stateBytes]),
  'model.activity': z.tuple([flatId]),
  'model.profile': none,
  'model.judge': none,
  'model.generate': z.tuple([
    z.strictObject({
      prompt: z.string().max(TEXT_LIMITS.prompt),
      characters: z.number().int().min(1).max(TEXT_LIMITS.characters),
      temperature: z.number().min(0).max(TEXT_LIMITS.temperature),
      seed: count,
    }),
  ]),
  'parameters.figures': z.tuple([tensorRefs]),
  'parameters.detail': z.tuple([tensorRef]),
  'parameters.values': z.tuple([
    tensorRef,
    z.strictObject({ row: count, rows: count, column: count, columns: count }),
  ]),
  'parameters.copy': z.tuple([tensorRef]),
  'parameters.reinitialize': z.tuple([tensorRefs]),
  'parameters.write': z.tuple([tensorRef, count, z.union([z.number(), z.nan()])]),
  'clipboard.read': none,
  'clipboard.write': z.tuple([z.string().max(JSON_LIMITS.length)]),
  'weights.choose': none,
  'weights.compare': z.tuple([token, rules]),
  'weights.load': z.tuple([
    token,
    z.strictObject({ rules: rules.exactOptional(), partial: z.boolean().exactOptional() }),
  ]),
  'weights.save': none,
  'data.choose': none,
  'data.use': z.tuple([token]),
  'data.preview': z.tuple([
    dataSourceSchema,
    z.union([
      z.strictObject({ from: z.number().int().min(0), count: z.number().int().min(0).max(256) }),
      z.strictObject({ rows: z.array(count).max(256) }),
    ]),
  ]),
  'train.start': z.tuple([projectSchema]),
  'train.need': z.tuple([projectSchema]),
  'train.needs': z.tuple([projectSchema]),
  'train.pause': none,
  'train.resume': none,
  'train.stop': none,
  'train.findRate': z.tuple([projectSchema]),
  'train.stopFinding': none,
  'train.queue': z.tuple([projectSchema]),
  'train.cancel': z.tuple([count]),
  'train.move': z.tuple([count, z.union([z.literal(-1), z.literal(1)])]),
  'runs.list': none,
  'runs.curves': z.tuple([z.array(count).max(RUN_LIMITS.compared)]),
  'runs.compare': z.tuple([z.array(count).max(RUN_LIMITS.compared)]),
  'runs.restore': z.tuple([count]),
  'runs.continue': z.tuple([count, z.literal('cpu').nullable()]),
  'runs.star': z.tuple([count, z.boolean()]),
  'runs.deleteFiles': z.tuple([z.array(count).min(1).max(RUN_LIMITS.deleted)]),
  'runs.delete': z.tuple([z.array(count).min(1).max(RUN_LIMITS.deleted)]),
  'runs.export': z.tuple([z.array(count).max(RUN_LIMITS.deleted), z.enum(['runs', 'curves'])]),
} as const satisfies { readonly [name in CallName]: z.ZodType };

/** Nesting deeper than any project: such a value is refused before a schema walks it. */
const MAX_DEPTH = 64;

/** The typed arguments of a call, or `ipc_refused` naming the call and the place that is wrong. */
export function parseArguments<N extends CallName>(name: N, args: readonly unknown[]): Parameters<Calls[N]> {
  if (isDeeperThan(args, MAX_DEPTH))
    throw new LazuliError('ipc_refused', `${name}: the arguments are nested too deeply`);
  const { data, refusal } = validate<unknown>(SCHEMAS[name], args);
  if (!refusal) return data as Parameters<Calls[N]>;
  const where = refusal.path.map(String).join('.');
  throw new LazuliError(
    'ipc_refused',
    `${name}: argument ${where === '' ? 'list' : where}: ${refusal.message}`,
    { where },
  );
}

function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (limit === 0) return true;
  return Object.values(value).some((item) => isDeeperThan(item, limit - 1));
}
