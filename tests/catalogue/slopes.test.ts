// Activations and their gradients far from 0, beside real PyTorch: each number to its own size, not to that of the largest.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { layerNamed, parseParams } from '#core/layers/index';
import { runLayer } from '#core/layers/run';
import * as ops from '#core/ops/index';
import { decode, TOLERANCE } from './agreement';
import { useNativeBackend } from './native';

useNativeBackend();

interface Slopes {
  readonly x: string;
  readonly answers: readonly {
    readonly name: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly output: string;
    readonly gradient: string;
    /** How far PyTorch's own float32 is off, Infinity where it has no number: outputs, gradients. */
    readonly float32: readonly [string, string];
  }[];
}
const FILE = resolve(import.meta.dirname, '..', 'golden', 'activation-slopes.json');
const { x, answers } = JSON.parse(readFileSync(FILE, 'utf8')) as Slopes;
const points = decode(x);
/** Below this float32 has no full precision. */
const LEAST = { float64: 1e-300, float32: 2 ** -126 } as const;
/** There 1 + erf, 1 + tanh, 1 - tanh² or x - tanh(x) have few digits left or none, in PyTorch too. */
const isLost = (name: string, point: number): boolean =>
  (name === 'GELU' && point < -4) ||
  (name === 'Tanh' && Math.abs(point) > 7) ||
  (name === 'Tanhshrink' && Math.abs(point) < 0.5);

describe.each(['float64', 'float32'] as const)('in %s', (dtype) => {
  it.each(answers.map((answer) => [`${answer.name} ${JSON.stringify(answer.options)}`, answer] as const))(
    '%s',
    (_, { name, options, output, gradient, float32 }) => {
      ops.scope(() => {
        const layer = layerNamed(name);
        const run = runLayer(layer, {
          params: parseParams(layer, options, 'torch'),
          inputs: [ops.fromArray(points, dtype)],
          tensors: {},
          isTraining: true,
          random: null,
        });
        for (const [what, own, golden, off] of [
          ['output', run.outputs[0], output, float32[0]],
          ['gradient', run.gradInputs[0], gradient, float32[1]],
        ] as const) {
          const numbers = own ? ops.toNumbers(own) : [];
          const lost = decode(off);
          decode(golden).forEach((value, at) => {
            const [point = NaN, mine = NaN] = [points[at], numbers[at]];
            if (isLost(name, point) || lost[at] === Infinity) return;
            const allowed = Math.max(
              TOLERANCE[dtype] * Math.abs(value),
              dtype === 'float32' ? 2 * (lost[at] ?? 0) : 0,
              LEAST[dtype],
            );
            const agrees = Object.is(mine, value) || mine === value || Math.abs(mine - value) <= allowed;
            expect(agrees, `${what} at ${point}: ${mine}, PyTorch has ${value}`).toBe(true);
          });
        }
      });
    },
  );
});
