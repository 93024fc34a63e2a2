// Every way into the addon from JavaScript, read off the addon itself: functions it exports, and methods, accessors and
// constructors of the objects they give. Whatever is added to the binding is in the list.
import { loadNative, type FaultKind } from '#native';

export interface Entry {
  readonly name: string;
  /** Goes in without arguments. */
  readonly enter: () => unknown;
}

/** Functions of the exports. */
export const exportedEntries = (addon: object): readonly Entry[] =>
  Object.entries(addon).map(([name, value]) => ({ name, enter: () => call(value, addon) }));

/** Methods, accessors and the constructor of a wrapped object. */
export function entriesOf(object: object): readonly Entry[] {
  const prototype = Object.getPrototypeOf(object) as object;
  const owner = object.constructor.name;
  return Object.entries(Object.getOwnPropertyDescriptors(prototype)).map(([name, property]): Entry => {
    const target: unknown = Reflect.get(property, 'get') ?? property.value;
    return name === 'constructor'
      ? { name: `new ${owner}`, enter: () => Reflect.construct(target as () => void, []) as unknown }
      : { name: `${owner}.${name}`, enter: () => call(target, object) };
  });
}

const call = (target: unknown, self: object): unknown => Reflect.apply(target as () => unknown, self, []);

export const KINDS: readonly FaultKind[] = ['bad_alloc', 'length_error', 'int'];

/** What JavaScript is told of an injected fault. */
export const TOLD: Readonly<Record<FaultKind, { readonly code: string; readonly message: RegExp }>> = {
  bad_alloc: { code: 'out_of_memory', message: /bad_alloc/ },
  length_error: { code: 'native_failed', message: /injected length_error/ },
  int: { code: 'native_failed', message: /not a std::exception/ },
};

const isTold = (error: unknown, kind: FaultKind): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === TOLD[kind].code &&
  TOLD[kind].message.test(error.message);

/** Entries that do not throw a fault that is injected there, with what they did instead; every kind is tried. */
export function quietEntries(entries: readonly Entry[]): readonly string[] {
  const native = loadNative();
  return entries.flatMap(({ name, enter }) =>
    KINDS.flatMap((kind) => {
      native.injectFault('entry', kind);
      let thrown: unknown = 'nothing';
      try {
        enter();
      } catch (error) {
        thrown = error;
      }
      if (isTold(thrown, kind)) return [];
      // One that was not met must not be met by the next.
      if (thrown === 'nothing') native.injectFault('entry', 'none');
      return [`${name}, ${kind}: ${String(thrown)}`];
    }),
  );
}
