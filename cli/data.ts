// The data that flags name instead of a project's own: a file, or a file, columns and targets for each input of the graph.
import { existsSync } from 'node:fs';
import path from 'node:path';

import {
  MAIN_TARGET,
  type Columns,
  type DataSource,
  type InputSource,
  type Project,
  type TargetSource,
} from '#core/document/project';
import { LazuliError } from '#core/errors';
import { dataFromFile } from '#engine/index';

import type { OptionSpec, Options } from './verb';

export const DATA_OPTIONS: readonly OptionSpec[] = [
  {
    flag: 'data',
    value: '[input=]file',
    help: 'the data file (default: the project’s); of several inputs input=file for each that has its own',
    isRepeatable: true,
  },
  {
    flag: 'columns',
    value: '[input=]names',
    help: 'columns of a table, joined by commas, or array of an .npz that an input gets',
    isRepeatable: true,
  },
  {
    flag: 'target',
    value: '[name=]column',
    help: 'target column, array name, or the file of the targets; with a name, one more target that losses take',
    isRepeatable: true,
  },
  {
    flag: 'target-kind',
    value: '[name=]kind',
    help: 'class or number (default: as in the project, else class for the first target and number for others)',
    isRepeatable: true,
  },
];

/** A flag's value and the name before its `=`; null without one. */
interface Given {
  readonly name: string | null;
  readonly value: string;
}

type IsName = (name: string, value: string) => boolean;

/** Splits `name=value` where `isName` knows the name; everything else is a value. */
function given(options: Options, flag: string, isName: IsName): readonly Given[] {
  const found = options.all(flag).map((text): Given => {
    const [, name, value] = /^(\w+)=(.*)$/su.exec(text) ?? [];
    return name !== undefined && value !== undefined && isName(name, value)
      ? { name, value }
      : { name: null, value: text };
  });
  const twice = found.find(({ name }, at) => found.findIndex((other) => other.name === name) !== at);
  if (!twice) return found;
  throw new LazuliError(
    'usage',
    `--${flag} is given twice${twice.name === null ? '' : ` for '${twice.name}'`}`,
    {
      where: `--${flag}`,
      expected: 'name=value for each',
      got: twice.value,
    },
  );
}

const valueOf = (list: readonly Given[], name: string | null): string | null =>
  list.find((each) => each.name === name)?.value ?? null;

const columnsOf = (text: string): Columns =>
  text.split(',').map((column) => (/^-?\d+$/.test(column) ? Number(column) : column.trim()));

/** The named ones, and the one without a name as `main`. */
interface Flags {
  readonly files: readonly Given[];
  readonly columns: readonly Given[];
  readonly targets: readonly Given[];
  readonly kinds: readonly Given[];
}

type Ends = ReadonlyMap<string, string>;

const inputsOf = ({ graph }: Project): Ends =>
  new Map(graph.nodes.filter(({ layer }) => layer === 'input').map(({ id, name }) => [name, id]));

/** Throws `usage` for a name that no input has; `what` may also be a file whose name has an `=`. */
const inputName =
  (flag: string, inputs: Ends): IsName =>
  (name, value) => {
    if (inputs.has(name)) return true;
    if (existsSync(`${name}=${value}`)) return false;
    throw new LazuliError('usage', `there is no input '${name}'`, {
      where: `--${flag} ${name}=${value}`,
      expected: [...inputs.keys()].map((each) => `${each}=...`).join(', ') || 'a graph with an input node',
      got: name,
    });
  };

function flagsFrom(options: Options, fileFlag: string, inputs: Ends): Flags {
  const isTarget: IsName = () => true;
  return {
    files: given(options, fileFlag, inputName(fileFlag, inputs)),
    columns: given(options, 'columns', inputName('columns', inputs)),
    targets: given(options, 'target', isTarget),
    kinds: given(options, 'target-kind', isTarget),
  };
}

/** The input that the source's own fields feed: the one that no feed names; of several the first that flags name, or the first. */
function mainInput(inputs: Ends, base: DataSource | null, { files, columns }: Flags): string | null {
  const free = [...inputs].flatMap(([name, id]) => (base?.feeds?.[id] ? [] : [name]));
  const isNamed = (name: string): boolean => [...files, ...columns].some((each) => each.name === name);
  return free.find(isNamed) ?? free[0] ?? null;
}

/**
 * The data that `--data` (or `fileFlag`), `--columns`, `--target` and `--target-kind` describe, on top of the project's own;
 * null without any of them. Throws `usage` for a name that no input has, or for files of tables that differ.
 */
export async function dataFromFlags(
  { project, folder }: { readonly project: Project; readonly folder: string | null },
  options: Options,
  fileFlag: 'data' | 'sample',
): Promise<DataSource | null> {
  const inputs = inputsOf(project);
  const flags = flagsFrom(options, fileFlag, inputs);
  if (Object.values(flags).every((list: readonly Given[]) => list.length === 0)) return null;
  const base = project.data;
  const main = mainInput(inputs, base, flags);
  const file = valueOf(flags.files, null) ?? (main === null ? null : valueOf(flags.files, main));
  const source = await dataFromFile(
    file === null ? null : path.resolve(file),
    base,
    valueOf(flags.targets, null) ?? valueOf(flags.targets, MAIN_TARGET),
  );
  if (!source)
    throw new LazuliError('usage', 'the project names no data, and the flags name no file for it', {
      where: `--${fileFlag}`,
      expected: `--${fileFlag} FILE${main === null ? '' : `, or --${fileFlag} ${main}=FILE`}`,
      got: 'none',
    });
  const columns = valueOf(flags.columns, null) ?? (main === null ? null : valueOf(flags.columns, main));
  const kind = kindOf(valueOf(flags.kinds, null) ?? valueOf(flags.kinds, MAIN_TARGET));
  const feeds = feedsFrom(source, inputs, flags, { main, fileFlag, folder });
  const targets = targetsFrom(source, flags);
  return {
    ...source,
    ...(columns === null ? {} : { inputs: columnsOf(columns) }),
    ...(kind === null || kind === source.targetKind ? {} : { targetKind: kind, classes: null }),
    ...(Object.keys(feeds).length === 0 ? {} : { feeds }),
    ...(Object.keys(targets).length === 0 ? {} : { targets }),
  };
}

const isTable = ({ format }: DataSource): boolean => format === 'csv' || format === 'npz';

function feedsFrom(
  source: DataSource,
  inputs: Ends,
  { files, columns }: Flags,
  at: { readonly main: string | null; readonly fileFlag: string; readonly folder: string | null },
): Readonly<Record<string, InputSource>> {
  const feeds: Record<string, InputSource> = { ...source.feeds };
  const table = isTable(source) ? path.resolve(at.folder ?? '', source.file) : null;
  for (const [name, id] of inputs) {
    if (name === at.main) continue;
    const file = valueOf(files, name);
    const own = valueOf(columns, name);
    if (file === null && own === null) continue;
    if (file !== null && table !== null && path.resolve(file) !== table)
      throw new LazuliError('usage', `the input '${name}' is read from the one file of the samples`, {
        where: `--${at.fileFlag} ${name}=${file}`,
        expected: `${source.file}, or .npy files for all`,
        got: file,
        hint: `say with --columns ${name}=... which part of it`,
      });
    feeds[id] = {
      ...(feeds[id] ?? { normalization: source.normalization }),
      ...(file === null || table !== null ? {} : { file: path.resolve(file) }),
      ...(own === null ? {} : { columns: columnsOf(own) }),
    };
  }
  return feeds;
}

function targetsFrom(source: DataSource, { targets, kinds }: Flags): Readonly<Record<string, TargetSource>> {
  const named: Record<string, TargetSource> = { ...source.targets };
  const names = [...targets, ...kinds].flatMap(({ name }) =>
    name === null || name === MAIN_TARGET ? [] : [name],
  );
  for (const name of new Set(names)) {
    const where = valueOf(targets, name);
    const before = named[name];
    const kind = kindOf(valueOf(kinds, name)) ?? before?.kind ?? 'number';
    named[name] = {
      ...(before && before.kind === kind ? before : {}),
      kind,
      ...(where === null
        ? {}
        : isTable(source)
          ? { columns: columnsOf(where) }
          : { file: path.resolve(where) }),
    };
  }
  return named;
}

function kindOf(text: string | null): TargetSource['kind'] | null {
  if (text === null || text === 'class' || text === 'number') return text;
  throw new LazuliError('usage', `--target-kind: expected class or number, got '${text}'`, {
    where: '--target-kind',
    expected: 'class or number',
    got: text,
  });
}
