// What a training step does besides computing: taking its batch, moving parameters, keeping count. All but `takeRows`
// change tensors in place, so what they change is never copied: it must be dense.
import { LazuliError } from '../../errors';
import type { DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { fromArray, zeros } from '../create';
import { apply, noGrad } from '../dispatch';
import type { OpAttributes } from '../signatures';
import { contiguous, first } from './dense';
import { cast, sub } from './elementwise';

function inPlace(what: string, x: Tensor): Tensor {
  if (!x.isContiguous())
    throw new LazuliError('not_supported', `${what} is changed in place and must be dense`, {
      hint: 'call contiguous',
    });
  return x;
}
const optional = (what: string, x: Tensor | null | undefined): Tensor | null => (x ? inPlace(what, x) : null);

/** Rows index[cursor .. cursor + batch) of `data` `[rows, ..]`, converted to `dtype`. */
export const takeRows = (
  data: Tensor,
  index: Tensor,
  cursor: Tensor,
  { batch, dtype = data.dtype }: { readonly batch: number; readonly dtype?: DType },
): Tensor =>
  first(apply('take_rows', [contiguous(data), contiguous(index), contiguous(cursor)], { batch, dtype }));

/** Adds amounts[i] to element i of an int64 counter. */
export function advance(counter: Tensor, amounts: readonly number[]): void {
  apply('advance', [inPlace('the counter', counter)], { amounts });
}

/** target += rate · (latest - target), in place and without a gradient: how running statistics move. */
export function moveTowards(target: Tensor, latest: Tensor, rate: number): void {
  noGrad(() => {
    // A step of plain gradient descent is this very movement, and an op that works in place.
    sgdStep(
      {
        parameter: target,
        gradient: sub(target, latest),
        step: zeros([], 'float32', target.device),
        lr: fromArray(rate, 'float64', target.device),
      },
      { momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, maximize: false },
    );
  });
}

/** target = latest, in place: what a layer remembers of this step for the next. Exact but for the last digit. */
export const assign = (target: Tensor, latest: Tensor): void => {
  moveTowards(target, latest, 1);
};

/** log[position] = value: how a program keeps losses; in a log of rows `[m, w]` the first of row `position`: metrics. */
export function record(value: Tensor, log: Tensor, position: Tensor): void {
  apply('record', [contiguous(value), inPlace('the log', log), contiguous(position)], {});
}

/** What every optimizer step needs: `step` counts in a float32 scalar, `lr` is a scalar, float64 for the kernels. */
export interface StepTensors {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly step: Tensor;
  readonly lr: Tensor;
}

/** One step of torch.optim.SGD. The first one copies the gradient into the momentum buffer. */
export function sgdStep(
  tensors: StepTensors & { readonly momentumBuffer?: Tensor | null },
  options: OpAttributes['sgd_step'],
): void {
  const { parameter, gradient, momentumBuffer, step, lr } = tensors;
  const inputs = [
    inPlace('the parameter', parameter),
    contiguous(gradient),
    optional('momentum_buffer', momentumBuffer),
    step,
    cast(lr, 'float64'),
  ];
  noGrad(() => apply('sgd_step', inputs, options));
}

/** One step of torch.optim.Adam, or of AdamW when `decoupled`; amsgrad when maxExpAvgSq is given. */
export function adamStep(
  tensors: StepTensors & {
    readonly expAvg: Tensor;
    readonly expAvgSq: Tensor;
    readonly maxExpAvgSq?: Tensor | null;
  },
  options: OpAttributes['adam_step'],
): void {
  const { parameter, gradient, expAvg, expAvgSq, maxExpAvgSq, step, lr } = tensors;
  const inputs = [
    inPlace('the parameter', parameter),
    contiguous(gradient),
    inPlace('exp_avg', expAvg),
    inPlace('exp_avg_sq', expAvgSq),
    optional('max_exp_avg_sq', maxExpAvgSq),
    step,
    cast(lr, 'float64'),
  ];
  noGrad(() => apply('adam_step', inputs, options));
}

/** One step of torch.optim.RMSprop; centered when gradAvg is given. */
export function rmspropStep(
  tensors: StepTensors & {
    readonly squareAvg: Tensor;
    readonly gradAvg?: Tensor | null;
    readonly momentumBuffer?: Tensor | null;
  },
  options: OpAttributes['rmsprop_step'],
): void {
  const { parameter, gradient, squareAvg, gradAvg, momentumBuffer, step, lr } = tensors;
  const inputs = [
    inPlace('the parameter', parameter),
    contiguous(gradient),
    inPlace('square_avg', squareAvg),
    optional('grad_avg', gradAvg),
    optional('momentum_buffer', momentumBuffer),
    step,
    cast(lr, 'float64'),
  ];
  noGrad(() => apply('rmsprop_step', inputs, options));
}
