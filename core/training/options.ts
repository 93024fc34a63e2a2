// Options of a run that are no optimizer's: gradient clipping and early stopping, as tables like those of layers.
import { LazuliError } from '../errors';
import { boolean, integer, number, optionalNumber, type ParamSpec } from '../layers/params';

/** The power as text, `inf` for the largest, since JSON has no such number. Also takes numbers. */
const normType: ParamSpec<string> = {
  widget: 'number',
  help: 'Power of the norm: 2 is the usual length, 1 the sum of sizes, inf the largest.',
  initial: '2',
  torchDefault: '2',
  parse(value) {
    const power =
      value === 'inf' ? Infinity : typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
    if (['string', 'number'].includes(typeof value) && power > 0)
      return power === Infinity ? 'inf' : String(power);
    const got = JSON.stringify(value) ?? 'nothing';
    const expected = 'a number above 0, or inf';
    throw new LazuliError('parameter_invalid', `expected ${expected}, got ${got}`, { expected, got });
  },
};

/** Keywords of torch.nn.utils.clip_grad_norm_ and clip_grad_value_; the norm is cut first. */
export const CLIPPING = {
  type: 'clipping',
  summary:
    'Cuts gradients before a step: `clipping` of a run, keywords of `torch.nn.utils.clip_grad_norm_` and `clip_grad_value_`.',
  params: {
    max_norm: optionalNumber({
      min: 0,
      help: 'Largest norm of all gradients together; blank leaves it.',
      initial: null,
      torchDefault: null,
    }),
    norm_type: normType,
    error_if_nonfinite: boolean({
      help: 'Stops the run when the norm is infinite or no number.',
      initial: false,
      torchDefault: false,
    }),
    clip_value: optionalNumber({
      min: 0,
      help: 'Largest size of each gradient’s elements; blank leaves them.',
      initial: null,
      torchDefault: null,
    }),
  },
} as const;

/** When a run ends before its last epoch. */
export const EARLY_STOPPING = {
  type: 'early_stopping',
  summary: 'Ends a run when no epoch was better for long: `earlyStopping` of a run, judged by its `monitor`.',
  params: {
    patience: integer({ min: 0, help: 'Epochs without progress that are waited for.', initial: 10 }),
    min_delta: number({ min: 0, help: 'Smallest change that counts as progress.', initial: 0 }),
    restore_best: boolean({ help: 'Ends with the weights of the best epoch.', initial: true }),
  },
} as const;

export const RUN_OPTIONS = [CLIPPING, EARLY_STOPPING] as const;
