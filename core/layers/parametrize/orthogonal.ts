// Orthogonal weights: a matrix (or a batch of them) whose columns, or rows where there are fewer, are orthonormal whatever is
// learned. Source: torch.nn.utils.parametrizations.orthogonal, arXiv:1909.09501.
import * as ops from '../../ops';
import type { PartialShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { cayley, householderProduct, matrixExp, skew } from './orthogonal-maps';
import type { OrthogonalMap, Scheme } from './scheme';

const ORIGINAL = 'original';
/** The orthogonal matrix that training starts from and moves away from. */
const BASE = '0.base';

/** The map that PyTorch takes where none is chosen. */
export const mapFor = (
  chosen: OrthogonalMap | null,
  [rows, columns]: readonly [number, number],
): OrthogonalMap => chosen ?? (rows === columns ? 'matrix_exp' : 'householder');

/** The last two sizes. */
export const matrixSizes = (shape: readonly number[]): readonly [rows: number, columns: number] => [
  shape.at(-2) ?? 1,
  shape.at(-1) ?? 1,
];

/**
 * The orthogonal matrix that `x` stands for; `base` is `[.., m, m]` with m the larger of the two sizes. `isTruncated`: Householder's signs
 * as PyTorch takes them, see householderProduct.
 */
export function orthogonalOf(
  x: Tensor,
  chosen: OrthogonalMap | null,
  base: Tensor | null,
  { isTruncated }: { readonly isTruncated: boolean },
): Tensor {
  const sizes = matrixSizes(x.shape);
  const map = mapFor(chosen, sizes);
  const isWide = sizes[0] < sizes[1];
  const tall = isWide ? ops.transpose(x, -2, -1) : x;
  const columns = Math.min(...sizes);
  const square = map === 'householder' ? null : (map === 'cayley' ? cayley : matrixExp)(skew(tall));
  const thin =
    square === null ? householderProduct(tall, isTruncated) : ops.slice(square, -1, { end: columns });
  const placed = base ? ops.matmul(base, thin) : thin;
  return isWide ? ops.transpose(placed, -2, -1) : placed;
}

const baseShape = (shape: PartialShape): PartialShape => {
  const [rows = null, columns = null] = shape.slice(-2);
  const size = rows === null || columns === null ? null : Math.max(rows, columns);
  return [...shape.slice(0, -2), size, size];
};

export const orthogonal: Scheme<'orthogonal'> = {
  className: '_Orthogonal',
  main: ORIGINAL,
  fits: (_choice, { length }) => length >= 2,
  parts({ orthogonal_map, use_trivialization }, { shape, initializer }, names) {
    const original = { name: ORIGINAL, kind: 'parameter', shape } as const;
    if (!use_trivialization)
      return [{ ...original, initializer: { kind: 'reflectors', start: initializer, map: orthogonal_map } }];
    return [
      { ...original, initializer },
      {
        name: BASE,
        kind: 'buffer',
        shape: baseShape(shape),
        initializer: { kind: 'orthogonal_base', of: names(ORIGINAL) },
      },
    ];
  },
  compose: ({ orthogonal_map, use_trivialization }, part) =>
    orthogonalOf(part(ORIGINAL), orthogonal_map, use_trivialization ? part(BASE) : null, {
      isTruncated: false,
    }),
  oldNames: {},
};
