// Tensors made of several others, sparse and nested ones: which parts they are listed as.
import { TENSOR_FUNCTIONS } from '../pickle/globals';
import {
  PickleGlobal,
  PickleObject,
  PickleText,
  PickleTuple,
  rootGlobal,
  type PickleValue,
} from '../pickle/values';
import { refusal } from '../refuse';
import { unwrapSize } from './plain';
import { parseCount } from './storages';
import type { TorchTensor } from './tensors';

/** A composite tensor's parts under the names PyTorch's accessors have. */
export interface Composite {
  readonly what: string;
  readonly parts: readonly (readonly [name: string, value: PickleValue])[];
  /** Of sparse tensors: the size it stands for, as the pickle says it. */
  readonly size?: PickleValue;
  /** Of sparse tensors in coordinates: whether indices are in order and unique; null where the file does not say. */
  readonly isCoalesced?: PickleValue;
}

/** A call of a known function. */
export interface KnownCall {
  readonly path: string;
  readonly args: readonly PickleValue[];
}

const PARAMETERS = new Set([
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_parameter_with_state',
  'torch.nn.parameter.Parameter',
]);
const DEEPEST = 4;

export const makesTensor = (path: string): boolean => TENSOR_FUNCTIONS.has(path) || PARAMETERS.has(path);

/** The call that makes a tensor, without the parameter and the attributes around it. */
export function unwrapCall(object: PickleObject): KnownCall {
  let call: KnownCall = { path: rootGlobal(object).path, args: object.args.items };
  for (let depth = 0; depth < DEEPEST; depth++) {
    const inner = innerCall(call);
    if (inner === null) break;
    call = inner;
  }
  return call;
}

function innerCall({ path, args }: KnownCall): KnownCall | null {
  const [first = null, , third = null] = args;
  if (PARAMETERS.has(path))
    return first instanceof PickleObject ? { path: rootGlobal(first).path, args: first.args.items } : null;
  const isTyped =
    path === 'torch._tensor._rebuild_from_type_v2' &&
    first instanceof PickleGlobal &&
    TENSOR_FUNCTIONS.has(first.path);
  return isTyped && third instanceof PickleTuple ? { path: first.path, args: third.items } : null;
}

/** What makes tensors that are not one storage's: sparse, nested and meta ones. */
export const COMPOSITES: ReadonlySet<string> = new Set([
  'torch._utils._rebuild_sparse_tensor',
  'torch._utils._rebuild_nested_tensor',
  'torch._utils._rebuild_meta_tensor_no_storage',
  'torch._utils._rebuild_wrapper_subclass',
]);

/** The dtype, size and stride of a tensor that the file has no bytes for; null for other calls. */
export function emptyTensorOf({ path, args }: KnownCall): EmptyTensor | null {
  if (path === 'torch._utils._rebuild_meta_tensor_no_storage') return { what: 'a meta tensor', parts: args };
  if (path !== 'torch._utils._rebuild_wrapper_subclass') return null;
  return { what: 'a tensor of a class of its own without bytes', parts: args.slice(1) };
}

export interface EmptyTensor {
  readonly what: string;
  /** dtype, size and stride come first. */
  readonly parts: readonly PickleValue[];
}

/** The compressed layouts' two index tensors. Source: torch.sparse documentation. */
const COMPRESSED: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['torch.sparse_csr', ['crow_indices', 'col_indices']],
  ['torch.sparse_csc', ['ccol_indices', 'row_indices']],
  ['torch.sparse_bsr', ['crow_indices', 'col_indices']],
  ['torch.sparse_bsc', ['ccol_indices', 'row_indices']],
]);
const NESTED = ['values', 'sizes', 'strides', 'storage_offsets'];

/** The parts of a call to `_rebuild_sparse_tensor` or `_rebuild_nested_tensor`; null for other calls. Source: torch/_utils.py. */
export function compositeOf({ path, args }: KnownCall): Composite | null {
  if (path === 'torch._utils._rebuild_nested_tensor')
    return { what: 'a nested tensor', parts: NESTED.map((name, index) => [name, args[index] ?? null]) };
  if (path !== 'torch._utils._rebuild_sparse_tensor') return null;
  const [layout = null, data = null] = args;
  const [first = null, second = null, third = null, fourth = null] =
    data instanceof PickleTuple ? data.items : [];
  const compressed = COMPRESSED.get(layoutName(layout));
  if (compressed === undefined) {
    const parts = [['indices', first] as const, ['values', second] as const];
    return { what: 'a sparse tensor', parts, size: third, isCoalesced: fourth };
  }
  const [rows, columns] = compressed;
  return {
    what: 'a sparse tensor',
    parts: [
      [rows, first],
      [columns, second],
      ['values', third],
    ],
    size: fourth,
  };
}

/**
 * Refuses parts that cannot be one tensor: index tensors are integers, as many indices as values, and a size with an entry
 * for each axis. What the indices are is not looked at: nothing here follows them.
 */
export function checkComposite(
  { what, parts, size, isCoalesced = null }: Composite,
  build: (part: PickleValue, where: string) => TorchTensor | null,
  file: string,
  where: string,
): void {
  const refuse = (expected: string, got: string): Error =>
    refusal(file, `${what} is made of parts that do not fit`, where, { expected, got });
  const shapes = new Map<string, readonly number[]>();
  for (const [name, part] of parts) {
    const tensor = build(part, `${where}, its ${name}`);
    const { shape, dtype } = tensor ?? {};
    if (!shape || dtype === undefined) throw refuse('tensors', `no tensor as ${name}`);
    if (name !== 'values' && dtype !== 'int64' && dtype !== 'int32')
      throw refuse(`integers as ${name}`, dtype);
    shapes.set(name, shape);
  }
  const { values = [], ...others } = Object.fromEntries(shapes);
  if (size === undefined) {
    const [sizes = [], strides = [], offsets = []] = Object.values(others);
    const fits =
      values.length === 1 &&
      sizes.length === 2 &&
      String(sizes) === String(strides) &&
      offsets.length === 1 &&
      offsets[0] === sizes[0];
    if (!fits) throw refuse('a size, a stride and an offset for each nested tensor', shown(shapes));
    return;
  }
  const sizes = unwrapSize(size)?.items.map(parseCount);
  if (sizes === undefined || sizes.includes(null)) throw refuse('a size of integers', 'another size');
  if (isCoalesced !== null && typeof isCoalesced !== 'boolean')
    throw refuse('a bool as is_coalesced', 'another value');
  const { indices } = others;
  const fits =
    indices === undefined
      ? compressedFits(Object.values(others), values, sizes.length)
      : indices.length === 2 &&
        indices[1] === values[0] &&
        sizes.length === (indices[0] ?? 0) + values.length - 1;
  if (!fits) throw refuse(`parts for the size (${sizes.join(', ')})`, shown(shapes));
}

const compressedFits = (
  [rows = [], columns = []]: readonly (readonly number[])[],
  values: readonly number[],
  rank: number,
): boolean =>
  rank >= 2 &&
  rows.length > 0 &&
  rows.length === columns.length &&
  columns.at(-1) === values[columns.length - 1];

const shown = (shapes: ReadonlyMap<string, readonly number[]>): string =>
  [...shapes].map(([name, shape]) => `${name} of (${shape.join(', ')})`).join(', ');

/** `_get_layout('torch.sparse_csr')`. */
function layoutName(layout: PickleValue): string {
  const [name = null] = layout instanceof PickleObject ? layout.args.items : [];
  return name instanceof PickleText ? name.value : '';
}
