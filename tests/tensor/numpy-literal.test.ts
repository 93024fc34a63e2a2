// Tensors as NumPy expressions: fewest digits that give the value back, nested by axis, names that numpy has.
import { expect, test } from 'vitest';

import { numpyLiteral } from '#core/tensor/numpy-literal';

test('each number in its fewest digits', () => {
  expect(numpyLiteral(Float64Array.of(Math.fround(0.1), 2, -0, 1e-7), [4], 'float32')).toBe(
    'np.array([0.1, 2., -0., 1e-7], dtype=np.float32)',
  );
  expect(numpyLiteral(Float64Array.of(0.1 + 0.2), [], 'float64')).toBe(
    'np.array(0.30000000000000004, dtype=np.float64)',
  );
});

test('axes nest, and inner lists stand under each other', () => {
  expect(numpyLiteral(Float64Array.of(1, 2, 3, 4), [2, 2], 'int64')).toBe(
    'np.array([[1, 2],\n          [3, 4]], dtype=np.int64)',
  );
});

test('what is not finite, booleans, bfloat16 and empty tensors', () => {
  expect(numpyLiteral(Float64Array.of(NaN, Infinity, -Infinity), [3], 'bfloat16')).toBe(
    'np.array([np.nan, np.inf, -np.inf], dtype=np.float32)',
  );
  expect(numpyLiteral(Float64Array.of(1, 0), [2], 'bool')).toBe('np.array([True, False], dtype=np.bool_)');
  expect(numpyLiteral(new Float64Array(), [0, 3], 'float32')).toBe('np.zeros((0, 3), dtype=np.float32)');
  expect(numpyLiteral(new Float64Array(), [0], 'float32')).toBe('np.zeros((0,), dtype=np.float32)');
});
