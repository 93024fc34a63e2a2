// What lies at a dotted name of a module tree, with PyTorch's errors. Source: torch.nn.Module.get_submodule and its like.
import { TorchError } from '../errors';
import type { Tensor } from '../tensor/tensor';
import type { Module } from './module';
import { Parameter } from './parameter';
import { classRepr } from './python-names';
import { isModule, REGISTRY } from './registry';

/** Python's hasattr and getattr: undefined where there is nothing. */
const attribute = (module: Module, name: string): unknown => {
  const found = module[REGISTRY].find(name);
  return found === undefined ? (Reflect.get(module, name, module) as unknown) : found;
};

const missing = (module: Module, name: string): TorchError =>
  new TorchError('AttributeError', `${module.constructor.name} has no attribute \`${name}\``);
const wrongKind = (name: string, kind: string): TorchError =>
  new TorchError('AttributeError', `\`${name}\` is not ${kind}`);

/** The module at `target`; '' is `root` itself. AttributeError when a part is absent or no module. */
export function submoduleAt(root: Module, target: string): Module {
  if (target === '') return root;
  return target.split('.').reduce<Module>((module, name) => {
    const value = attribute(module, name);
    if (value === undefined) throw missing(module, name);
    if (!isModule(value)) throw wrongKind(name, 'an nn.Module');
    return value;
  }, root);
}

/** Puts `module` at `target`; its parent must be there, and with `strict` a module of that name too. */
export function setSubmoduleAt(root: Module, target: string, module: unknown, strict: boolean): void {
  if (target === '') throw new TorchError('ValueError', 'Cannot set the submodule without a target name!');
  if (!isModule(module))
    throw new TorchError('ValueError', `\`module\` is not an nn.Module, found ${classRepr(module)}`);
  const [parent, name] = ownerOf(root, target);
  const before = attribute(parent, name);
  if (strict && before === undefined) throw missing(parent, name);
  if (before !== undefined && !isModule(before)) throw wrongKind(name, 'an nn.Module');
  Reflect.set(parent, name, module);
}

export function parameterAt(root: Module, target: string): Parameter {
  const [parent, name] = ownerOf(root, target);
  const value = attribute(parent, name);
  if (value === undefined) throw missing(parent, name);
  if (!(value instanceof Parameter)) throw wrongKind(name, 'an nn.Parameter');
  return value;
}

export function bufferAt(root: Module, target: string): Tensor | null {
  const [parent, name] = ownerOf(root, target);
  if (attribute(parent, name) === undefined) throw missing(parent, name);
  const buffer = parent[REGISTRY].buffers.get(name);
  if (buffer === undefined) throw wrongKind(name, 'a buffer');
  return buffer;
}

function ownerOf(root: Module, target: string): readonly [Module, string] {
  const at = target.lastIndexOf('.');
  return [submoduleAt(root, target.slice(0, Math.max(at, 0))), target.slice(at + 1)];
}
