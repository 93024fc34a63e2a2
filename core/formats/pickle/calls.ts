// What the known functions and classes of a pickle take: a call with other arguments is refused where it stands. Nothing is called.
import { globalRole, TENSOR_FUNCTIONS } from './globals';
import {
  describeValue,
  PickleBytes,
  PickleDict,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleSet,
  PickleText,
  PickleTuple,
  rootGlobal,
  type PickleValue,
} from './values';

const isCallOf = (value: unknown, test: (path: string) => boolean): boolean =>
  value instanceof PickleObject &&
  (value.callable instanceof PickleObject || test(rootGlobal(value).path) || isUnknown(rootGlobal(value)));

const isUnknown = (value: PickleValue): boolean =>
  value instanceof PickleGlobal && globalRole(value) === 'unknown';

/** Where torch puts tensors: its device types and the backends people add under their own name. Source: c10/core/DeviceType.h. */
const DEVICE =
  /^(cpu|cuda|ipu|xpu|mkldnn|opengl|opencl|ideep|hip|ve|fpga|maia|xla|lazy|vulkan|mps|meta|hpu|mtia|privateuseone|npu|mlu|musa|gcu|xmlir)(:\d{1,3})?$/;
export const isDevice = (text: string): boolean => DEVICE.test(text);

const LAYOUTS = new Set([
  'strided',
  'sparse_coo',
  'sparse_csr',
  'sparse_csc',
  'sparse_bsr',
  'sparse_bsc',
  '_mkldnn',
  'jagged',
]);

const itemsOf = (value: object): readonly PickleValue[] | null =>
  value instanceof PickleList || value instanceof PickleTuple || value instanceof PickleSet
    ? value.items
    : null;
const UNHASHABLE = new Set([
  'builtins.set',
  'builtins.bytearray',
  'collections.OrderedDict',
  'collections.Counter',
  'collections.defaultdict',
]);

const DEEPEST_TUPLE = 50;

/** Whether Python could use a value as a key; what an unknown call gives may be one. */
export function isHashable(value: PickleValue, depth = 0): boolean {
  if (value instanceof PickleTuple) return depth > DEEPEST_TUPLE || hasHashables(value, depth);
  return !(
    value instanceof PickleList ||
    value instanceof PickleDict ||
    (value instanceof PickleSet && !value.isFrozen) ||
    (value instanceof PickleBytes && value.isMutable) ||
    (value instanceof PickleObject &&
      value.callable instanceof PickleGlobal &&
      UNHASHABLE.has(value.callable.path))
  );
}

const hashables = new WeakMap<PickleTuple, boolean>();

/** Looks at every tuple once: many keys may share one. */
function hasHashables(tuple: PickleTuple, depth: number): boolean {
  const known = hashables.get(tuple) ?? tuple.items.every((item) => isHashable(item, depth + 1));
  hashables.set(tuple, known);
  return known;
}

const isInteger = (value: PickleValue): boolean => typeof value === 'number' || typeof value === 'bigint';

const isDict = (value: PickleValue): boolean =>
  value === null ||
  value instanceof PickleDict ||
  isCallOf(value, (path) => path === 'collections.OrderedDict');

/**
 * Asks `test` once for each object, however many calls share it: a few bytes name a list of millions again. What is put into a list
 * or dict after its first call is not looked at, which nothing here depends on.
 */
function once(test: (value: object) => boolean): (value: PickleValue) => boolean {
  const known = new WeakMap<object, boolean>();
  return (value) => {
    if (value === null || typeof value !== 'object') return false;
    const answer = known.get(value) ?? test(value);
    known.set(value, answer);
    return answer;
  };
}

const isAttributes = once(
  (value) =>
    value instanceof PickleTuple ||
    isCallOf(value, (path) => path === 'collections.OrderedDict') ||
    (value instanceof PickleDict && value.items.every(([key]) => key instanceof PickleText)),
);

/** What one argument may be, and how messages call it. */
const KINDS = {
  any: () => true,
  int: isInteger,
  bool: (value) => typeof value === 'boolean',
  number: (value) => isInteger(value) || value instanceof PickleFloat,
  str: (value) => value instanceof PickleText,
  tuple: (value) => value instanceof PickleTuple || isCallOf(value, (path) => path === 'torch.Size'),
  storage: (value) => value instanceof PicklePersistent,
  tensor: (value) =>
    isCallOf(value, (path) => TENSOR_FUNCTIONS.has(path) || path.startsWith('torch.nn.parameter.')),
  hooks: isDict,
  dict: isDict,
  dtype: (value) =>
    value instanceof PickleGlobal && /^torch\.[a-z]/.test(value.path) && !value.path.startsWith('torch._'),
  layout: (value) => isCallOf(value, (path) => path === 'torch.serialization._get_layout'),
  rebuild: (value) => isUnknown(value) || (value instanceof PickleGlobal && TENSOR_FUNCTIONS.has(value.path)),
  'tensor class': (value) =>
    isUnknown(value) ||
    (value instanceof PickleGlobal && /^torch\.(Tensor|nn\.parameter\.\w+)$/.test(value.path)),
  encoding: (value) => value instanceof PickleText && /^(latin-?1|utf-?8|ascii)$/.test(value.value),
  device: (value) => value instanceof PickleText && isDevice(value.value),
  'layout name': (value) => value instanceof PickleText && LAYOUTS.has(value.value.replace(/^torch\./, '')),
  ints: once((value) => itemsOf(value)?.every(isInteger) ?? isCallOf(value, (path) => path === 'torch.Size')),
  hashables: once(
    (value) => itemsOf(value)?.every((item) => isHashable(item)) ?? value instanceof PickleObject,
  ),
  pairs: (value) => value instanceof PickleList || value instanceof PickleTuple || isDict(value),
  attributes: (value) => value === null || isAttributes(value),
  bytes: (value) =>
    value instanceof PickleText ||
    value instanceof PickleBytes ||
    value instanceof PickleList ||
    isCallOf(value, (path) => path === '_codecs.encode' || path === 'builtins.bytes'),
} satisfies Record<string, (value: PickleValue) => boolean>;
type Kind = keyof typeof KINDS;

/** Classes, which NEWOBJ may make too; everything else that can be called is a function. */
const CLASSES = new Set([
  'collections.OrderedDict',
  'collections.Counter',
  'collections.defaultdict',
  'torch.Tensor',
  'torch.Size',
  'torch.device',
  'torch.nn.parameter.Parameter',
  'torch.nn.parameter.UninitializedParameter',
  'torch.nn.parameter.UninitializedBuffer',
  'builtins.set',
  'builtins.frozenset',
  'builtins.bytearray',
  'builtins.bytes',
  'builtins.complex',
]);

interface Signature {
  readonly least: number;
  readonly kinds: readonly Kind[];
}

const takes = (least: number, ...kinds: readonly Kind[]): Signature => ({ least, kinds });

/** Source: torch/_utils.py, torch/_tensor.py, Python's constructors. What is not here is no function. */
const SIGNATURES: ReadonlyMap<string, Signature> = new Map([
  ['torch._utils._rebuild_tensor', takes(4, 'storage', 'int', 'tuple', 'tuple')],
  ['torch._utils._rebuild_tensor_v2', takes(6, 'storage', 'int', 'tuple', 'tuple', 'bool', 'hooks', 'dict')],
  [
    'torch._utils._rebuild_tensor_v3',
    takes(7, 'storage', 'int', 'tuple', 'tuple', 'bool', 'hooks', 'dtype', 'dict'),
  ],
  ['torch._utils._rebuild_parameter', takes(3, 'tensor', 'bool', 'hooks')],
  ['torch._utils._rebuild_parameter_with_state', takes(4, 'tensor', 'bool', 'hooks', 'attributes')],
  ['torch._utils._rebuild_qtensor', takes(7, 'storage', 'int', 'tuple', 'tuple', 'tuple', 'bool', 'hooks')],
  ['torch._utils._rebuild_sparse_tensor', takes(2, 'layout', 'tuple')],
  ['torch._utils._rebuild_meta_tensor_no_storage', takes(4, 'dtype', 'tuple', 'tuple', 'bool')],
  ['torch._utils._rebuild_nested_tensor', takes(4, 'tensor', 'tensor', 'tensor', 'tensor')],
  [
    'torch._utils._rebuild_wrapper_subclass',
    takes(8, 'any', 'dtype', 'tuple', 'tuple', 'int', 'layout', 'any', 'bool'),
  ],
  ['torch._utils._rebuild_device_tensor_from_numpy', takes(4, 'any', 'dtype', 'device', 'bool')],
  ['torch._utils._rebuild_device_tensor_from_cpu_tensor', takes(4, 'tensor', 'dtype', 'device', 'bool')],
  ['torch._tensor._rebuild_from_type_v2', takes(4, 'rebuild', 'tensor class', 'tuple', 'attributes')],
  ['torch.nn.parameter.Parameter', takes(1, 'tensor', 'bool')],
  ['torch.nn.parameter.UninitializedParameter', takes(0, 'bool')],
  ['torch.nn.parameter.UninitializedBuffer', takes(0, 'bool')],
  ['torch.Size', takes(0, 'ints')],
  ['torch.device', takes(1, 'device', 'int')],
  ['torch.serialization._get_layout', takes(1, 'layout name')],
  ['_codecs.encode', takes(1, 'str', 'encoding')],
  ['builtins.set', takes(0, 'hashables')],
  ['builtins.frozenset', takes(0, 'hashables')],
  ['builtins.bytearray', takes(0, 'bytes', 'encoding')],
  ['builtins.bytes', takes(0, 'bytes', 'encoding')],
  ['builtins.complex', takes(0, 'number', 'number')],
  ['collections.OrderedDict', takes(0, 'pairs')],
  ['collections.Counter', takes(0, 'dict')],
  ['collections.defaultdict', takes(0, 'any', 'pairs')],
]);

/** What is wrong with a call. */
export interface CallProblem {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** Checks the call of a known name; null when it is right, or the name is unknown and therefore never called. */
export function checkCall(callable: PickleGlobal, args: PickleTuple, isNew: boolean): CallProblem | null {
  if (globalRole(callable) === 'unknown') return null;
  const { path } = callable;
  const signature = SIGNATURES.get(path);
  if (signature === undefined || (isNew && !CLASSES.has(path)))
    return {
      what: `calls '${path}', which is no ${isNew ? 'class to make objects of' : 'function'}`,
      expected: 'a function torch.save names',
      got: path,
    };
  const { least, kinds } = signature;
  const { items } = args;
  const fits =
    items.length >= least &&
    items.length <= kinds.length &&
    items.every((item, index) => KINDS[kinds[index] ?? 'any'](item));
  if (fits) return null;
  return {
    what: `calls '${path}' with the wrong arguments`,
    expected: `(${kinds.map((kind, index) => (index < least ? kind : `[${String(kind)}]`)).join(', ')})`,
    got: `(${items.slice(0, 8).map(describeValue).join(', ')}${items.length > 8 ? ', ...' : ''})`,
  };
}
