// Which global names a pickle may use as what. Unknown names are kept as opaque records; nothing is ever called.
import { DTYPES } from '../../tensor/dtype';
import type { PickleGlobal } from './values';

/** Names whose objects take dict entries (SETITEM). Source: torch _weights_only_unpickler.py, collections. */
const DICT_CLASSES = new Set(['collections.OrderedDict', 'collections.Counter', 'collections.defaultdict']);

/** Functions whose results are tensors. */
export const TENSOR_FUNCTIONS: ReadonlySet<string> = new Set([
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_parameter_with_state',
  'torch._utils._rebuild_qtensor',
  'torch._utils._rebuild_sparse_tensor',
  'torch._utils._rebuild_meta_tensor_no_storage',
  'torch._utils._rebuild_nested_tensor',
  'torch._utils._rebuild_wrapper_subclass',
  'torch._utils._rebuild_device_tensor_from_numpy',
  'torch._utils._rebuild_device_tensor_from_cpu_tensor',
  'torch._tensor._rebuild_from_type_v2',
]);

/** Known functions and classes whose results are plain data and take no items, entries or state. */
const DATA_FUNCTIONS = new Set([
  ...TENSOR_FUNCTIONS,
  'torch.nn.parameter.Parameter',
  'torch.nn.parameter.UninitializedParameter',
  'torch.nn.parameter.UninitializedBuffer',
  'torch.Tensor',
  'torch.Size',
  'torch.device',
  'torch.serialization._get_layout',
  'torch.storage.UntypedStorage',
  'torch.storage.TypedStorage',
  '_codecs.encode',
  'builtins.set',
  'builtins.frozenset',
  'builtins.bytearray',
  'builtins.bytes',
  'builtins.complex',
]);

const named = (prefix: string, names: string, suffix = ''): string[] =>
  names.split(' ').map((name) => `${prefix}.${name}${suffix}`);

const STORAGES = 'BFloat16 Bool Byte Char ComplexDouble ComplexFloat Double Float Half Int Long Short';
const SPARSE = 'BFloat16 Byte Char Double Float Half Int Long Short';

/** Plain values below `torch`: dtypes, quantization schemes, storage and legacy tensor classes. Source: torch `_get_allowed_globals`. */
const TORCH_VALUES: ReadonlySet<string> = new Set([
  ...Object.keys(DTYPES).map((dtype) => `torch.${dtype}`),
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [`torch.int${String(bits)}`, `torch.uint${String(bits)}`]),
  ...named('torch', 'qint8 qint32 quint8 quint4x2 quint2x4'),
  ...named(
    'torch',
    'per_tensor_affine per_tensor_symmetric per_channel_affine per_channel_symmetric per_channel_affine_float_qparams',
  ),
  ...named('torch', `${STORAGES} QInt8 QInt32 QUInt8 QUInt4x2 QUInt2x4`, 'Storage'),
  ...named('torch.cuda', STORAGES, 'Storage'),
  ...named('torch', 'BFloat16 Bool Byte Char Double Float Half Int Long Short', 'Tensor'),
  ...named('torch.cuda', 'BFloat16 Bool Byte Char Double Float Half Int Long Short', 'Tensor'),
  ...named('torch.sparse', SPARSE, 'Tensor'),
  ...named('torch.cuda.sparse', SPARSE, 'Tensor'),
]);

/** Modules and names that exist to run code; a file that names one is an attack, not a model. */
const CODE_MODULES = new Set([
  'os',
  'posix',
  'nt',
  'sys',
  'subprocess',
  'runpy',
  'pty',
  'socket',
  'shutil',
  'importlib',
  'ctypes',
  'code',
  'codeop',
  'commands',
  'pickle',
  '_pickle',
  'webbrowser',
  'pdb',
  'bdb',
  'timeit',
  'cProfile',
  'profile',
  'pip',
  'marshal',
  'requests',
  'urllib',
  'http',
  'httplib',
]);
const CODE_BUILTINS = new Set([
  'eval',
  'exec',
  'execfile',
  'compile',
  'open',
  '__import__',
  'breakpoint',
  'apply',
  'input',
]);

/** Every name that means something here, all others being unknown or code. */
export const KNOWN_NAMES: ReadonlySet<string> = new Set([
  ...DICT_CLASSES,
  ...DATA_FUNCTIONS,
  ...TORCH_VALUES,
]);

export type GlobalRole = 'dict' | 'data' | 'code' | 'unknown';

/** What a name stands for. Source: torch `_get_allowed_globals`, RELIABILITY lines 27 and 29. */
export function globalRole(global: PickleGlobal): GlobalRole {
  const { path } = global;
  if (DICT_CLASSES.has(path)) return 'dict';
  if (DATA_FUNCTIONS.has(path) || TORCH_VALUES.has(path)) return 'data';
  const [root = '', builtin = ''] = path.split('.');
  if (CODE_MODULES.has(root)) return 'code';
  if (root === 'builtins' && CODE_BUILTINS.has(builtin)) return 'code';
  return 'unknown';
}

/** Modules `torch.load(weights_only=True)` never allows. Source: torch _weights_only_unpickler.py. */
const BLOCKED = new Set(['sys', 'os', 'posix', 'nt']);
/** What is plain data here, and yet not allowed there unless the user says so. */
const NOT_ALLOWED = new Set([
  'collections.defaultdict',
  'torch.nn.parameter.UninitializedParameter',
  'torch.nn.parameter.UninitializedBuffer',
  'builtins.frozenset',
  'builtins.bytes',
]);

/** What `torch.load` says to a name by default, where it refuses the file for it; null where it does not. */
export function refusedGlobal(global: PickleGlobal): string | null {
  const { path } = global;
  const role = globalRole(global);
  if ((role === 'dict' || role === 'data') && !NOT_ALLOWED.has(path)) return null;
  const module = path.slice(0, path.lastIndexOf('.'));
  if (BLOCKED.has(module))
    return `Trying to load unsupported GLOBAL ${path} whose module ${module} is blocked.`;
  const shown = path.replace(/^builtins\./, '');
  return (
    `Unsupported global: GLOBAL ${shown} was not an allowed global by default. Please use ` +
    `\`torch.serialization.add_safe_globals([${shown}])\` or the \`torch.serialization.safe_globals([${shown}])\` ` +
    'context manager to allowlist this global if you trust this class/function.'
  );
}
