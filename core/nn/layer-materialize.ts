// What a layer's first input does: it is checked, blank sizes are found, tensors materialize and get their first values.
import { LazuliError } from '../errors';
import type { LayerProblem } from '../layers/declaration';
import { formatShape, shapesEqual, type Shape } from '../tensor/shape';
import type { LayerModule } from './layer-module';
import { knownShape } from './layer-tensors';
import { LABEL } from './registry';
import { isLazy } from './uninitialized';

/** `Linear 'fc1', in_features: expected 100, got 288`. */
function refuse(module: LayerModule, { message, expected, got, hint }: LayerProblem): never {
  const label = module[LABEL];
  const name = module.declaration.torch?.split('.').at(-1) ?? module.declaration.type;
  throw new LazuliError('shape_mismatch', `${name}${label === null ? '' : ` '${label}'`}, ${message}`, {
    ...(label === null ? {} : { where: label }),
    ...(expected === undefined ? {} : { expected }),
    ...(got === undefined ? {} : { got }),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Workbench: what cannot fit is refused before anything changes. */
export function checkInputs(module: LayerModule, shapes: readonly (Shape | null)[]): void {
  const inferred = module.declaration.infer(module.params, shapes);
  const [problem] = 'problems' in inferred ? inferred.problems : [];
  if (problem) refuse(module, problem);
}

/** Sizes from the inputs' shapes, then memory, then values in draw order. */
export function materializeFrom(module: LayerModule, given: readonly (Shape | null)[]): void {
  const { declaration, params, options } = module;
  const shapes = given.filter((shape) => shape !== null);
  const sizes = declaration.inferSizes?.(params, given) ?? {};
  const specs = declaration.tensors?.({ ...params, ...sizes }) ?? [];
  const waiting = specs.map((spec) => ({
    spec,
    shape: knownShape(spec.shape),
    tensor: module.tensor(spec.name),
  }));
  for (const { spec, shape, tensor } of waiting) {
    if (tensor === null || spec.waitsFor !== null || shape === null)
      return refuse(module, {
        where: spec.name,
        message: `${spec.name}: ${spec.waitsFor ?? 'its size'} does not follow from ${shapes.map(formatShape).join(', ')}`,
      });
    if (isLazy(tensor)) continue;
    if (!shapesEqual(tensor.shape, shape))
      return refuse(module, {
        where: spec.name,
        message: `${spec.name}: expected ${formatShape(shape)}, got ${formatShape(tensor.shape)} from the loaded weights`,
        expected: formatShape(shape),
        got: formatShape(tensor.shape),
      });
  }
  const fresh = waiting.filter(({ tensor }) => isLazy(tensor));
  module.setSizes(
    sizes,
    (param, size) =>
      options.explain?.(param, size, shapes) ?? `from the input ${shapes.map(formatShape).join(', ')}`,
  );
  for (const { tensor, shape } of fresh) if (isLazy(tensor)) tensor.materialize(shape ?? []);
  // As PyTorch, which skips the reset when the inferred size is 0.
  if (Object.values(sizes).every((size) => (typeof size === 'number' ? size > 0 : !size.includes(0))))
    module.initializeTensors(fresh.map(({ spec }) => spec));
}
