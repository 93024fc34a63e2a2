// A model's refusals as errors: graph problems, weights that do not fit, parameters without values.
import { LazuliError, type ErrorCode } from '#core/errors';
import type { Problem, Resized } from '#core/session/session';
import { formatShape } from '#core/tensor/shape';

/** The first problem that forbids running, as an error; the others are counted. */
export function problemsAsError(problems: readonly Problem[]): LazuliError {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more problems)` : '';
  return new LazuliError(codeOf(first), `${first?.message ?? 'the graph cannot run'}${more}`, {
    where: first?.where ?? 'graph',
    ...(first?.expected === undefined ? {} : { expected: first.expected }),
    ...(first?.got === undefined ? {} : { got: first.got }),
    ...(first?.fixes[0] === undefined ? {} : { hint: first.fixes[0] }),
  });
}

const MOST_KEYS = 6;

/** A refusal of weights with the file's name, and no more keys than one can read. */
export function weightsRefused(error: unknown, file: string): unknown {
  if (!(error instanceof LazuliError)) return error;
  const [head = '', ...listed] = error.message.split('\n');
  const clashes = listed.filter((line) => line.includes('does not fit'));
  const keys = [...clashes, ...listed.filter((line) => !clashes.includes(line))];
  const more = keys.length > MOST_KEYS ? [`  ... and ${keys.length - MOST_KEYS} more`] : [];
  const hint =
    'lazuli summary PROJECT --weights FILE compares every key; --partial skips missing and unexpected ones';
  return new LazuliError(error.code, [`${file}: ${head}`, ...keys.slice(0, MOST_KEYS), ...more].join('\n'), {
    where: file,
    ...error.details,
    ...(error.code === 'weights_mismatch' ? { hint } : {}),
  });
}

/** A sample that would change the size of tensors with values: what, and how to allow it. */
export function resizingRefused(
  { code, message, details }: LazuliError,
  resized: readonly Resized[],
): LazuliError {
  const changes = resized
    .slice(0, MOST_KEYS)
    .map(({ key, before, after }) => `${key} ${formatShape(before)} → ${formatShape(after)}`);
  const more = resized.length > MOST_KEYS ? ' ...' : '';
  return new LazuliError(code, message, {
    ...details,
    hint: `this sample changes sizes: ${changes.join(', ')}${more}; --rematerialize initializes these anew and keeps all else`,
  });
}

/** Parameters that a run needs and that have no values. */
export const uninitialized = (keys: readonly string[]): LazuliError =>
  new LazuliError('uninitialized', `${keys.length} parameters are uninitialized, first ${keys[0] ?? ''}`, {
    where: keys[0] ?? 'graph',
    expected: 'values for every parameter',
    hint: 'feed a sample, or load weights',
  });

const codeOf = (problem: Problem | undefined): ErrorCode => {
  switch (problem?.code) {
    case 'shape_mismatch':
    case 'parameter_invalid':
      return problem.code;
    default:
      return 'graph_invalid';
  }
};
