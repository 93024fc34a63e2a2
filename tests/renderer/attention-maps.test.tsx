// The pictures of attention as they are drawn: one per head, its axes, and what a screen reader hears of it.
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';

import { Attention } from '../../renderer/inspector/attention-maps';

test('a picture per head with the steps along its sides, and what is left out is said', () => {
  const values = Float32Array.of(1, 0, 0, 0.25, 0.75, 0, 0.5, 0.5, 0, 0, 0.2, 0.8);
  const maps = { name: 'layers.0.self_attn', shape: [2, 2, 3], heads: 4, queries: 2, keys: 9, values };
  const drawn = renderToStaticMarkup(createElement(Attention, { maps }));
  expect(drawn.match(/<canvas/g)).toHaveLength(2);
  expect(drawn).toContain('aria-label="Attention of layers.0.self_attn"');
  expect(drawn).toContain('aria-label="head 1: query 0 attends most to key 0, 1"');
  expect(drawn).toContain('aria-label="head 2: query 1 attends most to key 2, 0.8"');
  expect(drawn).toContain('the first 2 of 4 heads, the first 2×3 of 2×9 steps');
});
