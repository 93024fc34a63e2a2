// State-dict names of the tensors that stand for a weight: PyTorch's `parametrizations.<weight>.<part>`.

/** `weight` and `original0` → `parametrizations.weight.original0`; a submodule's prefix stays in front. */
export function partName(weight: string, part: string): string {
  const at = weight.lastIndexOf('.') + 1;
  return `${weight.slice(0, at)}parametrizations.${weight.slice(at)}.${part}`;
}

/** PyTorch's modules between a layer and the parts of its `weight`. */
export function partModules(weight: string): readonly string[] {
  const list = partName(weight, '0').slice(0, -'.0'.length);
  return [list.slice(0, list.lastIndexOf('.')), list, `${list}.0`];
}
