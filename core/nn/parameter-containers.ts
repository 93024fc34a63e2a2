// ParameterList and ParameterDict: parameters (and anything else) by position or key; plain tensors become parameters.
import { TorchError } from '../errors';
import { Tensor } from '../tensor/tensor';
import { Module } from './module';
import { pairsOf } from './pairs';
import { Parameter } from './parameter';
import { IS_TORCH_CLASS, shortTypeName, torchTypename } from './python-names';
import { isLazy } from './uninitialized';

const asParameter = (value: unknown): unknown =>
  value instanceof Tensor && !(value instanceof Parameter) ? new Parameter(value) : value;

/** `  (0): Parameter containing: [torch.float32 of size 2x3]`. */
function line(key: string, value: unknown, typeOf: (tensor: Tensor) => string): string {
  if (!(value instanceof Tensor)) return `  (${key}): Object of type: ${shortTypeName(value)}`;
  const kind = value instanceof Parameter ? 'Parameter' : 'Tensor';
  const size = (isLazy(value) ? value.size() : value.shape).join('x');
  const place = value.device === 'gpu' ? ' (cuda:0)' : '';
  return `  (${key}): ${kind} containing: [${typeOf(value)} of size ${size}${place}]`;
}

/** Not callable: neither has a forward. */
abstract class ParameterContainer extends Module {
  override invoke(): never {
    throw new TorchError('RuntimeError', `${this.constructor.name} should not be called.`);
  }
  override call(): never {
    return this.invoke();
  }
}

/** `torch.nn.ParameterList`. */
export class ParameterList extends ParameterContainer {
  /** Entries of the list; other fields a person sets do not count. */
  size = 0;

  constructor(values: Iterable<unknown> = []) {
    super();
    this.extend(values);
  }
  get length(): number {
    return this.size;
  }
  /** IndexError outside -length .. length - 1. */
  at(index: number): unknown {
    return Reflect.get(this, positionOf(this, index), this);
  }
  setItem(index: number, value: unknown): void {
    Reflect.set(this, positionOf(this, index), asParameter(value));
  }
  append(value: unknown): this {
    this.size += 1;
    this.setItem(this.size - 1, value);
    return this;
  }
  extend(values: Iterable<unknown>): this {
    const given: unknown = values;
    if (typeof given !== 'object' || given === null || given instanceof Tensor || !(Symbol.iterator in given))
      throw new TorchError(
        'TypeError',
        `ParameterList.extend should be called with an iterable, but got ${shortTypeName(values)}`,
      );
    for (const value of values) this.append(value);
    return this;
  }
  slice(start?: number, end?: number): ParameterList {
    return new ParameterList([...this].slice(start, end));
  }
  *[Symbol.iterator](): Generator<unknown> {
    for (let index = 0; index < this.size; index++) yield this.at(index);
  }
  override extraRepr(): string {
    return [...this]
      .map((value, index) => line(String(index), value, ({ dtype }) => `torch.${dtype}`))
      .join('\n');
  }
}

// No private methods here: a deepcopy does not run constructors, and would not have them.
function positionOf({ size }: ParameterList, index: number): string {
  if (!Number.isInteger(index) || index < -size || index >= size)
    throw new TorchError('IndexError', `index ${index} is out of range`);
  return String(index < 0 ? index + size : index);
}

type Entries = Readonly<Record<string, unknown>> | Iterable<readonly [string, unknown]>;

/** `torch.nn.ParameterDict`. A record's entries are taken in the order of their keys, pairs (a Map too) in their own. */
export class ParameterDict extends ParameterContainer {
  readonly order = new Map<string, null>();

  constructor(entries: Entries = {}) {
    super();
    this.update(entries);
  }
  get size(): number {
    return this.order.size;
  }
  /** AttributeError when there is none. */
  item(key: string): unknown {
    return this.getAttribute(checkedKey(key));
  }
  setItem(key: string, value: unknown): void {
    const name = checkedKey(key);
    this.order.set(key, null);
    Reflect.set(this, name, asParameter(value));
  }
  deleteItem(key: string): void {
    if (!this.order.delete(key)) throw new TorchError('KeyError', key);
    Reflect.deleteProperty(this, key);
  }
  contains(key: string): boolean {
    return this.order.has(key);
  }
  get(key: string, otherwise: unknown = null): unknown {
    return this.contains(key) ? this.item(key) : otherwise;
  }
  /** The entry, put there first when it is absent. */
  setDefault(key: string, value: unknown = null): unknown {
    if (!this.contains(key)) this.setItem(key, value);
    return this.item(key);
  }
  pop(key: string): unknown {
    const value = this.item(key);
    this.deleteItem(key);
    return value;
  }
  /** The last entry, taken out. KeyError when there is none. */
  popItem(): [string, unknown] {
    const key = [...this.order.keys()].at(-1);
    if (key === undefined) throw new TorchError('KeyError', 'popitem(): dictionary is empty');
    return [key, this.pop(key)];
  }
  clear(): void {
    for (const key of this.keys()) this.deleteItem(key);
  }
  copy(): ParameterDict {
    return new ParameterDict(this.entries());
  }
  /** A new one with the same value under every key. */
  fromKeys(keys: Iterable<string>, value: unknown = null): ParameterDict {
    return new ParameterDict(Array.from(keys, (key) => [key, value] as const));
  }
  /** `a | b`: a new one with the entries of both, `other`'s where both have a key. */
  or(other: ParameterDict): ParameterDict {
    return new ParameterDict([...this.entries(), ...other.entries()]);
  }
  update(entries: Entries): void {
    const pairs = pairsOf(entries, { call: 'ParametersDict.update', element: 'ParameterDict' });
    const inOrder = Symbol.iterator in entries ? pairs : [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, value] of inOrder) this.setItem(key, value);
  }
  keys(): string[] {
    return [...this.order.keys()];
  }
  entries(): (readonly [string, unknown])[] {
    return this.keys().map((key) => [key, this.item(key)] as const);
  }
  override extraRepr(): string {
    return this.entries()
      .map(([key, value]) => line(key, value, torchTypename))
      .join('\n');
  }
}

function checkedKey(key: unknown): string {
  if (typeof key === 'string') return key;
  throw new TorchError(
    'TypeError',
    `Index given to ParameterDict cannot be used as a key as it is not a string (type is '${shortTypeName(key)}'). Open an issue on github if you need non-string keys.`,
  );
}

for (const { prototype } of [ParameterList, ParameterDict])
  Object.defineProperty(prototype, IS_TORCH_CLASS, { value: true });
