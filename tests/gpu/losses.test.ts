// Every example of every loss, with the gradient of what it compares, as a program on the GPU against the CPU.
import { describe, expect, it } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram } from '#core/program/index';
import { openCpuBackend } from '#native';

import { LOSS_CASES } from '../catalogue/requests';
import { lossValues, tensorOf } from '../catalogue/values';
import { useNativeBackend } from '../catalogue/native';
import { placed, useGpuBackend, type Place } from './placed';

useNativeBackend();

const gpu = useGpuBackend();
const cpu = openCpuBackend();

async function numbersOf(
  { loss, example, name, params }: (typeof LOSS_CASES)[number],
  place: Place,
): Promise<readonly (readonly number[])[]> {
  const classes = example.input[example.input.length === 1 ? 0 : 1] ?? 1;
  const wanted =
    example.targetKind === 'class'
      ? tensorOf(`${name}/target`, example.target, 'int64', classes)
      : lossValues(`${name}/target`, example.target, 'float32', example.targetValues);
  const input = placed(lossValues(`${name}/input`, example.input, 'float32', example.inputValues), place);
  const target = placed(wanted, place);
  input.requiresGrad = true;
  const compiled = compileProgram(
    () => {
      const value = loss.lower({ params, input, target });
      return [value, ...ops.gradients(ops.sum(value), [input])].flatMap((tensor) => tensor ?? []);
    },
    { device: place },
  );
  const program = (place === 'cpu' ? cpu : gpu).createProgram(compiled.spec);
  try {
    await program.run(1);
    return compiled.outputs.map((tensor) => ops.toNumbers(tensor));
  } finally {
    program.dispose();
    compiled.dispose();
    for (const { storage } of [input, target]) storage.dispose();
  }
}

describe('each example gives on the GPU what it gives on the CPU', () => {
  it.each(LOSS_CASES.map((given) => [given.name, given] as const))('%s', async (_, given) => {
    const expected = await numbersOf(given, 'cpu');
    const got = await numbersOf(given, 'gpu');
    expect(got).toHaveLength(expected.length);
    for (const [at, values] of expected.entries()) {
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
      values.forEach((value, place) =>
        expect(Math.abs((got[at]?.[place] ?? Number.NaN) - value)).toBeLessThanOrEqual(1e-5 * scale),
      );
    }
  });
});
