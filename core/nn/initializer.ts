// How a parameter or buffer gets its first values: data, so that it can be shown, chosen and saved.
import type { OrthogonalMap } from '../layers/parametrize/scheme';

/** `fanOf` names the sibling tensor whose fan_in decides a bound (a bias follows its weight). Source: torch.nn.init. */
export type Initializer =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly std: number }
  /** torch.nn.init.kaiming_uniform_(a); layers use a = √5. */
  | { readonly kind: 'kaiming_uniform'; readonly a: number }
  /** uniform(-1/√fan_in, 1/√fan_in) with the fan_in of `fanOf`. */
  | { readonly kind: 'uniform_fan_in'; readonly fanOf: string }
  /** uniform(-1/√n, 1/√n) with n the size of the tensor's axis `axis` (Bilinear's weight: 1), or of `fanOf`'s. */
  | { readonly kind: 'uniform_axis'; readonly axis: number; readonly of: string }
  | { readonly kind: 'xavier_uniform'; readonly gain: number }
  | { readonly kind: 'kaiming_normal'; readonly a: number }
  | { readonly kind: 'xavier_normal'; readonly gain: number }
  | {
      readonly kind: 'trunc_normal';
      readonly mean: number;
      readonly std: number;
      readonly a: number;
      readonly b: number;
    }
  | { readonly kind: 'orthogonal'; readonly gain: number }
  /** zeros, after the draws of a uniform start nobody sees (the bias of an attention's output). */
  | { readonly kind: 'zeros_after_draw' }
  /** The norms of the tensor `of` over every axis but `axis` (null: over all): a weight norm's magnitude. */
  | { readonly kind: 'norm_except'; readonly of: string; readonly axis: number | null }
  /**
   * A normal vector; then it and `other`, which is normal already, follow the largest singular value of `of`, taken as a matrix with a
   * row for each index of `axis`, by power iterations: a spectral norm's start.
   */
  | {
      readonly kind: 'singular_vector';
      readonly of: string;
      readonly other: string;
      readonly axis: number;
      readonly eps: number;
      readonly iterations: number;
    }
  /** `start` (null: the values there are); where the map is Householder's, then the reflectors of its QR decomposition in its place. */
  | { readonly kind: 'reflectors'; readonly start: Initializer | null; readonly map: OrthogonalMap | null }
  /** The tensor `of` made orthogonal and completed to a square; `of` itself becomes minus the identity. */
  | { readonly kind: 'orthogonal_base'; readonly of: string }
  /** The values of the tensor `of`: PyTorch's transformer stacks are copies of one layer. */
  | { readonly kind: 'copy'; readonly of: string }
  /** normal, then row `row` set to zero (Embedding's padding_idx). */
  | { readonly kind: 'normal_zero_row'; readonly row: number | null };

/** A chosen initializer in the place of the declared one; what makes reflectors of a start makes them of the chosen one. */
export const chosenOver = (chosen: Initializer | undefined, declared: Initializer): Initializer =>
  chosen && declared.kind === 'reflectors' ? { ...declared, start: chosen } : (chosen ?? declared);
