// Raw options → typed params: the check that window, command line and file reader share, for anything with a param table.
import { LazuliError } from '../errors';
import type { LayerProblem } from './declaration';
import type { ParamTable, ParamsOf } from './params';
import { nearest } from './suggest';

/** What a table of params belongs to: a layer, a loss, an optimizer or a metric. */
export interface Declared<P extends ParamTable> {
  readonly type: string;
  readonly params: P;
  check?(params: ParamsOf<P>): readonly LayerProblem[];
}

/** Which value an absent option takes: the palette's, or PyTorch's (and then what PyTorch demands must be there). */
export type Defaults = 'initial' | 'torch';

export type Checked<P extends ParamTable> =
  { readonly params: ParamsOf<P> } | { readonly problems: readonly LayerProblem[] };

/** Raw options as typed params, or every problem found in them, each `where` its param's name. */
export function checkParams<P extends ParamTable>(
  declaration: Declared<P>,
  raw: Readonly<Record<string, unknown>>,
  defaults: Defaults = 'initial',
): Checked<P> {
  const table: ParamTable = declaration.params;
  const problems: LayerProblem[] = Object.keys(raw)
    .filter((name) => !Object.hasOwn(table, name))
    .map((name) => unknownParam(declaration.type, name, Object.keys(table)));
  const parsed: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) {
    if (raw[name] === undefined && defaults === 'initial') parsed[name] = spec.initial;
    else if (raw[name] === undefined && spec.torchDefault !== undefined) parsed[name] = spec.torchDefault;
    else if (raw[name] === undefined && spec.isInferred !== true)
      problems.push({
        where: name,
        message: `${name}: missing, and PyTorch has no default for it`,
        expected: spec.help,
        got: 'nothing',
      });
    else
      try {
        parsed[name] = spec.parse(raw[name]);
      } catch (error) {
        if (!(error instanceof LazuliError)) throw error;
        const { expected, got } = error.details;
        problems.push({
          where: name,
          message: `${name}: ${error.message}`,
          ...(expected === undefined ? {} : { expected }),
          ...(got === undefined ? {} : { got }),
        });
      }
  }
  if (problems.length > 0) return { problems };
  const params = parsed as ParamsOf<P>;
  const inconsistent = declaration.check?.(params) ?? [];
  return inconsistent.length > 0 ? { problems: inconsistent } : { params };
}

/** As `checkParams`, but throws `parameter_invalid` that lists all problems. */
export function parseParams<P extends ParamTable>(
  declaration: Declared<P>,
  raw: Readonly<Record<string, unknown>>,
  defaults: Defaults = 'initial',
): ParamsOf<P> {
  const checked = checkParams(declaration, raw, defaults);
  if ('params' in checked) return checked.params;
  const [first, ...others] = checked.problems;
  throw new LazuliError(
    'parameter_invalid',
    `${declaration.type}: ${checked.problems.map(({ message }) => message).join('; ')}`,
    {
      where: checked.problems.map(({ where }) => where).join(', '),
      ...(others.length > 0 || first?.expected === undefined ? {} : { expected: first.expected }),
      ...(others.length > 0 || first?.got === undefined ? {} : { got: first.got }),
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
    },
  );
}

function unknownParam(type: string, name: string, known: readonly string[]): LayerProblem {
  const meant = nearest(name, known);
  return {
    where: name,
    message: `${name}: ${type} has no such parameter`,
    expected: known.length > 0 ? `one of ${known.join(', ')}` : 'no parameters',
    got: name,
    ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
  };
}

/** A declaration by `type`, by dotted PyTorch name (`torch.nn.Conv2d`, `nn.Conv2d`) or class name alone (`LazyConv2d`); else null. */
export function findDeclared<
  D extends { readonly type: string; readonly torch: string | null; readonly torchLazy?: string },
>(list: readonly D[], name: string): D | null {
  const isNamed = (dotted: string | null | undefined): boolean =>
    dotted === name || dotted?.endsWith(`.${name}`) === true;
  return (
    list.find(({ type }) => type === name) ??
    list.find(({ torch, torchLazy }) => isNamed(torch) || isNamed(torchLazy)) ??
    null
  );
}
