// The option that lists schedulers inside another one.
import { LazuliError } from '../errors';
import type { ParamSpec } from '../layers/params';

/** A scheduler by type, with its options as written. */
export interface SchedulerPart {
  readonly type: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function refuse(value: unknown): never {
  const got = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 100);
  const expected = 'a list of schedulers as {"type": ..., "params": {...}}';
  throw new LazuliError('parameter_invalid', `expected ${expected}, got ${got}`, { expected, got });
}

/** At least one scheduler; what each is and takes is checked when the schedule is made. */
export const schedulerList = (spec: {
  readonly help: string;
  readonly initial: readonly SchedulerPart[];
}): ParamSpec<readonly SchedulerPart[]> => ({
  ...spec,
  widget: 'schedulers',
  parse: (value) => {
    if (!Array.isArray(value) || value.length === 0) return refuse(value);
    return value.map((item: unknown) => {
      if (!isRecord(item) || typeof item['type'] !== 'string') return refuse(value);
      const { type, params = {} } = item;
      return isRecord(params) ? { type, params } : refuse(value);
    });
  },
});
