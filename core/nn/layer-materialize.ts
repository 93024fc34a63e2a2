// What a layer's first input does: it is checked, blank sizes are found, tensors materialize and get their first values.
import { LazuliError, TorchError } from '../errors';
import type { LayerProblem, TensorSpec } from '../layers/declaration';
import { formatShape, shapesEqual, type Shape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import type { LayerModule } from './layer-module';
import { knownShape } from './layer-tensors';
import { LABEL } from './registry';
import { rulesOf } from './torch-rules';
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

/** A declared tensor with its shape once the sizes are known. */
interface Waiting {
  readonly spec: TensorSpec;
  readonly shape: Shape;
  readonly tensor: Tensor;
}

/** Sizes from the inputs' shapes, then memory, then values in draw order. `isTorch` does what PyTorch does where it hurts. */
export function materializeFrom(
  module: LayerModule,
  given: readonly (Shape | null)[],
  isTorch: boolean,
): void {
  const { declaration, params, options } = module;
  const shapes = given.filter((shape) => shape !== null);
  const torchSizes = isTorch ? rulesOf(declaration)?.inferSizes?.(shapes) : undefined;
  const sizes = torchSizes ?? declaration.inferSizes?.(params, given) ?? {};
  const specs = declaration.tensors?.({ ...params, ...sizes }) ?? [];
  const waiting = specs.map((spec): Waiting => {
    const [shape, tensor] = [knownShape(spec.shape), module.tensor(spec.name)];
    if (tensor !== null && spec.waitsFor === null && shape !== null) return { spec, shape, tensor };
    return refuse(module, {
      where: spec.name,
      message: `${spec.name}: ${spec.waitsFor ?? 'its size'} does not follow from ${shapes.map(formatShape).join(', ')}`,
    });
  });
  const setSizes = (): void =>
    module.setSizes(
      sizes,
      (param, size) =>
        options.explain?.(param, size, shapes) ?? `from the input ${shapes.map(formatShape).join(', ')}`,
    );
  const fresh = waiting.filter(({ tensor }) => isLazy(tensor)).map(({ spec }) => spec);
  if (isTorch) {
    setSizes();
    materializeAsTorch(waiting, rulesOf(declaration)?.assertsKind === true);
  } else {
    for (const each of waiting) if (!isLazy(each.tensor)) checkLoaded(module, each);
    setSizes();
    for (const { tensor, shape } of waiting) if (isLazy(tensor)) tensor.materialize(shape);
  }
  // PyTorch skips the reset when the inferred size is 0.
  if (Object.values(sizes).every((size) => (typeof size === 'number' ? size > 0 : !size.includes(0))))
    module.initializeTensors(isTorch ? specs : fresh);
}

/** Workbench: what a checkpoint brought must be what the input asks for. */
function checkLoaded(module: LayerModule, { spec, shape, tensor }: Waiting): void {
  if (shapesEqual(tensor.shape, shape)) return;
  refuse(module, {
    where: spec.name,
    message: `${spec.name}: expected ${formatShape(shape)}, got ${formatShape(tensor.shape)} from the loaded weights`,
    expected: formatShape(shape),
    got: formatShape(tensor.shape),
  });
}

/**
 * One tensor after the other, until one is met that has its shape: those before it stay materialized, without values. Of norms and
 * convolutions a parameter is looked at first.
 */
function materializeAsTorch(waiting: readonly Waiting[], assertsKind: boolean): void {
  for (const { spec, shape, tensor } of waiting) {
    // The counter of a norm has had its shape from the start.
    if (shape.length === 0) continue;
    if (isLazy(tensor)) tensor.materialize(shape);
    else if (assertsKind && spec.kind === 'parameter')
      throw new TorchError(
        'AssertionError',
        `self.${spec.name} must be an UninitializedParameter`,
        'uninitialized',
      );
    else
      throw new TorchError(
        'AttributeError',
        `'${tensor.constructor.name}' object has no attribute 'materialize'`,
      );
  }
}
