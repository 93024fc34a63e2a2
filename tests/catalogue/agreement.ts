// How near our numbers must be to PyTorch's float64 numbers, and the reading of the golden files that hold them.
import type { DType } from '#core/tensor/dtype';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import * as ops from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';

/** Relative to the largest number of the array: 1e-10 in float64, 2e-6 in float32. */
export const TOLERANCE = { float64: 1e-10, float32: 2e-6 } as const;
/**
 * In float32, times the tolerance. PyTorch 2.13's own float32 is up to 1.4e-5 from its float64 on these very examples: a
 * transformer's layer norms divide by the deviation of few numbers, several in a row, and rounding grows on the way.
 */
export const slackOf = (name: string, dtype: FloatType): number =>
  dtype === 'float32' && /^transformer[_:]/.test(name) ? 5 : 1;

export type FloatType = keyof typeof TOLERANCE;

/** The numbers of a golden array: base64 of little-endian float64. */
export function decode(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: bytes.byteLength / 8 }, (_, index) => bytes.readDoubleLE(index * 8));
}

/** Throws, naming the element and both numbers, unless `actual` agrees with the golden numbers. */
export function expectAgreement(
  what: string,
  actual: Tensor | null,
  golden: string,
  dtype: FloatType,
  slack = 1,
): void {
  const expected = decode(golden);
  if (!actual) {
    // A tensor the outputs do not depend on: PyTorch's zeros.
    if (expected.every((value) => value === 0)) return;
    throw new Error(`${what}: no gradient, PyTorch has ${expected.slice(0, 5).join(', ')} ...`);
  }
  const numbers = ops.toNumbers(actual);
  if (numbers.length !== expected.length)
    throw new Error(`${what}: ${numbers.length} numbers, PyTorch has ${expected.length}`);
  const scale = Math.max(...expected.map(Math.abs), 1e-30);
  for (const [index, value] of expected.entries()) {
    const own = numbers[index] ?? NaN;
    if (!(Math.abs(own - value) <= slack * TOLERANCE[dtype] * scale))
      throw new Error(`${what}[${index}]: ${own}, PyTorch has ${value} (${dtype}, largest ${scale})`);
  }
}

export interface GoldenRun {
  readonly outputs: readonly {
    readonly shape: readonly number[];
    readonly data: string;
    /** Places or class numbers. */
    readonly integer?: true;
    readonly dtype?: DType;
  }[];
  readonly grad_inputs: readonly (string | null)[];
  readonly grad_weights?: Readonly<Record<string, string>>;
  readonly buffers?: Readonly<Record<string, string>>;
}
export interface GoldenAnswer {
  readonly fingerprint: string;
  readonly training?: GoldenRun;
  /** Absent where it equals training. */
  readonly evaluation?: GoldenRun;
  /** SHA-256 of the float32 weights after torch.manual_seed(0). */
  readonly initial?: Readonly<Record<string, string>>;
}
export interface GoldenTrajectory {
  readonly fingerprint: string;
  /** By the number of steps taken. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
}

/** The answers about layers, by case. */
export const readLayerGolden = (): Readonly<Record<string, GoldenAnswer>> => ({
  ...readGolden<GoldenAnswer>('catalogue-layers.json'),
  ...readGolden<GoldenAnswer>('catalogue-sequences.json'),
});

/** The answers of a file of tests/golden, by case. */
export function readGolden<T>(file: string): Readonly<Record<string, T>> {
  const path = resolve(import.meta.dirname, '..', 'golden', file);
  const parsed = JSON.parse(readFileSync(path, 'utf8')) as { readonly answers: Readonly<Record<string, T>> };
  return parsed.answers;
}
