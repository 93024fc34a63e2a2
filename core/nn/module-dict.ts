// ModuleDict: modules by key, in order. It cannot be called.
import { TorchError } from '../errors';
import { Module } from './module';
import { pairsOf } from './pairs';
import { IS_TORCH_CLASS } from './python-names';
import { REGISTRY } from './registry';

export class ModuleDict extends Module {
  constructor(modules: Readonly<Record<string, Module>> | Iterable<readonly [string, Module]> = {}) {
    super();
    this.update(modules);
  }
  get size(): number {
    return this[REGISTRY].modules.size;
  }
  /** KeyError when there is none. */
  item(key: string): Module {
    const module = this[REGISTRY].modules.get(key) ?? null;
    if (module === null) throw new TorchError('KeyError', key);
    return module;
  }
  setItem(key: string, module: Module): void {
    this.registerModule(key, module);
  }
  deleteItem(key: string): void {
    this.item(key);
    this[REGISTRY].modules.delete(key);
  }
  contains(key: string): boolean {
    return this[REGISTRY].modules.has(key);
  }
  pop(key: string): Module {
    const module = this.item(key);
    this.deleteItem(key);
    return module;
  }
  clear(): void {
    this[REGISTRY].modules.clear();
  }
  /** Takes over the entries of a record, or pairs in their order. */
  update(modules: Readonly<Record<string, Module>> | Iterable<readonly [string, Module]>): void {
    for (const [key, module] of pairsOf(modules, { call: 'ModuleDict.update', element: 'ModuleDict' }))
      this.setItem(key, module as Module);
  }
  keys(): string[] {
    return [...this[REGISTRY].modules.keys()];
  }
  values(): Module[] {
    return [...this[REGISTRY].modules.values()].filter((module) => module !== null);
  }
}

for (const { prototype } of [ModuleDict]) Object.defineProperty(prototype, IS_TORCH_CLASS, { value: true });
