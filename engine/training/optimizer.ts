// An optimizer with what it remembers per parameter, in native memory: recorded into steps, written to checkpoints.
import type { TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseParams } from '#core/layers/index';
import { nearest } from '#core/layers/suggest';
import { newTensor, type Parameter } from '#core/nn/index';
import { findOptimizer, OPTIMIZERS, type OptimizerDeclaration } from '#core/optimizers/index';
import type { Tensor } from '#core/tensor/tensor';

import { bytesOf } from '../datasets/table';

type State = Readonly<Record<string, Tensor>>;

export class Optimizer {
  readonly declaration: OptimizerDeclaration;
  readonly learningRate: number;
  readonly #params: Readonly<Record<string, unknown>>;
  readonly #rate: Tensor;
  readonly #states = new Map<string, State>();

  /** Throws `parameter_invalid` for an unknown optimizer or option. */
  constructor({ type, params }: TrainingSettings['optimizer'], parameters: ReadonlyMap<string, Parameter>) {
    const declaration = findOptimizer(type);
    if (!declaration) {
      const names = OPTIMIZERS.map((each) => each.type);
      const meant = nearest(type, names);
      throw new LazuliError('parameter_invalid', `there is no optimizer '${type}'`, {
        where: 'optimizer',
        expected: `one of ${names.join(', ')}`,
        got: type,
        ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
      });
    }
    this.declaration = declaration;
    this.#params = parseParams(declaration, params);
    this.learningRate = Number(this.#params['lr']);
    this.#rate = newTensor([], 'float64');
    this.#rate.storage.write(0, bytesOf(Float64Array.of(this.learningRate)));
    for (const [key, parameter] of parameters) {
      const specs = declaration.state(this.#params, parameter.shape);
      const tensors = specs.map(
        ({ name, shape, dtype }) => [name, newTensor(shape, dtype ?? parameter.dtype)] as const,
      );
      this.#states.set(key, Object.fromEntries(tensors));
    }
  }

  /** Records the step of one parameter. */
  step(key: string, param: Parameter, grad: Tensor): void {
    const state = this.#states.get(key) ?? {};
    this.declaration.lower({ params: this.#params, param, grad, state, learningRate: this.#rate });
  }

  /** What is remembered, by parameter key and state name. */
  get states(): ReadonlyMap<string, State> {
    return this.#states;
  }

  dispose(): void {
    this.#rate.storage.dispose();
    for (const state of this.#states.values())
      for (const tensor of Object.values(state)) tensor.storage.dispose();
  }
}
