// The multiply-add peak that measurements of products are compared with.
import { describe, expect, it } from 'vitest';

import { forEachIsa, native } from './run-op';

describe('the multiply-add peak', () => {
  it('is measured for float32 and float64 with every instruction set', () => {
    forEachIsa(() => {
      for (const dtype of ['float32', 'float64'] as const) {
        const rate = native.measurePeak(dtype);
        expect(rate).toBeGreaterThan(0.01);
        expect(rate).toBeLessThan(1e6);
      }
    });
  });
  it('is refused for other dtypes', () => {
    expect(() => native.measurePeak('int64' as 'float32')).toThrow(
      'measurePeak: dtype: expected float32 or float64, got int64',
    );
  });
});
