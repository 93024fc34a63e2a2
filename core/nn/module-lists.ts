// Modules that hold modules by position: Sequential, which chains them, and ModuleList, which only holds them.
import { TorchError } from '../errors';
import { Module } from './module';
import { indentRest, reprOf } from './module-repr';
import { classRepr, IS_TORCH_CLASS, shortTypeName } from './python-names';
import { isModule, REGISTRY } from './registry';

/** What both share: positions, also from the end, and keys that stay numbered after a removal. */
abstract class NumberedModules extends Module {
  get length(): number {
    return this[REGISTRY].modules.size;
  }
  /** IndexError outside -length .. length - 1. */
  at(index: number): Module {
    const module = this[REGISTRY].modules.get(this.keyAt(index)) ?? null;
    if (module === null) throw outOfRange(index);
    return module;
  }
  setItem(index: number, module: Module): void {
    Reflect.set(this, this.keyAt(index), module);
  }
  deleteItem(index: number): void {
    this[REGISTRY].modules.delete(this.keyAt(index));
    this.renumber([...this[REGISTRY].modules.values()]);
  }
  pop(index: number): Module {
    if ((index as unknown) === undefined)
      throw new TorchError(
        'TypeError',
        `${this.constructor.name}.pop() missing 1 required positional argument: 'key'`,
      );
    const module = this.at(index);
    this.deleteItem(index);
    return module;
  }
  append(module: Module): this {
    this.registerModule(String(this.length), module);
    return this;
  }
  *[Symbol.iterator](): Generator<Module> {
    for (const child of this[REGISTRY].modules.values()) if (child !== null) yield child;
  }

  protected keyAt(index: number): string {
    const keys = [...this[REGISTRY].modules.keys()];
    const key = Number.isInteger(index) ? keys.at(index) : undefined;
    if (key === undefined || index < -keys.length || index >= keys.length) throw outOfRange(index);
    return key;
  }
  protected renumber(modules: readonly (Module | null)[]): void {
    // A dict of its own, as in Python: a shallow copy keeps the one it shares.
    this[REGISTRY].modules = new Map(modules.map((module, index) => [String(index), module]));
  }
  /** Python moves the later ones one further, from the end: KeyError where there is a gap, with those behind it moved. */
  protected insertAt(index: number, module: Module): void {
    const registered = this[REGISTRY].modules;
    for (let at = this.length; at > index; at--) {
      const before = registered.get(String(at - 1));
      if (before === undefined) throw new TorchError('KeyError', String(at - 1));
      registered.set(String(at), before);
    }
    registered.set(String(index), module);
  }
}

const outOfRange = (index: number): TorchError =>
  new TorchError('IndexError', `index ${index} is out of range`);

/** Calls its modules in order; each gets the output of the one before. */
export class Sequential extends NumberedModules {
  constructor(modules: readonly Module[] | Readonly<Record<string, Module>> = []) {
    super();
    for (const [name, module] of Object.entries(modules)) this.registerModule(name, module);
  }
  /** Modules `start` to `end` (excluded) under their keys. */
  slice(start?: number, end?: number): Sequential {
    return new Sequential(Object.fromEntries([...this.namedAll()].slice(start, end)));
  }
  /** Before the module at `index`. */
  insert(index: number, module: Module): this {
    if (!isModule(module))
      throw new TorchError(
        'AssertionError',
        "module should be of type: <class 'torch.nn.modules.module.Module'>",
      );
    if (index < -this.length || index > this.length)
      throw new TorchError('IndexError', `Index out of range: ${index}`);
    this.insertAt(index < 0 ? index + this.length : index, module);
    return this;
  }
  extend(modules: Iterable<Module>): this {
    for (const module of modules) this.append(module);
    return this;
  }
  /** `a + b`: a new one with the modules of both. */
  plus(other: Sequential): Sequential {
    if (!((other as unknown) instanceof Sequential))
      throw new TorchError(
        'ValueError',
        `add operator supports only objects of Sequential class, but ${classRepr(other)} is given.`,
      );
    return new Sequential().extend(this).extend(other);
  }
  /** `a * n`: the same modules n times; ValueError for n below 1. */
  times(count: number): Sequential {
    if (!Number.isInteger(count))
      throw new TorchError(
        'TypeError',
        `unsupported operand type(s) for *: <class 'torch.nn.modules.container.Sequential'> and ${classRepr(count)}`,
      );
    if (count <= 0)
      throw new TorchError(
        'ValueError',
        `Non-positive multiplication factor ${count} for <class 'torch.nn.modules.container.Sequential'>`,
      );
    const result = new Sequential();
    for (let round = 0; round < count; round++)
      for (const module of this) result[REGISTRY].modules.set(String(result.length), module);
    return result;
  }
  override forward(input: unknown): unknown {
    return [...this[REGISTRY].modules.values()].reduce<unknown>((value, module) => {
      if (module === null) throw new TorchError('TypeError', "'NoneType' object is not callable");
      return module.invoke([value]);
    }, input);
  }

  *namedAll(): Generator<[string, Module]> {
    for (const [name, child] of this[REGISTRY].modules) if (child !== null) yield [name, child];
  }
}

/** A list of modules. It cannot be called. */
export class ModuleList extends NumberedModules {
  /** Positions are keys; KeyError where another name has been registered in between. */
  protected override keyAt(index: number): string {
    const { length } = this;
    if (!Number.isInteger(index) || index < -length || index >= length) throw outOfRange(index);
    return String(index < 0 ? index + length : index);
  }
  override at(index: number): Module {
    const key = this.keyAt(index);
    if (!this[REGISTRY].modules.has(key)) throw new TorchError('KeyError', key);
    return super.at(index);
  }
  constructor(modules: Iterable<Module> = []) {
    super();
    this.extend(modules);
  }
  slice(start?: number, end?: number): ModuleList {
    return new ModuleList([...this].slice(start, end));
  }
  /** Before the first there is no key, and beyond the end stays a gap. */
  insert(index: number, module: Module): void {
    this.insertAt(index, module);
  }
  extend(modules: Iterable<Module>): this {
    const given: unknown = modules;
    if (typeof given !== 'object' || given === null || !(Symbol.iterator in given))
      throw new TorchError(
        'TypeError',
        `ModuleList.extend should be called with an iterable, but got ${shortTypeName(modules)}`,
      );
    for (const module of modules) this.append(module);
    return this;
  }
  plus(modules: Iterable<Module>): ModuleList {
    return new ModuleList([...this, ...modules]);
  }
  /** Runs of equal modules print once: `(0-2): 3 x Linear(...)`. */
  override toString(): string {
    const runs: { first: number; last: number; text: string }[] = [];
    for (const [index, module] of [...this[REGISTRY].modules.values()].entries()) {
      const text = module === null ? 'None' : module.toString();
      const run = runs.at(-1);
      if (run?.text === text) run.last = index;
      else runs.push({ first: index, last: index, text });
    }
    const lines = runs.map(({ first, last, text }) =>
      first === last
        ? `(${first}): ${indentRest(text)}`
        : `(${first}-${last}): ${last - first + 1} x ${indentRest(text)}`,
    );
    return reprOf(this.constructor.name, [], lines);
  }
}

for (const { prototype } of [Sequential, ModuleList])
  Object.defineProperty(prototype, IS_TORCH_CLASS, { value: true });
