// Modules that hold modules: Sequential, ModuleList, ModuleDict. Each is registered under its position or key.
import { TorchError } from '../errors';
import { Module } from './module';
import { indentRest, reprOf } from './module-repr';
import { REGISTRY } from './registry';

const membersOf = (module: Module): Module[] =>
  [...module[REGISTRY].modules.values()].filter((child) => child !== null);

/** Calls its modules in order; each gets the output of the one before. */
export class Sequential extends Module {
  constructor(modules: readonly Module[] | Readonly<Record<string, Module>> = []) {
    super();
    for (const [name, module] of Object.entries(modules)) this.registerModule(name, module);
  }
  get length(): number {
    return this[REGISTRY].modules.size;
  }
  at(index: number): Module {
    return itemAt(membersOf(this), index);
  }
  append(module: Module): this {
    this.registerModule(String(this.length), module);
    return this;
  }
  *[Symbol.iterator](): Iterator<Module> {
    yield* membersOf(this);
  }
  override forward(input: unknown): unknown {
    return membersOf(this).reduce<unknown>((value, module) => module.invoke([value]), input);
  }
}

function itemAt(members: readonly Module[], index: number): Module {
  const member = members.at(index);
  if (member === undefined) throw new TorchError('IndexError', `index ${index} is out of range`);
  return member;
}

/** A list of modules. It cannot be called. */
export class ModuleList extends Module {
  constructor(modules: Iterable<Module> = []) {
    super();
    this.extend(modules);
  }
  get length(): number {
    return this[REGISTRY].modules.size;
  }
  at(index: number): Module {
    return itemAt(membersOf(this), index);
  }
  append(module: Module): this {
    this.registerModule(String(this.length), module);
    return this;
  }
  extend(modules: Iterable<Module>): this {
    for (const module of modules) this.append(module);
    return this;
  }
  *[Symbol.iterator](): Iterator<Module> {
    yield* membersOf(this);
  }
  /** Runs of equal modules print once: `(0-2): 3 x Linear(...)`. */
  override toString(): string {
    const runs: { first: number; last: number; text: string }[] = [];
    for (const [index, module] of membersOf(this).entries()) {
      const text = module.toString();
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

/** Modules by key, in order. It cannot be called. */
export class ModuleDict extends Module {
  constructor(modules: Readonly<Record<string, Module>> = {}) {
    super();
    for (const [key, module] of Object.entries(modules)) this.registerModule(key, module);
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
  keys(): string[] {
    return [...this[REGISTRY].modules.keys()];
  }
}
