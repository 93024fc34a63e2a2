// What is kept of unsaved work, and when: values follow their nodes' names.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { findTemplate } from '#core/document/templates';
import type { Project } from '#core/document/project';
import type { Backup } from '#engine/backups';
import { Autosave, type Kept } from '#main/autosave';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('values are kept again when a node has another name, and not when nothing changed', async () => {
  const template = findTemplate('iris')?.project;
  if (!template) throw new Error('no template');
  let project: Project = template;
  const saved: string[] = [];
  const nothing = (): Promise<void> => Promise.resolve();
  const backup = { key: 'a', weightsFile: 'a.pt', write: nothing, prepare: nothing, discard: nothing };
  const kept: Kept = {
    isDirty: true,
    get project() {
      return project;
    },
    place: { file: null, folder: null },
    revision: 1,
    saveWeights: () => Promise.resolve(saved.push(project.graph.nodes.map(({ name }) => name).join(' '))),
  };
  const autosave = new Autosave(backup as unknown as Backup, kept, () => undefined);
  const rest = async (): Promise<void> => {
    autosave.notice();
    await vi.advanceTimersByTimeAsync(1_000);
  };
  await rest();
  await rest();
  expect(saved).toHaveLength(1);
  const [first, ...others] = template.graph.nodes;
  if (!first) throw new Error('no nodes');
  project = { ...template, graph: { ...template.graph, nodes: [{ ...first, name: 'renamed' }, ...others] } };
  await rest();
  await rest();
  expect(saved).toHaveLength(2);
  expect(saved[1]).toContain('renamed');
});
