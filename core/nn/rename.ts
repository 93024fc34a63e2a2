// Rules that rename the keys of a weight file before it is compared with a model. Plain data, so that the window can send them.
import { LazuliError } from '../errors';
import type { TensorEntry } from '../formats/weights';

/** Strip takes a prefix off the keys that have it; replace rewrites every match of a regular expression (`$1` or `\1`: its groups). */
export type RenameRule =
  | { readonly kind: 'strip'; readonly prefix: string }
  | { readonly kind: 'replace'; readonly pattern: string; readonly replacement: string };

/** Bounds on rules: they are typed by a person, and run on every key. */
export const RENAME_LIMITS = { rules: 16, length: 200 } as const;
const LONGEST_KEY = 4096;
const ARROW = '=>';
/** `(a+)+`: a repeated group that itself repeats may need exponential time on one key. */
const NESTED_REPETITION = /\([^()]*[*+}][^()]*\)[*+{]/;

/** `PATTERN=>REPLACEMENT` as a rule; spaces around the arrow do not count. Throws `usage`. */
export function parseRename(text: string): RenameRule {
  const at = text.indexOf(ARROW);
  if (at < 0) throw refuse('a renaming rule has no =>', text, 'PATTERN=>REPLACEMENT');
  const rule: RenameRule = {
    kind: 'replace',
    pattern: text.slice(0, at).trim(),
    replacement: text.slice(at + ARROW.length).trim(),
  };
  compile(rule);
  return rule;
}

/** The key a rule list gives to each key. Throws `usage` for a rule that cannot be used. */
export function renamer(rules: readonly RenameRule[]): (key: string) => string {
  if (rules.length > RENAME_LIMITS.rules)
    throw refuse('there are too many renaming rules', `${rules.length}`, `at most ${RENAME_LIMITS.rules}`);
  const steps = rules.map(compile);
  return (key) => steps.reduce((name, step) => (name.length > LONGEST_KEY ? name : step(name)), key);
}

/**
 * The same entries under their new names, and `metadata` under those of their modules. Throws `usage` naming both keys when
 * two become one.
 */
export function renameEntries<M>(
  entries: readonly TensorEntry[],
  rules: readonly RenameRule[],
  metadata: Readonly<Record<string, M>> = {},
): { readonly entries: readonly TensorEntry[]; readonly metadata: Readonly<Record<string, M>> } {
  if (rules.length === 0) return { entries, metadata };
  const rename = renamer(rules);
  const origins = new Map<string, string>();
  const moved = new Map(Object.entries(metadata));
  const renamed = entries.map((entry) => {
    const name = rename(entry.name);
    const other = origins.get(name);
    if (other !== undefined)
      throw new LazuliError(
        'usage',
        `the renaming rules make '${name}' of two keys: '${other}' and '${entry.name}'`,
        {
          where: 'renaming rules',
          expected: 'a key of its own for each',
          got: `'${name}' twice`,
        },
      );
    origins.set(name, entry.name);
    const [before, after] = [moduleOf(entry.name), moduleOf(name)];
    const versions = Object.hasOwn(metadata, before) ? metadata[before] : undefined;
    if (before !== after && versions !== undefined) moved.set(after, versions);
    return { ...entry, name };
  });
  return { entries: renamed, metadata: Object.fromEntries(moved) };
}

/** The key without its last part. */
const moduleOf = (key: string): string => key.slice(0, Math.max(key.lastIndexOf('.'), 0));

function compile(rule: RenameRule): (key: string) => string {
  if (rule.kind === 'strip') {
    const { prefix } = rule;
    checkLength(prefix);
    return (key) => (key.startsWith(prefix) ? key.slice(prefix.length) : key);
  }
  const { pattern, replacement } = rule;
  checkLength(pattern);
  checkLength(replacement);
  if (pattern === '') throw refuse('a renaming rule has an empty pattern', '', 'a regular expression');
  if (NESTED_REPETITION.test(pattern))
    throw refuse('a renaming pattern repeats a repetition', pattern, 'no group like (a+)+');
  const expression = expressionOf(pattern);
  const template = replacement.replace(/\\(\d)/g, '$$$1');
  return (key) => key.replace(expression, template);
}

function expressionOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'gu');
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : 'refused';
    throw refuse(`a renaming pattern is no regular expression: ${reason}`, pattern, 'a regular expression');
  }
}

function checkLength(text: string): void {
  if (text.length > RENAME_LIMITS.length)
    throw refuse(
      'a renaming rule is too long',
      `${text.length} characters`,
      `at most ${RENAME_LIMITS.length} characters`,
    );
}

const refuse = (message: string, got: string, expected: string): LazuliError =>
  new LazuliError('usage', `${message}: ${got === '' ? 'nothing' : got}`, {
    where: 'renaming rules',
    expected,
    got,
    hint: "as in 'PATTERN=>REPLACEMENT': ^backbone\\.=>encoder.",
  });
