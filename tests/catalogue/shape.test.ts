// Every example of every layer: what is inferred, what the ops give on meta tensors and what the example says agree.
import { describe, expect, it } from 'vitest';

import { outputPorts, type EdgeShape } from '#core/layers/declaration';
import { isCompatible } from '#core/layers/shapes';
import { CASES, inputDType, knownShape, lower, metaOf, metaRandomState, type Case } from './calls';
import { asksForBatch } from './coverage';

function inferred({ layer, params }: Case, inputs: readonly EdgeShape[]): readonly EdgeShape[] {
  const result = layer.infer(params, inputs);
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('; '));
  return result.outputs;
}

/** The inputs with each size, and each whole shape, hidden in turn. */
function* partlyHidden(inputs: readonly (readonly number[])[]): Generator<EdgeShape[]> {
  yield inputs.map(() => null);
  yield inputs.map((shape) => shape.map(() => null));
  for (const [port, shape] of inputs.entries()) {
    yield inputs.with(port, []).map((other, index) => (index === port ? null : other));
    for (const axis of shape.keys())
      yield inputs.map((other, index) =>
        index === port ? other.map((size, at) => (at === axis ? null : size)) : other,
      );
  }
}

describe('shapes of the layer examples', () => {
  it.each(CASES.map((given) => [given.name, given] as const))(
    '%s: inference gives the outputs',
    (_name, given) => {
      const { layer, example } = given;
      const inputs = layer.type === 'input' ? [] : example.inputs;
      const outputs = inferred(given, inputs);
      expect(outputs.length).toBe(outputPorts(layer, given.params).length);
      if (layer.type === 'input')
        expect(isCompatible(outputs[0] ?? null, example.outputs[0] ?? [])).toBe(true);
      else expect(outputs).toEqual(example.outputs);
    },
  );

  it.each(CASES.map((given) => [given.name, given] as const))(
    '%s: the ops on meta tensors agree',
    (_name, given) => {
      const { layer, example, params } = given;
      for (const isTraining of [true, false]) {
        const inputs = example.inputs.map((shape, port) => metaOf(shape, inputDType(given, 'float32', port)));
        const tensors = Object.fromEntries(
          (layer.tensors?.(params) ?? []).map((spec) => [
            spec.name,
            metaOf(knownShape(spec), spec.dtype ?? 'float32'),
          ]),
        );
        const outputs = lower(given, inputs, tensors, { isTraining, random: metaRandomState() });
        expect(outputs.slice(0, example.outputs.length).map(({ shape }) => shape)).toEqual(example.outputs);
      }
    },
  );

  it.each(CASES.map((given) => [given.name, given] as const))(
    '%s: hidden sizes never contradict the whole',
    (_name, given) => {
      if (given.layer.type === 'input') return;
      for (const inputs of partlyHidden(given.example.inputs)) {
        const outputs = inferred(given, inputs);
        outputs.forEach((shape, port) =>
          expect(isCompatible(shape, given.example.outputs[port] ?? [])).toBe(true),
        );
      }
    },
  );

  const named = CASES.filter(({ layer, example }) => !asksForBatch(layer.type, example.title));
  it.each(named.map((given) => [given.name, given] as const))(
    '%s: blank sizes are found in the inputs',
    (_name, given) => {
      const { layer, example, params } = given;
      const blanks = Object.keys(layer.params).filter((name) => layer.params[name]?.isInferred === true);
      if (layer.type === 'input' || blanks.length === 0) return;
      const blank = { ...params, ...Object.fromEntries(blanks.map((name) => [name, null])) };
      const found = layer.inferSizes?.(blank, example.inputs) ?? {};
      const whole = { ...blank, ...found };
      expect(layer.infer(blank, example.inputs)).toEqual({ outputs: example.outputs });
      expect(layer.infer(whole, example.inputs)).toEqual({ outputs: example.outputs });
      expect(Object.keys(found).sort()).toEqual([...blanks].sort());
      for (const spec of layer.tensors?.(blank) ?? [])
        expect(spec.waitsFor === null ? spec.shape.includes(null) : blanks.includes(spec.waitsFor)).toBe(
          spec.waitsFor !== null,
        );
      for (const spec of layer.tensors?.(whole) ?? []) expect(spec.waitsFor).toBeNull();
      expect(
        layer.inferSizes?.(
          blank,
          example.inputs.map(() => null),
        ) ?? {},
      ).toEqual({});
    },
  );

  it('a wrong size is refused where it stands, with both numbers', () => {
    for (const given of CASES) {
      const { layer, example, params } = given;
      for (const name of Object.keys(layer.params)) {
        if (layer.params[name]?.widget !== 'size' || typeof params[name] !== 'number') continue;
        const wrong = { ...params, [name]: 997 };
        const result = layer.infer(wrong, example.inputs);
        if (!('problems' in result)) throw new Error(`${given.name}: ${name} = 997 was accepted`);
        expect(result.problems[0]).toMatchObject({ where: name, expected: '997', got: String(params[name]) });
        expect(result.problems[0]?.message).toContain(`${name}: expected 997, got`);
      }
    }
  });
});
