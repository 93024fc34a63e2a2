// The controls of one parameter, as they are drawn: its name in their labels, only initializers that fit its axes.
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';

import type { TensorOptions } from '#core/document/project';
import type { ChipInfo } from '#renderer/stores/live';
import { TensorChoices } from '../../renderer/inspector/tensor-choices';

const drawn = (shape: ChipInfo['shape'], options: TensorOptions): string => {
  const chip: ChipInfo = {
    key: 'fc.weight',
    name: 'weight',
    kind: 'uninitialized_parameter',
    state: 'uninitialized',
    dtype: 'float32',
    shape,
    waitsFor: 'in_features',
    provenance: '',
    isLazy: true,
  };
  return renderToStaticMarkup(createElement(TensorChoices, { id: 'n1', chip, options }));
};

test('a matrix may start by fans, a vector may not; what is chosen shows', () => {
  expect(drawn([4, null], {})).toContain('<option value="kaiming_normal">');
  expect(drawn([4], {})).not.toContain('kaiming_normal');
  expect(drawn([4], {})).toContain('aria-label="Freeze weight"');
  const chosen = drawn([4, null], {
    frozen: true,
    initializer: { kind: 'orthogonal' },
    tied_to: 'emb.weight',
  });
  expect(chosen).toContain('checked=""');
  expect(chosen).toContain('<option value="orthogonal" selected="">');
  expect(chosen).toContain('tied to emb.weight');
  expect(drawn([4], { initializer: { kind: 'orthogonal' } })).toContain(
    '<option value="orthogonal" selected="">',
  );
});
