// log, log1p, sin and cos of doubles as PyTorch gets them: from the C library of the platform, called through the CPU backend.
// Where none is open our own stand in: the nearest double (log1p as glibc's), which differs in the last bit of a few values.
import { backendOf } from '../ops/dispatch';
import type { LibmFunction } from '../tensor/storage';
import { libmLog1p, preciseLog, preciseSineCosine } from './precise-math';

const OWN: Readonly<Record<LibmFunction, (value: number) => number>> = {
  log: (value) => (value === 0 ? -Infinity : preciseLog(value)),
  log1p: libmLog1p,
  sin: (value) => preciseSineCosine(value).sine,
  cos: (value) => preciseSineCosine(value).cosine,
};

/** Replaces each value by `name` of it and returns the array. Arguments as Box–Muller has them: see precise-math. */
export function applyLibm(name: LibmFunction, values: Float64Array): Float64Array {
  const backend = backendOf('cpu');
  if (backend?.libm) backend.libm(name, values);
  else {
    const own = OWN[name];
    for (let index = 0; index < values.length; index++) values[index] = own(values[index] ?? NaN);
  }
  return values;
}

const one = new Float64Array(1);

/** The same of one value. */
export function libm(name: LibmFunction, value: number): number {
  one[0] = value;
  return applyLibm(name, one)[0] ?? NaN;
}
