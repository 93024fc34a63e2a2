// Maps onto orthogonal matrices, in ops that every backend and the gradients have: matrix exponential, Cayley transform and products
// of Householder reflectors. Batches of matrices `[.., n, n]` throughout.
import * as ops from '../../ops';
import type { Tensor } from '../../tensor/tensor';

/** 0, 1, 2 ... as a row of the dtype and device of `like`. */
const count = (length: number, { dtype, device }: Tensor): Tensor =>
  ops.fromArray(
    Array.from({ length }, (_, index) => index),
    dtype,
    device,
  );

/** Row and column number of every element of the last two axes; they broadcast. */
function places(x: Tensor): readonly [rows: Tensor, columns: Tensor] {
  const [rows = 1, columns = 1] = x.shape.slice(-2);
  return [ops.unsqueeze(count(rows, x), 1), ops.unsqueeze(count(columns, x), 0)];
}

/** The identity of the size of `x`, a square matrix. */
const identity = (x: Tensor): Tensor => ops.eq(...places(x));

const transposed = (x: Tensor): Tensor => ops.transpose(x, -2, -1);

/** Y - Yᵀ, where Y is the lower triangle of `x` `[.., n, k]`, k ≤ n, with zero columns up to n. */
export function skew(x: Tensor): Tensor {
  const [rows = 1, columns = 1] = x.shape.slice(-2);
  const lower = ops.mul(x, ops.ge(...places(x)));
  const square = rows === columns ? lower : ops.pad(lower, [0, rows - columns]);
  return ops.sub(square, transposed(square));
}

/** Taylor terms: with a norm of at most 1/2 the rest is below 1e-19, and 6e-9 in float32. */
const orderFor = ({ dtype }: Tensor): number => (dtype === 'float64' ? 16 : 8);
/** Most squarings: exact up to a norm of 2¹¹, where a rotation has gone round hundreds of times. */
const MOST_SQUARINGS = 12;

/** Sum over the last two axes of each matrix, as `[.., 1, 1]`. */
const total = (x: Tensor): Tensor => ops.sum(x, [x.rank - 2, x.rank - 1], { keepdim: true });

/**
 * exp(A) by scaling and squaring. How often a matrix is squared depends on its norm; the rest of the squarings leave it as it is, so that
 * the ops are the same whatever the values.
 */
export function matrixExp(a: Tensor): Tensor {
  const squarings = ops.noGrad(() => {
    const norm = ops.amax(ops.sum(ops.abs(a), [a.rank - 2], { keepdim: true }), [a.rank - 1], {
      keepdim: true,
    });
    const doublings = ops.ceil(ops.mul(ops.log(ops.maximum(ops.mul(norm, 2), 1)), Math.LOG2E));
    return ops.minimum(doublings, MOST_SQUARINGS);
  });
  const scaled = ops.mul(a, ops.exp(ops.mul(squarings, -Math.LN2)));
  let power = polynomial(scaled);
  for (let time = 0; time < MOST_SQUARINGS; time++)
    power = ops.where(ops.gt(squarings, time), ops.matmul(power, power), power);
  return power;
}

/** Σ Aⁱ / i! up to the order, in blocks of four terms (Paterson and Stockmeyer, 1973). */
function polynomial(a: Tensor): Tensor {
  const second = ops.matmul(a, a);
  const powers = [identity(a), a, second, ops.matmul(a, second)];
  const fourth = ops.matmul(second, second);
  const order = orderFor(a);
  let factor = 1;
  const coefficients = Array.from({ length: order + 1 }, (_, index) => (factor /= Math.max(index, 1)));
  const block = (start: number): Tensor =>
    powers
      .map((power, index) => ops.mul(power, coefficients[start + index] ?? 0))
      .reduce((sum, term) => ops.add(sum, term));
  let sum = ops.add(block(order - 4), ops.mul(fourth, coefficients[order] ?? 0));
  for (let start = order - 8; start >= 0; start -= 4) sum = ops.add(block(start), ops.matmul(fourth, sum));
  return sum;
}

/** Steps with which any matrix of norm up to 2²² is inverted to the last digits. */
const INVERSION_STEPS = 30;
/** Matrices up to this size are inverted as they are, larger ones by halves. */
const WHOLE = 64;

/** The Cayley transform (I + A/2)(I - A/2)⁻¹ of skew-symmetric matrices. */
export function cayley(a: Tensor): Tensor {
  const half = ops.mul(a, 0.5);
  const m = ops.sub(identity(a), half);
  const inverse = ops.noGrad(() => inverseByHalves(m));
  return ops.matmul(withInverseGradient(m, inverse), ops.add(identity(a), half));
}

/**
 * The inverse of matrices whose symmetric part is at least I, as that of I - A/2 is: every block on the diagonal and every Schur
 * complement has such a part too, so elimination by blocks needs no pivots (Golub and Van Loan, Matrix Computations, 4.1.4).
 */
function inverseByHalves(m: Tensor): Tensor {
  const size = m.shape.at(-1) ?? 0;
  if (size <= WHOLE) return inverseByNewton(m);
  const middle = Math.ceil(size / 2);
  const part = (rows: 0 | 1, columns: 0 | 1): Tensor => {
    const [top, left] = [rows, columns].map((at) =>
      at === 0 ? { end: middle } : { start: middle, end: size },
    );
    return ops.slice(ops.slice(m, -2, top), -1, left);
  };
  const first = inverseByHalves(part(0, 0));
  const across = ops.matmul(first, part(0, 1));
  const below = ops.matmul(part(1, 0), first);
  const second = inverseByHalves(ops.sub(part(1, 1), ops.matmul(part(1, 0), across)));
  const corner = ops.matmul(second, below);
  const top = [ops.add(first, ops.matmul(across, corner)), ops.neg(ops.matmul(across, second))];
  const bottom = [ops.neg(corner), second];
  return ops.concatenate([ops.concatenate(top, -1), ops.concatenate(bottom, -1)], -2);
}

/**
 * Newton's iteration X ← X(2I - MX), scaled anew in each step because the range of the singular values is known (Pan and
 * Schreiber, 1991): the squared ones lie between 1 and the sum of all.
 */
function inverseByNewton(m: Tensor): Tensor {
  const most = total(ops.square(m));
  // The singular values of MX stay within 1 ± radius.
  let radius = ops.div(ops.sub(most, 1), ops.add(most, 1));
  let x = ops.mul(transposed(m), ops.div(2, ops.add(most, 1)));
  for (let step = 0; step < INVERSION_STEPS; step++) {
    const square = ops.square(radius);
    x = ops.mul(newton(m, x), ops.div(2, ops.sub(2, square)));
    radius = ops.div(square, ops.sub(2, square));
  }
  return x;
}

/** X(2I - MX). */
const newton = (m: Tensor, x: Tensor): Tensor => ops.sub(ops.mul(x, 2), ops.matmul(x, ops.matmul(m, x)));

/** One more step of Newton's iteration on a finished inverse: its derivative in M is that of the inverse. */
const withInverseGradient = (m: Tensor, inverse: Tensor): Tensor => newton(m, inverse.detach());

/**
 * The first k columns of H₁ H₂ ... H_k with Hⱼ = I - τⱼ vⱼ vⱼᵀ, τⱼ = 2 / ‖vⱼ‖², where vⱼ is 1 at j and `x` `[.., n, k]` below; column j
 * then has the sign of x[j, j], which counts as a constant (`isTruncated`: PyTorch's x[j, j] without its fraction, which is 0 once it has decayed). As I - V T Vᵀ (Schreiber and Van Loan, 1989): T⁻¹ is triangular.
 */
export function householderProduct(x: Tensor, isTruncated: boolean): Tensor {
  const [, columns = 1] = x.shape.slice(-2);
  const [row, column] = places(x);
  const unit = ops.eq(row, column);
  const v = ops.add(ops.mul(x, ops.gt(row, column)), unit);
  const products = ops.matmul(transposed(v), v);
  const [at, to] = places(products);
  const weights = ops.add(ops.lt(at, to), ops.mul(ops.eq(at, to), 0.5));
  const t = triangularInverse(ops.mul(products, weights), columns);
  const top = ops.slice(v, -2, { end: columns });
  const product = ops.sub(unit, ops.matmul(v, ops.matmul(t, transposed(top))));
  const signs = ops.noGrad(() => {
    const diagonal = ops.sum(ops.mul(x, unit), [x.rank - 2], { keepdim: true });
    const sign = ops.sign(diagonal);
    return isTruncated ? ops.mul(sign, ops.floor(ops.abs(diagonal))) : sign;
  });
  return ops.mul(product, signs);
}

/** The inverse of upper triangular matrices, whose diagonal blocks of 1, 2, 4 ... are inverted in turn. */
function triangularInverse(m: Tensor, size: number): Tensor {
  const inverse = ops.noGrad(() => {
    const [row, column] = places(m);
    let x = ops.div(ops.eq(row, column), ops.where(ops.eq(row, column), m, 1));
    for (let block = 1; block < size; block *= 2) {
      const [from, to] = [row, column].map((place) => ops.floor(ops.div(place, 2 * block)));
      const [low, high] = [row, column].map((place) => ops.floor(ops.div(place, block)));
      if (!from || !to || !low || !high) break;
      const beside = ops.mul(m, ops.mul(ops.eq(from, to), ops.ne(low, high)));
      x = ops.sub(x, ops.matmul(x, ops.matmul(beside, x)));
    }
    return x;
  });
  return withInverseGradient(m, inverse);
}
