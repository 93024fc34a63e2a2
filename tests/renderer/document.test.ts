// The document's history: edits and their way back, settings that merge, values named by revisions.
import { beforeEach, expect, test } from 'vitest';
import { TEMPLATES } from '#core/document/templates';
import type { Project } from '#core/document/project';
import { setTensorOption } from '#renderer/actions/graph';
import {
  changeSettings,
  edit,
  isDirty,
  markSaved,
  nodeOf,
  recordValues,
  showProject,
  step,
  useDocument,
} from '#renderer/stores/document';

const digits = TEMPLATES.find(({ name }) => name === 'digits')?.project as Project;
const now = () => useDocument.getState();

beforeEach(() => {
  showProject(digits, null);
});

test('an edit is undone and redone to the very same graph', () => {
  edit({ kind: 'rename_node', id: 'n2', name: 'stem' }, 'Rename conv1');
  expect(nodeOf(now().project?.graph, 'n2')?.name).toBe('stem');
  step('undo');
  expect(now().project?.graph).toEqual(digits.graph);
  expect(now().future.map(({ label }) => label)).toEqual(['Rename conv1']);
  step('redo');
  expect(nodeOf(now().project?.graph, 'n2')?.name).toBe('stem');
});

test('choices for a tensor are steps like any other, and one that is taken back leaves no trace', () => {
  setTensorOption('n2', 'weight', 'frozen', true);
  setTensorOption('n2', 'weight', 'initializer', { kind: 'orthogonal' });
  expect(nodeOf(now().project?.graph, 'n2')?.tensors).toEqual({
    weight: { frozen: true, initializer: { kind: 'orthogonal' } },
  });
  step('undo');
  setTensorOption('n2', 'weight', 'frozen', undefined);
  expect(now().project?.graph).toEqual(digits.graph);
  step('undo');
  expect(nodeOf(now().project?.graph, 'n2')?.tensors).toEqual({ weight: { frozen: true } });
});

test('a new edit drops what could be redone', () => {
  edit({ kind: 'remove_node', id: 'n3' }, 'Delete');
  step('undo');
  edit({ kind: 'rename_node', id: 'n2', name: 'stem' }, 'Rename');
  expect(now().future).toEqual([]);
});

test('a refused edit changes nothing', () => {
  expect(() => edit({ kind: 'remove_node', id: 'nobody' }, 'Delete')).toThrow(/nobody/);
  expect(now().project).toBe(digits);
  expect(now().past).toEqual([]);
});

test('settings of one label in a row are one step, and undo keeps the graph of now', () => {
  const epochs = (count: number) => (project: Project) => ({
    ...project,
    training: { ...project.training, epochs: count },
  });
  changeSettings('Change epochs', epochs(5));
  changeSettings('Change epochs', epochs(7));
  expect(now().past).toHaveLength(1);
  edit({ kind: 'rename_node', id: 'n2', name: 'stem' }, 'Rename');
  changeSettings('Change epochs', epochs(9));
  step('undo');
  expect(now().project?.training.epochs).toBe(7);
  expect(nodeOf(now().project?.graph, 'n2')?.name).toBe('stem');
});

test('a step over values is kept under the revision that was left', () => {
  recordValues('Feed sample', 1, 2);
  step('undo', 4);
  expect(now().future[0]).toMatchObject({ kind: 'values', before: 1, after: 4 });
  step('redo', 6);
  expect(now().past[0]).toMatchObject({ kind: 'values', before: 6, after: 4 });
});

test('unsaved means another project than the saved one, or other values', () => {
  expect(isDirty(now())).toBe(false);
  recordValues('Feed sample', 1, 1);
  expect(isDirty(now())).toBe(false);
  recordValues('Feed sample', 1, 2);
  expect(isDirty(now())).toBe(true);
  markSaved(digits, null);
  expect(isDirty(now())).toBe(false);
  edit({ kind: 'rename_node', id: 'n2', name: 'stem' }, 'Rename');
  expect(isDirty(now())).toBe(true);
  step('undo');
  showProject(digits, null, false);
  expect(isDirty(now())).toBe(true);
});
