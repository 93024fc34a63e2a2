// The generator of elementwise layers: one formula makes a whole declaration. The activations are in activation*.ts.
import type { Tensor } from '../tensor/tensor';
import {
  defineLayer,
  type LayerDeclaration,
  type LayerProblem,
  type ParamTable,
  type ParamsOf,
} from './declaration';
import { inputOf } from './pieces';
import { outputs, product } from './shapes';

export interface Activation<P extends ParamTable> {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords?: readonly string[];
  readonly params: P;
  /** Options PyTorch has no default for, as the examples give them. */
  readonly required?: Readonly<Record<string, unknown>>;
  /** Options that make a second example, where there are any. */
  readonly variant?: Readonly<Record<string, unknown>>;
  readonly check?: (params: ParamsOf<P>) => readonly LayerProblem[];
  readonly formula: (x: Tensor, params: ParamsOf<P>) => Tensor;
}

/** An elementwise layer: `[*]` → `[*]`. */
export function activation<P extends ParamTable>(spec: Activation<P>): LayerDeclaration {
  const { type, torch, summary, keywords, params, required = {}, variant, check, formula } = spec;
  return defineLayer({
    type,
    torch,
    category: 'activation',
    summary,
    ...(keywords === undefined ? {} : { keywords }),
    params,
    ...(check === undefined ? {} : { check }),
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer: (_params, [input = null]) => outputs(input),
    lower: (call) => [formula(inputOf(call), call.params)],
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      { title: 'a batch', params: required, inputs: [[3, 4, 5]], outputs: [[3, 4, 5]] },
      { title: 'a scalar', params: required, inputs: [[]], outputs: [[]] },
      ...(variant === undefined
        ? []
        : [{ title: 'other options', params: variant, inputs: [[6, 7]], outputs: [[6, 7]] }]),
    ],
  });
}
