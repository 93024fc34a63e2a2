// What of the old data stays when another file is chosen.
import { expect, test } from 'vitest';
import type { DataSource } from '#core/document/project';
import { withFurther } from '#renderer/actions/data';

const pairs: DataSource = {
  file: 'pairs.npz',
  format: 'npz',
  targetKind: 'class',
  normalization: { kind: 'none' },
  feeds: { right: { columns: ['right'] } },
  targets: { size: { kind: 'number', columns: ['size'] } },
};
const chosen: DataSource = {
  file: 'other.npz',
  format: 'npz',
  targetKind: 'class',
  normalization: { kind: 'none' },
};

test('further inputs and targets stay for a file of the same format, and for no other', () => {
  expect(withFurther(chosen, pairs)).toEqual({ ...pairs, file: 'other.npz' });
  expect(withFurther({ ...chosen, format: 'csv' }, pairs)).toEqual({ ...chosen, format: 'csv' });
  expect(withFurther(chosen, null)).toEqual(chosen);
});
