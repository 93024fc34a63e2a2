// What a way to learn a weight through other tensors says about itself. One object per way; `index` lists them.
import type { Initializer } from '../../nn/initializer';
import type { PartialShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import type { TensorSpec } from '../declaration';

/** How one weight is learned, as data: a way and its numbers. */
export type Parametrization =
  | { readonly kind: 'weight_norm'; readonly dim: number | null }
  | {
      readonly kind: 'spectral_norm';
      /** The axis of the outputs; null: 1 for transposed convolutions, else 0. */
      readonly dim: number | null;
      readonly n_power_iterations: number;
      readonly eps: number;
    }
  | {
      readonly kind: 'orthogonal';
      /** null: matrix_exp for square matrices, else householder. */
      readonly orthogonal_map: OrthogonalMap | null;
      readonly use_trivialization: boolean;
    };

export const ORTHOGONAL_MAPS = ['matrix_exp', 'cayley', 'householder'] as const;
export type OrthogonalMap = (typeof ORTHOGONAL_MAPS)[number];

export type Kind = Parametrization['kind'];
export type Of<K extends Kind> = Extract<Parametrization, { readonly kind: K }>;

/** Parametrizations by parameter name. */
export type Parametrizations = Readonly<Record<string, Parametrization>>;

/** One tensor that stands, with others, for a weight. */
export interface Part {
  /** Its name below `parametrizations.<weight>`: `original`, `0._u`. */
  readonly name: string;
  readonly kind: TensorSpec['kind'];
  readonly shape: PartialShape;
  readonly initializer: Initializer;
}

/** Full state-dict names of a weight's parts, by their name below it. */
export type PartNames = (part: string) => string;

export interface Scheme<K extends Kind = Kind> {
  /** PyTorch's class of the module at `parametrizations.<weight>.0`. */
  readonly className: string;
  /** The part that has the weight's own shape and start; the others follow from it and are filled when it is. */
  readonly main: string;
  /** Whether a tensor of this shape, whose sizes may be blank, can be learned so. */
  fits(choice: Of<K>, shape: PartialShape): boolean;
  /** In state-dict order. */
  parts(choice: Of<K>, weight: TensorSpec, names: PartNames): readonly Part[];
  /** The weight. While training it may move the parts that are buffers. */
  compose(choice: Of<K>, part: (name: string) => Tensor, isTraining: boolean): Tensor;
  /** PyTorch's older names of the parts, put after the weight's: `_g`. */
  readonly oldNames: Readonly<Record<string, string>>;
}
