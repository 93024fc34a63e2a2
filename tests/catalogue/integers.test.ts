// Whole numbers and truths beside PyTorch: the type in which two dtypes meet, results, and what is refused, through probe.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { errorToData } from '#core/errors';
import { probe } from '#core/layers/probe';
import type { ProbeArray } from '#core/layers/probe-arrays';
import { useNativeBackend } from './native';

useNativeBackend();

interface Given {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | boolean | string)[];
}
interface Answer {
  readonly layer: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Given[];
  readonly output?: Given;
  readonly error?: string;
}

const ANSWERS = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../golden/integers.json'), 'utf8'),
) as readonly Answer[];

const flat = (value: ProbeArray): unknown[] => (Array.isArray(value) ? value.flatMap(flat) : [value]);
const titleOf = ({ layer, params, inputs }: Answer): string =>
  `${layer} ${JSON.stringify(params)} of ${inputs.map(({ dtype, shape }) => `${dtype}[${shape.join(', ')}]`).join(' and ')}`;

function run({ layer, params, inputs }: Answer) {
  const weights = layer === 'embedding' ? { weight: [[0, 1], [2, 3], [4, 5]] } : {}; // prettier-ignore
  const sizes = layer === 'embedding' ? { num_embeddings: 3, embedding_dim: 2 } : {};
  return probe({ layer, params: { ...params, ...sizes }, inputs, weights, training: false });
}

/** Each layer's cases in one test: hundreds of tests take longer than what they test. */
test.each([...new Set(ANSWERS.map(({ layer }) => layer))])('%s', (layer) => {
  for (const answer of ANSWERS.filter((each) => each.layer === layer)) {
    const title = titleOf(answer);
    if (!answer.output) {
      const refused = ((): string => {
        try {
          run(answer);
          return 'taken';
        } catch (error) {
          return errorToData(error).message;
        }
      })();
      expect(refused, title).toContain(answer.error?.split('\n')[0]);
      continue;
    }
    const { outputs, output_dtypes: dtypes = ['float32'] } = run(answer);
    expect(dtypes[0], title).toBe(answer.output.dtype);
    const got = flat(outputs[0] ?? []);
    answer.output.data.forEach((value, at) => {
      const [own, wanted] = [Number(got[at]), Number(value)];
      const allowed = answer.output?.dtype.startsWith('float') === true ? 2e-6 * Math.abs(wanted) : 0;
      if (!Object.is(own, wanted) && !(Math.abs(own - wanted) <= allowed))
        throw new Error(`${title}[${at}]: ${own}, PyTorch has ${value}`);
    });
    expect(got.length, title).toBe(answer.output.data.length);
  }
});
