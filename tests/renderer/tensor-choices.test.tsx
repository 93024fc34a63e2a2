// The controls of one parameter, as they are drawn: its name in their labels, only initializers that fit its axes.
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';

import type { TensorOptions } from '#core/document/project';
import type { ChipInfo, NodeView } from '#renderer/stores/live';
import { TensorChoices } from '../../renderer/inspector/tensor-choices';
import { tieTargets } from '../../renderer/inspector/tensor-relations';

const drawn = (shape: ChipInfo['shape'], options: TensorOptions, more: Partial<ChipInfo> = {}): string => {
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
    ...more,
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

test('TENSOR-7 a matrix may be normalized along an axis or as a whole; its parts say what they are', () => {
  expect(drawn([4], {})).not.toContain('Parametrization of');
  expect(drawn([4, null], {})).toContain('<option value="weight_norm 1">weight norm along axis 1</option>');
  expect(drawn([4, null], { weight_norm: { dim: null } })).toContain(
    '<option value="weight_norm all" selected="">',
  );
  expect(drawn([4, null], { weight_norm: { dim: -2 } })).toContain(
    '<option value="weight_norm -2" selected="">',
  );
  const part = { part_of: 'weight', name: 'parametrizations.weight.original1' };
  expect(drawn([4, null], { weight_norm: { dim: 0 } }, part)).toContain(
    'aria-label="Parametrization of weight"',
  );
  const magnitude = { part_of: 'weight', name: 'parametrizations.weight.original0' };
  expect(drawn([4, 1], { weight_norm: { dim: 0 } }, magnitude)).toBe(
    '<p class="muted">how long weight is along each direction</p>',
  );
});

test('TENSOR-10 a matrix may have a spectral norm or be orthogonal', () => {
  expect(drawn([4, null], { spectral_norm: { dim: 1 } })).toContain(
    '<option value="spectral_norm" selected="">spectral norm</option>',
  );
  expect(drawn([4, null], { orthogonal: {} })).toContain('<option value="orthogonal" selected="">');
  expect(drawn([4, null], { orthogonal: { orthogonal_map: 'cayley' } })).toContain(
    '<option value="orthogonal cayley" selected="">orthogonal by cayley</option>',
  );
});

test('TENSOR-4 a parameter may be tied to those of its shape that are not tied themselves', () => {
  const chip = (key: string, shape: ChipInfo['shape'], kind: ChipInfo['kind'] = 'parameter'): ChipInfo => ({
    key,
    name: key,
    kind,
    state: 'materialized',
    dtype: 'float32',
    shape,
    waitsFor: null,
    provenance: '',
    isLazy: false,
  });
  const own = chip('a.weight', [4, null]);
  const view = (...chips: ChipInfo[]): NodeView => ({
    title: '',
    category: null,
    inputs: [],
    outputs: [],
    sizes: {},
    chips,
    problems: [],
  });
  const others = view(
    chip('b.weight', [4, 3]),
    chip('c.weight', [5, 3]),
    chip('d.weight', [4, 3]),
    chip('e.mean', [4, 3], 'buffer'),
  );
  const views = new Map([
    ['1', view(own)],
    ['2', others],
  ]);
  expect(tieTargets(views, new Set(['d.weight']), own)).toEqual(['b.weight']);
});
