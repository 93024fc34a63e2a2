// The keywords of PyTorch's layer classes as params, with the errors that Python and PyTorch's constructors give.
import { TorchError } from '../errors';
import type { LayerDeclaration } from '../layers/declaration';
import { checkParams } from '../layers/parse';
import { listed } from './layer-arguments';
import type { LayerParams } from './layer-module';

type Keywords = Readonly<Record<string, unknown>>;

/** The class that is being made. */
interface Made {
  readonly name: string;
  readonly isLazyClass: boolean;
}

/** Parsed params; sizes of 0 are allowed, as in PyTorch. Throws TypeError, ValueError or RuntimeError in its words. */
export function torchParams(declaration: LayerDeclaration, keywords: Keywords, made: Made): LayerParams {
  checkSignature(declaration, keywords, made);
  const given = made.isLazyClass ? { ...declaration.torchLazyDefaults, ...keywords } : keywords;
  const torch = declaration.torch ?? '';
  for (const [pattern, check] of CHECKS)
    if (pattern.test(torch)) check({ ...defaults(declaration), ...given }, made);
  const odd = Object.keys(given).filter((name) => isOddSize(declaration, name, given[name]));
  const usual = Object.fromEntries(odd.map((name) => [name, Number(given.groups ?? 1)]));
  const checked = checkParams(declaration, { ...given, ...usual }, 'torch');
  const found = Object.fromEntries(odd.map((name) => [name, given[name]]));
  if ('params' in checked) return { ...checked.params, ...found };
  const [problem] = checked.problems;
  // A lazy convolution finds out in its first call, where its kernel looks.
  if (made.isLazyClass && /\.Conv(Transpose)?[123]d$/.test(torch) && problem?.message === UNDIVIDED)
    return { ...torchParams(declaration, { ...keywords, groups: 1 }, made), groups: given.groups };
  throw new TorchError('ValueError', problem?.message ?? `${made.name}: invalid parameters`);
}

const UNDIVIDED = 'out_channels must be divisible by groups';

/** Sizes that the catalogue refuses and PyTorch takes: of 0, and Linear's below. */
const isOddSize = ({ torch, params }: LayerDeclaration, name: string, value: unknown): boolean =>
  value === 0
    ? params[name]?.isInferred === true || torch === 'torch.nn.Linear'
    : torch === 'torch.nn.Linear' && typeof value === 'number' && value < 0;

/** Python's checks of a call: what the class does not take, and what it demands. */
function checkSignature(
  declaration: LayerDeclaration,
  keywords: Keywords,
  { name, isLazyClass }: Made,
): void {
  const table = declaration.params;
  const isGiven = (param: string): boolean => (keywords[param] ?? null) !== null;
  const refused = Object.keys(table).find(
    (param) => isLazyClass && table[param]?.isInferred === true && isGiven(param),
  );
  if (refused !== undefined)
    throw new TorchError('TypeError', `${name}.__init__() got an unexpected keyword argument '${refused}'`);
  const missing = Object.entries(table).filter(
    ([param, spec]) =>
      !(isLazyClass && spec.isInferred === true) && !isGiven(param) && spec.torchDefault === undefined,
  );
  if (missing.length === 0) return;
  throw new TorchError(
    'TypeError',
    `${name}.__init__() missing ${missing.length} required positional argument${missing.length > 1 ? 's' : ''}: ${listed(missing.map(([param]) => param))}`,
  );
}

type Check = (params: Keywords, made: Made) => void;
const refuseIf = (isWrong: boolean, message: string): void => {
  if (isWrong) throw new TorchError('ValueError', message);
};

/** What the constructors look at themselves, in their order, by PyTorch's class. */
const CHECKS: readonly (readonly [RegExp, Check])[] = [
  [
    /\.ConvTranspose[123]d$/,
    ({ padding_mode }, { name }) => {
      refuseIf(padding_mode !== 'zeros', `Only "zeros" padding mode is supported for ${name}`);
    },
  ],
  [
    /\.Conv(Transpose)?[123]d$/,
    ({ groups, padding, stride }) => {
      refuseIf(Number(groups) <= 0, 'groups must be a positive integer');
      const isStrided = [stride].flat().some((step) => step !== 1);
      refuseIf(padding === 'same' && isStrided, "padding='same' is not supported for strided convolutions");
    },
  ],
  [
    /Dropout([123]d)?$/,
    ({ p }) => {
      const isWrong = typeof p === 'number' && !(p >= 0 && p <= 1);
      refuseIf(isWrong, `dropout probability has to be between 0 and 1, but got ${String(p)}`);
    },
  ],
];

const defaults = ({ params }: LayerDeclaration): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).map(([name, spec]) => [name, spec.torchDefault ?? spec.initial]));
