// The keywords of torch.optim's classes: their defaults and what their constructors refuse, from the optimizer's declaration.
import { TorchError } from '../errors';
import type { ParamSpec } from '../layers/params';
import { floatRepr, pythonRepr, typeName } from '../nn/python-names';
import { valuesOf } from '../nn/tensor-memory';
import type { OptimizerDeclaration } from '../optimizers/declaration';
import { Tensor } from '../tensor/tensor';
import type { Options } from './groups';

/** Options of how PyTorch computes a step. They are kept, and change nothing here. */
const SWITCHES: Options = { foreach: null, fused: null, capturable: false, differentiable: false };

/** What an option is where nothing is given. */
export function defaultOf({ params, torchClass }: OptimizerDeclaration, name: string): unknown {
  const { fixed = {}, none = {}, more = {} } = torchClass;
  if (name in fixed) return fixed[name];
  if (name in more) return more[name];
  if (name in none) return null;
  return name in SWITCHES ? SWITCHES[name] : params[name]?.torchDefault;
}

/** The defaults of an optimizer, in PyTorch's order. Throws what its constructor throws, in its words. */
export function torchDefaults(declaration: OptimizerDeclaration, name: string, given: Options): Options {
  const { group, fixed = {}, checks } = declaration.torchClass;
  const unknown = Object.keys(given).find((key) => !group.includes(key) || key in fixed);
  if (unknown !== undefined)
    throw new TorchError('TypeError', `${name}.__init__() got an unexpected keyword argument '${unknown}'`);
  const options = Object.fromEntries(
    group.map((key) => [key, given[key] === undefined ? defaultOf(declaration, key) : given[key]]),
  );
  checkRate(options);
  for (const check of checks) {
    const [option, ...texts] = typeof check === 'string' ? [check] : check;
    checkOption(declaration, option, texts, options[option]);
  }
  const [problem] = declaration.check?.(options) ?? [];
  if (problem) throw new TorchError('ValueError', problem.message);
  return declaration.complete?.(options) ?? options;
}

/** A learning rate may be a tensor of one element. */
function checkRate({ lr, foreach, capturable }: Options): void {
  if (!(lr instanceof Tensor)) return;
  if (foreach === true && capturable === false)
    throw new TorchError(
      'ValueError',
      'lr as a Tensor is not supported for capturable=False and foreach=True',
    );
  if (lr.numel() !== 1) throw new TorchError('ValueError', 'Tensor lr must be 1-element');
}

/** PyTorch's usual words by option; others are named as they are. */
const WORDS: Readonly<Record<string, string>> = {
  lr: 'Invalid learning rate: {}',
  eps: 'Invalid epsilon value: {}',
};

function checkOption(
  { params, torchClass }: OptimizerDeclaration,
  option: string,
  texts: readonly string[],
  given: unknown,
): void {
  const spec = params[option];
  if (spec === undefined) return;
  const check = (value: unknown, text: string): void => {
    if (isWithin(spec, value, torchClass.takesNan === true)) return;
    throw new TorchError(
      'ValueError',
      text.replace('{}', () => shown(value)),
    );
  };
  if (spec.widget !== 'numbers')
    return check(given, texts[0] ?? WORDS[option] ?? `Invalid ${option} value: {}`);
  for (let at = 0; at < (spec.count ?? 0); at++)
    check(itemAt(given, at), texts[at] ?? `Invalid beta parameter at index ${at}: {}`);
}

function itemAt(value: unknown, at: number): unknown {
  if (!Array.isArray(value))
    throw new TorchError('TypeError', `'${typeName(value)}' object is not subscriptable`);
  if (at >= value.length) throw new TorchError('IndexError', 'tuple index out of range');
  return value[at] as unknown;
}

/** Lists stand for Python's tuples here. */
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'tuple' : typeName(value));

/** Python's comparison with the bounds of an option: TypeError for what has no order with a float. */
function isWithin(spec: ParamSpec, value: unknown, takesNan: boolean): boolean {
  const isBlank = value === null || value === undefined;
  if (spec.widget === 'choice') return isBlank || spec.options?.some((option) => option === value) === true;
  if (isBlank && spec.itemsMayBeBlank === true) return true;
  const number =
    value instanceof Tensor ? valuesOf(value)[0] : typeof value === 'boolean' ? Number(value) : value;
  if (typeof number !== 'number') {
    const [sign, left, right] = takesNan ? ['<', kindOf(value), 'float'] : ['<=', 'float', kindOf(value)];
    throw new TorchError(
      'TypeError',
      `'${sign}' not supported between instances of '${left}' and '${right}'`,
    );
  }
  if (Number.isNaN(number)) return takesNan;
  const { min = -Infinity, max = Infinity } = spec;
  return number >= min && number <= max;
}

function shown(value: unknown): string {
  if (value instanceof Tensor) return floatRepr(valuesOf(value)[0] ?? 0);
  return typeof value === 'string' ? value : pythonRepr(value);
}

/** Two of the switches exclude each other; looked at once the groups are there. */
export function checkSwitches({ fused, foreach, differentiable }: Options): void {
  if (fused !== true) return;
  if (differentiable === true)
    throw new TorchError('RuntimeError', '`fused` does not support `differentiable`');
  if (foreach === true)
    throw new TorchError('RuntimeError', '`fused` and `foreach` cannot be `True` together.');
}
