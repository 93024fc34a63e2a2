// Every example's gradients against central differences in float64: inputs and weights of layers, outputs of losses.
import { describe, expect, it } from 'vitest';

import * as ops from '#core/ops/index';
import { checkGradients } from '../support/gradient-check';
import type { Tensor } from '#core/tensor/tensor';
import { CASES, inputsOf, lower, randomState, weightsOf, type Case } from './calls';
import { NOT_A_DERIVATIVE } from './coverage';
import { hasTargetGradient, LOSS_CASES } from './requests';
import { lossValues, tensorOf } from './values';
import { useNativeBackend } from './native';

useNativeBackend();

/** Both modes where the mode matters. */
const modesOf = ({ layer, params }: Case): readonly boolean[] =>
  layer.isRandom === true || layer.tensors?.(params).some(({ kind }) => kind === 'buffer') === true
    ? [true, false]
    : [true];

function checkLayer(given: Case, isTraining: boolean): void {
  const inputs = inputsOf(given, 'float64');
  const tensors = weightsOf(given, 'float64');
  const names = (given.layer.tensors?.(given.params) ?? []).flatMap(({ kind, name }) =>
    kind === 'parameter' ? [name] : [],
  );
  const body = (...moved: readonly Tensor[]): Tensor => {
    const weights = Object.fromEntries(names.map((name, at) => [name, moved[inputs.length + at]]));
    const options = { isTraining, random: randomState() };
    const call = { ...tensors, ...(weights as Record<string, Tensor>) };
    const outputs = lower(given, moved.slice(0, inputs.length), call, options).filter(
      ({ dtype }) => dtype === 'float64',
    );
    return outputs.length === 1 && outputs[0]
      ? outputs[0]
      : ops.concatenate(outputs.map((output) => ops.reshape(output, [-1])));
  };
  // Whole numbers and truths do not vary smoothly.
  const results = lower(given, inputs, tensors, { isTraining, random: randomState() });
  if (results.every(({ dtype }) => dtype !== 'float64')) {
    expect(results.some(({ requiresGrad }) => requiresGrad)).toBe(false);
    return;
  }
  checkGradients(body, [...inputs, ...names.flatMap((name) => tensors[name] ?? [])], { most: 6 });
}

describe('gradients against central differences', () => {
  const cases = CASES.filter(
    ({ example, name }) => example.outputs.length > 0 && !NOT_A_DERIVATIVE.includes(name),
  );
  it.each(cases.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    for (const isTraining of modesOf(given)) ops.scope(() => checkLayer(given, isTraining));
  });

  it.each(CASES.filter(({ layer }) => layer.type === 'ctc').map((given) => [given.name, given] as const))(
    '%s, after log_softmax',
    (_name, given) => {
      ops.scope(() => {
        const [scores, ...rest] = inputsOf(given, 'float64');
        if (!scores) throw new Error('no scores');
        const body = (moved: Tensor): Tensor => {
          const [loss] = lower(
            given,
            [ops.logSoftmax(moved, 2), ...rest],
            {},
            { isTraining: true, random: null },
          );
          return loss ?? moved;
        };
        checkGradients(body, [scores], { most: 30 });
      });
    },
  );

  it('a ctc loss that is infinite has NaN for a gradient while its sequence lasts, as in PyTorch', () => {
    const given = CASES.find(({ layer }) => layer.type === 'ctc');
    if (!given) throw new Error('no ctc');
    ops.scope(() => {
      const scores = tensorOf('ctc/infinite', [4, 2, 3], 'float64');
      scores.requiresGrad = true;
      // The first sequence needs four steps for 1, 1, 2.
      const labels = [
        [1, 1, 2],
        [1, 2, 0],
      ];
      const rest = [labels, [3, 3], [3, 2]].map((values) => ops.fromArray(values, 'int64'));
      const [loss] = lower(
        given,
        [ops.logSoftmax(scores, 2), ...rest],
        {},
        { isTraining: true, random: null },
      );
      if (!loss) throw new Error('no loss');
      expect(ops.item(loss)).toBe(Infinity);
      const [gradient] = ops.gradients(loss, [scores]);
      if (!gradient) throw new Error('no gradient');
      const isNumber = ops.toNumbers(gradient).map((value) => !Number.isNaN(value));
      const [lost, kept] = [[false, false, false], [true, true, true]]; // prettier-ignore
      expect(isNumber).toEqual([...lost, ...kept, ...lost, ...kept, ...lost, ...kept, ...kept, ...kept]);
    });
  });

  it.each(LOSS_CASES.map((given) => [given.name, given] as const))('loss %s', (_name, given) => {
    const { loss, example, name, params } = given;
    ops.scope(() => {
      const input = lossValues(`${name}/input`, example.input, 'float64', example.inputValues);
      const classes = example.input[example.input.length === 1 ? 0 : 1] ?? 1;
      const target =
        example.targetKind === 'class'
          ? tensorOf(`${name}/target`, example.target, 'int64', classes)
          : lossValues(`${name}/target`, example.target, 'float64', example.targetValues);
      const targets = hasTargetGradient(loss, example) ? [target] : [];
      checkGradients(
        (moved = input, wanted = target) => loss.lower({ params, input: moved, target: wanted }),
        [input, ...targets],
      );
      expect(loss.targets).toContain(example.targetKind);
    });
  });
});
