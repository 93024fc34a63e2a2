// Layers that multiply, in mixed precision, against torch.autocast('cpu', torch.bfloat16): scripts/golden/modules.py autocast.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

import { probe, type ProbeCase } from '#core/layers/probe';
import * as ops from '#core/ops/index';
import { decode } from './agreement';
import { useNativeBackend } from './native';

useNativeBackend();

interface Line {
  readonly name: string;
  readonly case: ProbeCase;
  readonly answer: {
    readonly outputs: readonly { readonly data: string }[];
    readonly grad_weights: Readonly<Record<string, string | null>>;
  };
}

const LINES = readFileSync(resolve(import.meta.dirname, '..', 'golden', 'autocast.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);

const ONE_PRODUCT = /^(?:Linear|Conv)/;

/**
 * Parts of the largest number. One product differs by the order of its sum, which ends on the next bfloat16 number now and
 * then; between the products of the other layers PyTorch rounds to bfloat16 (2^-9) what we keep in float32, again and again.
 */
const toleranceOf = (name: string): number => (ONE_PRODUCT.test(name) ? 2 ** -7 : 2 ** -4);

const flat = (value: unknown): number[] => (Array.isArray(value) ? value.flatMap(flat) : [Number(value)]);
const isNarrow = (value: number): boolean => {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, value);
  return (bits.getUint32(0) & 0xffff) === 0;
};

/** The largest difference as a part of the largest number. */
function distance(own: unknown, golden: string): number {
  const expected = decode(golden);
  const numbers = own === null ? expected.map(() => 0) : flat(own);
  const scale = Math.max(1e-3, ...expected.map(Math.abs));
  return Math.max(0, ...numbers.map((value, at) => Math.abs(value - (expected[at] ?? NaN)) / scale));
}

it.each(LINES.map((line, at) => [`${at} ${line.name} ${JSON.stringify(line.case.params)}`, line] as const))(
  '%s',
  (_title, { name, case: given, answer }) => {
    const tolerance = toleranceOf(name);
    const mixed = ops.autocast(() => probe({ ...given, dtype: 'float32' }));
    answer.outputs.forEach(({ data }, at) => {
      expect(distance(mixed.outputs[at], data), `output ${at}`).toBeLessThanOrEqual(tolerance);
    });
    for (const [key, golden] of Object.entries(answer.grad_weights))
      if (golden !== null)
        expect(distance(mixed.grad_weights[key], golden), `gradient of ${key}`).toBeLessThanOrEqual(
          tolerance,
        );
    if (ONE_PRODUCT.test(name)) expect(flat(mixed.outputs[0]).every(isNarrow)).toBe(true);
  },
);
