// Keywords of PyTorch's constructors that our tables do not hold: what changes no number, old names, and modules as arguments.
import type { ParamTable } from './params';
import { depthOf, numberWord } from './probe-arrays';

/** Say how or where PyTorch computes, not what: memory, devices, sparse gradients, checks, hints about masks. */
export const INERT_KEYWORDS: readonly string[] = [
  'inplace', 'device', 'dtype', 'sparse', 'process_group', 'enable_nested_tensor', 'mask_check',
  '_freeze', 'memory_is_causal',
]; // prettier-ignore

/** Deprecated names of keywords. */
const RENAMED: Readonly<Record<string, string>> = { min_value: 'min_val', max_value: 'max_val' };

/** Arguments that are modules: their own keywords are ours. */
const MODULES: readonly string[] = ['encoder_layer', 'decoder_layer'];

/** Products that torch.matmul computes too. */
const MATMULS: readonly string[] = ['bmm', 'mm', 'mv', 'dot'];

/** A name of PyTorch that is another of its names here: an old one, a narrower one, or one across processes, by its input's rank. */
export function torchAlias(name: string, inputs: unknown): string {
  const last = name.split('.').at(-1);
  if (last === 'NLLLoss2d') return 'NLLLoss';
  if (last !== undefined && MATMULS.includes(last)) return 'matmul';
  if (last !== 'SyncBatchNorm') return name;
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : Object.values(inputs as object);
  const [first] = list;
  return `BatchNorm${Math.min(Math.max(depthOf(first) - 2, 1), 3)}d`;
}

/** PyTorch's keywords as the params of a declaration with this table. What is in neither stays, to be refused by name. */
export function torchKeywords(
  table: ParamTable,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const params: Record<string, unknown> = {};
  for (const [name, raw] of Object.entries(given)) {
    const value = withNumbers(raw);
    const renamed = RENAMED[name] ?? name;
    // None for a switch: PyTorch decides, as it does without the keyword.
    if (value === null && table[name]?.widget === 'boolean' && table[name].isOptional !== true) continue;
    if (Object.hasOwn(table, name)) params[name] = name === 'norm' && isRecord(value) ? true : value;
    else if (Object.hasOwn(table, renamed)) params[renamed] = value;
    else if (MODULES.includes(name) && isRecord(value))
      Object.assign(params, torchKeywords(table, isRecord(value['params']) ? value['params'] : value));
    else if (!INERT_KEYWORDS.includes(name) && !isOldReduction(name, table)) params[name] = value;
  }
  return { ...params, ...oldReduction(given, table) };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `"inf"` and the like as numbers, also in lists. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'string') return numberWord(value) ?? value;
  return Array.isArray(value) ? value.map(withNumbers) : value;
}

const isOldReduction = (name: string, table: ParamTable): boolean =>
  (name === 'size_average' || name === 'reduce') && Object.hasOwn(table, 'reduction');

/** `size_average` and `reduce` as `reduction`; they win where they are given. Source: torch.nn._reduction.legacy_get_string. */
function oldReduction({ size_average, reduce }: Readonly<Record<string, unknown>>, table: ParamTable) {
  const isGiven = [size_average, reduce].some((value) => typeof value === 'boolean');
  if (!isGiven || !Object.hasOwn(table, 'reduction')) return {};
  return { reduction: reduce === false ? 'none' : size_average === false ? 'sum' : 'mean' };
}
