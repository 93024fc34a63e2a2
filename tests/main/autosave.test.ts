// What is kept of unsaved work, and when: values once they rest, graphs at once.
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

const PROJECT = findTemplate('iris')?.project;

test('values are kept a second after they changed, though edits go on, and not again when they did not change', async () => {
  if (!PROJECT) throw new Error('no template');
  let revision = 1;
  const saved: number[] = [];
  const nothing = (): Promise<void> => Promise.resolve();
  const keepValues = async (save: (file: string) => Promise<Project>): Promise<void> =>
    void (await save('a.pt'));
  const kept: Kept = {
    isDirty: true,
    project: PROJECT,
    history: null,
    place: { file: null, folder: null },
    get revision() {
      return revision;
    },
    saveValues: () => {
      saved.push(revision);
      return Promise.resolve(PROJECT);
    },
  };
  const backup = { key: 'a', write: nothing, keepValues, discard: nothing } as unknown as Backup;
  const autosave = new Autosave(backup, kept, () => undefined);
  const editFor = async (tenths: number): Promise<void> => {
    for (let at = 0; at < tenths; at++) {
      autosave.notice();
      await vi.advanceTimersByTimeAsync(100);
    }
  };
  await editFor(12);
  expect(saved).toEqual([1]);
  await editFor(30);
  expect(saved).toEqual([1]);
  revision = 2;
  await editFor(12);
  expect(saved).toEqual([1, 2]);
});
