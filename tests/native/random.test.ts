// float64 normals against real PyTorch (scripts/golden/random_streams.py), bit for bit where the C library is the one it ran with: x86-64
// Linux. The rest of the streams needs no native code: tests/nn/random.test.ts.
import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { applyLibm } from '#core/nn/libm';
import { Generator } from '#core/nn/random';
import { openCpuBackend } from '#native';

import golden from '../golden/random.json';
import { useTestBackend } from '../support/backend';

interface Case {
  readonly seed: string;
  readonly count: number;
  readonly calls: number;
  readonly a: number;
  readonly b: number;
  readonly head: string;
  readonly sha256: string;
}

const hasSameLibrary = process.platform === 'linux' && process.arch === 'x64';

describe.runIf(hasSameLibrary)('float64 normals equal PyTorch bit for bit', () => {
  useTestBackend();

  for (const { seed, count, calls, a, b, head, sha256 } of golden.float64Normals as readonly Case[]) {
    const each = count / calls;
    it(`${each < 16 ? 'RANDOM-7' : 'RANDOM-6'} ${calls} × normal(${a}, ${b}) of ${each}, seed ${seed}`, () => {
      const generator = new Generator(BigInt(seed));
      const hash = createHash('sha256');
      for (let call = 0; call < calls; call++) {
        const values = generator.normal('float64', each, a, b);
        const bytes = new Uint8Array(values.buffer);
        if (call === 0) {
          const length = Math.min(bytes.length, 64);
          expect(Buffer.from(bytes.subarray(0, length)).toString('hex')).toBe(head.slice(0, 2 * length));
        }
        hash.update(bytes);
      }
      expect(hash.digest('hex')).toBe(sha256);
    });
  }

  for (const call of golden.cases)
    if (call.steps === 'normal' && 'values' in call)
      it(`RANDOM-6 the short streams too: normal(${call.a}, ${call.b}) of ${call.count}`, () => {
        const drawn = new Generator(BigInt(call.seed)).normal('float64', call.count, call.a, call.b);
        expect([...drawn]).toEqual(call.values);
      });
});

describe("the C library's functions", () => {
  useTestBackend();

  it('RANDOM-6 are applied in place, within one last bit of our own', () => {
    const uniforms = new Generator(0).uniform('float64', 5000);
    for (const name of ['log', 'log1p', 'sin', 'cos'] as const) {
      const arguments_ = uniforms.map((value) =>
        name === 'log' ? 1 - value : name === 'log1p' ? -value : value * 6,
      );
      const results = applyLibm(name, arguments_.slice());
      for (const [index, result] of results.entries())
        expect(Math.abs(result - Math[name](arguments_[index] ?? 0))).toBeLessThanOrEqual(
          2 ** -52 * Math.abs(result),
        );
    }
  });

  it('RANDOM-6 other names and other arrays are refused', () => {
    const { native } = openCpuBackend();
    expect(() => native.libm('tan' as 'sin', new Float64Array(1))).toThrow(
      'libm: expected log, log1p, sin or cos, got tan',
    );
    expect(() => native.libm('sin', new Float32Array(1) as unknown as Float64Array)).toThrow(
      'libm: values: expected a Float64Array',
    );
  });
});
