// Tensors made of several others, sparse and nested ones: which parts they are listed as.
import { PickleObject, PickleText, PickleTuple, type PickleValue } from '../pickle/values';

/** A composite tensor's parts under the names PyTorch's accessors have. */
export interface Composite {
  readonly what: string;
  readonly parts: readonly (readonly [name: string, value: PickleValue])[];
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
export function compositeOf(path: string, args: readonly PickleValue[]): Composite | null {
  if (path === 'torch._utils._rebuild_nested_tensor')
    return { what: 'a nested tensor', parts: NESTED.map((name, index) => [name, args[index] ?? null]) };
  if (path !== 'torch._utils._rebuild_sparse_tensor') return null;
  const [layout = null, data = null] = args;
  const [first = null, second = null, third = null] = data instanceof PickleTuple ? data.items : [];
  const compressed = COMPRESSED.get(layoutName(layout));
  if (compressed === undefined) {
    const parts = [['indices', first] as const, ['values', second] as const];
    return { what: 'a sparse tensor', parts };
  }
  const [rows, columns] = compressed;
  return {
    what: 'a sparse tensor',
    parts: [
      [rows, first],
      [columns, second],
      ['values', third],
    ],
  };
}

/** `_get_layout('torch.sparse_csr')`. */
function layoutName(layout: PickleValue): string {
  const [name = null] = layout instanceof PickleObject ? layout.args.items : [];
  return name instanceof PickleText ? name.value : '';
}
