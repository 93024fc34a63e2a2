// What a weights file would do to a model, key by key, before anything happens. Known sizes count also while a layer is
// lazy: where PyTorch takes whatever shape a checkpoint has, this says "conflicts".
import type { TensorEntry } from '../formats/weights';
import type { WeightVerdict } from '../session/session';
import type { DType } from '../tensor/dtype';
import { DTYPES } from '../tensor/dtype';
import { shapesEqual, type PartialShape, type Shape } from '../tensor/shape';
import { oldNamesOf } from './layer-load';
import { LayerModule } from './layer-module';
import type { Module } from './module';
import { slotsOf, type Slot } from './slots';
import { agrees, impliedSizes } from './solve-sizes';
import { isConvertible } from './tensor-memory';
import { isLazy } from './uninitialized';

export type { WeightVerdict };

export interface CompareOptions {
  /** `_metadata` of the state dict: says whether a batch norm's counter can be missing. */
  readonly metadata?: Readonly<Record<string, { readonly version?: number | null }>>;
}

const COUNTER = 'num_batches_tracked';

/** Verdicts in state-dict order, then the unexpected keys in the file's order. */
export function compareState(
  root: Module,
  entries: readonly TensorEntry[],
  options: CompareOptions = {},
): WeightVerdict[] {
  const slots = slotsOf(root);
  const named = presentNames(slots, entries);
  const given = new Map(named.map(({ name, entry }) => [name, entry]));
  const expected = expectedShapes(slots, given);
  const verdicts: WeightVerdict[] = [];
  for (const slot of slots) {
    const entry = given.get(slot.key);
    if (entry === undefined && isFilledSilently(slot, options)) continue;
    const verdict = verdictOf(slot, entry, expected.get(slot.key) ?? null);
    verdicts.push(entry && entry.name !== slot.key ? { ...verdict, from: entry.name } : verdict);
  }
  const known = new Set(slots.map(({ key }) => key));
  for (const { name, entry } of named)
    if (!known.has(name))
      verdicts.push({ key: name, verdict: 'unexpected', expected: null, got: entry.shape });
  return verdicts;
}

/** Entries under the names that the model's layers have for them now: `weight_g` is a weight norm's `original0`. */
export function presentNames(
  slots: readonly Slot[],
  entries: readonly TensorEntry[],
): readonly { readonly name: string; readonly entry: TensorEntry }[] {
  const names = new Set(entries.map(({ name }) => name));
  const present = new Map<string, string>();
  for (const { key, name, module } of slots) {
    if (!(module instanceof LayerModule) || names.has(key)) continue;
    const [old] =
      oldNamesOf(module)
        .flat()
        .find(([, now]) => now === name) ?? [];
    if (old !== undefined) present.set(key.slice(0, key.length - name.length) + old, key);
  }
  return entries.map((entry) => ({ name: present.get(entry.name) ?? entry.name, entry }));
}

/** Batch norms before version 2, and files without metadata, have no counter; it keeps its value. */
function isFilledSilently({ key, name }: Slot, { metadata }: CompareOptions): boolean {
  const prefix = key.slice(0, -name.length).replace(/\.$/, '');
  return name === COUNTER && (metadata?.[prefix]?.version ?? 0) < 2;
}

function verdictOf(slot: Slot, entry: TensorEntry | undefined, expected: PartialShape | null): WeightVerdict {
  const { key, tensor } = slot;
  if (entry === undefined) return { key, verdict: 'missing', expected, got: null };
  const { shape: got } = entry;
  if (got === null) return { key, verdict: isLazy(tensor) ? 'fits' : 'conflicts', expected, got };
  const isConvertible = converts(entry.dtype, tensor.dtype);
  const fits = isConvertible && expected !== null && agreesWith(expected, got);
  const verdict = !fits ? 'conflicts' : isLazy(tensor) ? 'will_materialize' : 'fits';
  return { key, verdict, expected, got };
}

/** Checkpoints of PyTorch 0.3 hold scalars as one-element vectors. */
const agreesWith = (expected: PartialShape, got: Shape): boolean =>
  agrees(expected, got) || (expected.length === 0 && shapesEqual(got, [1]));

/** Whether values of one dtype can be stored as another: complex, float4 and bits only as themselves. */
export function converts(from: DType, to: DType): boolean {
  if (from === to) return true;
  return [from, to].every((dtype) => DTYPES[dtype].kind !== 'complex' && isConvertible(dtype));
}

/** Shapes as far as the layers know them, with the sizes that the file's own entries imply for a lazy layer. */
function expectedShapes(
  slots: readonly Slot[],
  given: ReadonlyMap<string, TensorEntry>,
): ReadonlyMap<string, PartialShape | null> {
  const layers = new Map<Module, Slot[]>();
  for (const slot of slots) layers.set(slot.module, [...(layers.get(slot.module) ?? []), slot]);
  const expected = new Map<string, PartialShape | null>();
  for (const [module, own] of layers) {
    const declared = module instanceof LayerModule ? declaredShapes(module, own, given) : null;
    for (const { key, name, tensor } of own)
      expected.set(key, isLazy(tensor) ? (declared?.get(name) ?? null) : tensor.shape);
  }
  return expected;
}

function declaredShapes(
  layer: LayerModule,
  own: readonly Slot[],
  given: ReadonlyMap<string, TensorEntry>,
): ReadonlyMap<string, PartialShape> {
  const { declaration, params } = layer;
  const shapes = new Map<string, Shape>();
  for (const { key, name, tensor } of own) {
    const shape = isLazy(tensor) ? given.get(key)?.shape : tensor.shape;
    const spec = layer.tensorSpecs().find((candidate) => candidate.name === name);
    if (shape && spec && agrees(spec.shape, shape)) shapes.set(name, shape);
  }
  const sizes = impliedSizes(declaration, params, shapes);
  const specs = declaration.tensors?.({ ...params, ...sizes }) ?? [];
  return new Map(specs.map(({ name, shape }) => [name, shape]));
}
