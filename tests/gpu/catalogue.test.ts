// Every example of every layer, forward and backward as a program on the GPU, against the CPU: outputs, gradients and moved
// buffers within 1e-5 of the tensor's largest number.
import { describe, expect, it } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram } from '#core/program/index';
import { openCpuBackend, type CpuProgram } from '#native';

import { slackOf } from '../catalogue/agreement';
import { CASES, inputsOf, lower, weightsOf, type Case } from '../catalogue/calls';
import { useNativeBackend } from '../catalogue/native';
import { floats } from '../catalogue/values';
import { placed, useGpuBackend, type Place } from './placed';

useNativeBackend();

const gpu = useGpuBackend();
const cpu = openCpuBackend();

/** Outputs, gradients and buffers after one training step, as numbers by name. */
async function numbersOf(given: Case, place: Place): Promise<Map<string, readonly number[]>> {
  const inputs = inputsOf(given, 'float32').map((tensor) => placed(tensor, place));
  const tensors = Object.fromEntries(
    Object.entries(weightsOf(given, 'float32')).map(([name, tensor]) => [name, placed(tensor, place)]),
  );
  const random = placed(ops.fromArray([3, 0], 'int64'), place);
  const specs = given.layer.tensors?.(given.params) ?? [];
  const leaves = [
    ...inputs
      .filter(({ dtype }) => dtype === 'float32')
      .map((tensor, at) => [`input ${at}`, tensor] as const),
    ...specs.flatMap(({ kind, name }) => {
      const tensor = tensors[name];
      return kind === 'parameter' && tensor ? [[name, tensor] as const] : [];
    }),
  ];
  for (const [, tensor] of leaves) tensor.requiresGrad = true;
  const names: string[] = [];
  const compiled = compileProgram(
    () => {
      let stream = 0;
      const state = { state: random, nextStream: () => stream++ };
      const outputs = lower(given, inputs, tensors, { isTraining: true, random: state });
      names.splice(0, names.length, ...outputs.map((_, port) => `output ${port}`));
      const gradients = outputs.flatMap((output, port) => {
        if (!output.requiresGrad || leaves.length === 0) return [];
        const values = floats(`${given.name}/gradient${port}`, output.numel());
        const gradient = ops.fromArray(values, 'float32', place, output.shape);
        const found = ops.gradients(
          output,
          leaves.map(([, tensor]) => tensor),
          { gradient, allowUnused: true, retainGraph: true },
        );
        return found.flatMap((each, at) => {
          if (!each) return [];
          names.push(`gradient of ${leaves[at]?.[0] ?? ''} through ${port}`);
          return [each];
        });
      });
      return [...outputs, ...gradients];
    },
    { device: place },
  );
  let program: CpuProgram | null = null;
  try {
    program = (place === 'cpu' ? cpu : gpu).createProgram(compiled.spec);
    await program.run(1);
    const results = new Map(compiled.outputs.map((tensor, at) => [names[at] ?? '', ops.toNumbers(tensor)]));
    for (const [name, tensor] of Object.entries(tensors)) results.set(name, ops.toNumbers(tensor));
    return results;
  } finally {
    program?.dispose();
    compiled.dispose();
    for (const { storage } of [...inputs, ...Object.values(tensors), random]) storage.dispose();
  }
}

describe('each example gives on the GPU what it gives on the CPU', () => {
  const cases = CASES.filter(({ example }) => example.outputs.length > 0);
  it.each(cases.map((given) => [given.name, given] as const))('%s', async (name, given) => {
    const expected = await numbersOf(given, 'cpu');
    const got = await numbersOf(given, 'gpu');
    expect([...got.keys()]).toEqual([...expected.keys()]);
    for (const [what, values] of expected) {
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
      const allowed = 1e-5 * slackOf(name, 'float32') * scale;
      const own = got.get(what) ?? [];
      const wrong = values.findIndex((value, at) => {
        const actual = own[at] ?? Number.NaN;
        return !Object.is(actual, value) && !(Math.abs(actual - value) <= allowed);
      });
      expect(wrong < 0 ? '' : `${what}[${wrong}] is ${own[wrong]}, on the CPU ${values[wrong]}`).toBe('');
    }
  });
});
