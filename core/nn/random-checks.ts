// What PyTorch's random fills refuse, in its words. Source: aten/src/ATen/native/DistributionTemplates.h.
import { TorchError } from '../errors';
import type { RandomDType } from './random';

/** C++'s names of the types, and their largest finite numbers. */
const TYPES: Readonly<Record<RandomDType, { readonly name: string; readonly max: number }>> = {
  float64: { name: 'double', max: Number.MAX_VALUE },
  float32: { name: 'float', max: 3.4028234663852886e38 },
  float16: { name: 'c10::Half', max: 65504 },
  bfloat16: { name: 'c10::BFloat16', max: 3.3895313892515355e38 },
};
const SCALARS: Readonly<Record<RandomDType, string>> = {
  float64: 'Double',
  float32: 'Float',
  float16: 'Half',
  bfloat16: 'BFloat16',
};

/** A number as C++ writes it to a stream: six digits. */
export function streamed(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(6)))));
  if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
  const [digits = '', power = ''] = value.toExponential(5).split('e');
  return `${Number(digits)}e${power.replace(/([+-])(\d)$/, '$10$2')}`;
}

const refuse = (message: string): never => {
  throw new TorchError('RuntimeError', message);
};

/** RuntimeError for a range that is empty, or does not fit the dtype. */
export function checkUniformBounds(dtype: RandomDType, from: number, to: number): void {
  const { name, max } = TYPES[dtype];
  for (const [what, bound] of [
    ['from', from],
    ['to', to],
  ] as const)
    if (!(bound >= -max && bound <= max)) refuse(`${what} is out of bounds for ${name}`);
  if (!(from <= to))
    refuse(
      `uniform_ expects to return a [from, to) range, but found from=${streamed(from)} > to=${streamed(to)}`,
    );
  if (!(to - from <= max))
    refuse(
      `uniform_ expects to-from <= std::numeric_limits<${SCALARS[dtype]}>::max(), but found to=${streamed(to)} and from=${streamed(from)} which result in to-from to exceed the limit`,
    );
}

export function checkStd(std: number): void {
  if (!(std >= 0)) refuse(`normal expects std >= 0.0, but found std ${streamed(std)}`);
}
export function checkProbability(probability: number): void {
  if (!(probability >= 0 && probability <= 1))
    refuse(`bernoulli_ expects p to be in [0, 1], but got p=${streamed(probability)}`);
}
export function checkProbabilities(probabilities: Float32Array | Float64Array): void {
  if (!probabilities.every((probability) => probability >= 0 && probability <= 1))
    refuse(
      'Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement request to PyTorch.)',
    );
}
