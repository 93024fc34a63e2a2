// Every layer with blank sizes: a first input gives it the same tensors as the sizes written out, drawn bit for bit as
// torch.manual_seed(0) and PyTorch's constructor draw them, and the same outputs afterwards.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import type { LayerDeclaration } from '#core/layers/declaration';
import { createLayerModule, Generator, isLazy, type LayerModule } from '#core/nn/index';
import * as ops from '#core/ops/index';
import { readLayerGolden } from './agreement';
import { CASES, inputsOf, randomState } from './calls';
import { LAZY_CASES } from './coverage';
import { useNativeBackend } from './native';

useNativeBackend();

const GOLDEN = readLayerGolden();
const inferredParams = ({ params }: LayerDeclaration): string[] =>
  Object.keys(params).filter((name) => params[name]?.isInferred === true);
const CASES_WITH_TENSORS = CASES.filter(
  ({ layer, params }) => layer.torch !== null && (layer.tensors?.(params) ?? []).length > 0,
);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function seeded(layer: LayerDeclaration, params: Readonly<Record<string, unknown>>) {
  const module = createLayerModule(layer, params, { generator: new Generator(0n), name: 'node' });
  module.random = randomState();
  return module;
}

/** Frees what modules hold: parameters outlive every scope. */
function dispose(...modules: readonly LayerModule[]): void {
  for (const module of modules)
    for (const { name } of module.tensorSpecs()) {
      const tensor = module.tensor(name);
      if (tensor && !isLazy(tensor)) tensor.storage.dispose();
    }
}

describe('layers with every size written out', () => {
  it.each(CASES_WITH_TENSORS.map((given) => [given.name, given] as const))(
    '%s starts with the weights of torch.manual_seed(0)',
    (_name, { layer, params, name }) => {
      ops.scope(() => {
        const module = seeded(layer, params);
        const hashes = Object.fromEntries(
          (layer.tensors?.(params) ?? []).map((spec) => [
            spec.name,
            sha256(module.tensor(spec.name)?.bytes() ?? new Uint8Array()),
          ]),
        );
        dispose(module);
        expect(hashes).toEqual(GOLDEN[name]?.initial);
      });
    },
  );
});

describe('layers with blank sizes', () => {
  it.each(LAZY_CASES.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    const { layer, params } = given;
    ops.scope(() => {
      const blanks = Object.fromEntries(inferredParams(layer).map((param) => [param, null]));
      const module = seeded(layer, { ...params, ...blanks });
      // The blank form of normalized_shape is the last axis, of num_parameters one per channel.
      const found = layer.inferSizes?.({ ...params, ...blanks }, given.example.inputs) ?? {};
      const whole = { ...params, ...found };
      const specs = layer.tensors?.(whole) ?? [];
      expect(
        specs.some((spec) =>
          layer
            .tensors?.({ ...params, ...blanks })
            .some((other) => other.name === spec.name && other.waitsFor !== null),
        ),
      ).toBe(true);
      const inputs = inputsOf(given, 'float32');
      const outputs = module.run(inputs);
      expect(outputs.map(({ shape }) => shape)).toEqual(given.example.outputs);
      const eager = seeded(layer, whole);
      const expected = eager.run(inputs);
      expect(outputs.map(ops.toNumbers)).toEqual(expected.map(ops.toNumbers));
      for (const spec of specs) {
        const [own, other] = [module.tensor(spec.name), eager.tensor(spec.name)];
        expect(own?.shape).toEqual(other?.shape);
        expect(own?.bytes()).toEqual(other?.bytes());
      }
      dispose(module, eager);
    });
  });
});
