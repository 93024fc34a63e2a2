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
  const keepValues = async (save: (file: string) => Promise<Project>): Promise<string> => {
    await save('a.pt');
    return 'a.1';
  };
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

test('a save leaves nothing behind: not what was being written meanwhile, and not values begun before', async () => {
  if (!PROJECT) throw new Error('no template');
  const files = new Set<string>();
  const ends: (() => void)[] = [];
  const slow = (file: string): Promise<void> =>
    new Promise((resolve) => {
      ends.push(() => {
        files.add(file);
        resolve();
      });
    });
  const backup = {
    key: 'a',
    write: () => slow('a.backup'),
    keepValues: async () => {
      await slow('a.1.pt');
      return 'a.1';
    },
    discardValues: (slot: string) => Promise.resolve(void files.delete(`${slot}.pt`)),
    discard: () => Promise.resolve(void files.delete('a.backup')),
  } as unknown as Backup;
  const kept: Kept = {
    isDirty: true,
    project: PROJECT,
    history: null,
    place: { file: null, folder: null },
    revision: 1,
    saveValues: () => Promise.resolve(PROJECT),
  };
  const autosave = new Autosave(backup, kept, () => undefined);
  const endWrites = async (): Promise<void> => {
    ends.splice(0).forEach((end) => {
      end();
    });
    await vi.advanceTimersByTimeAsync(0);
  };
  autosave.notice();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ends).toHaveLength(2);
  const saved = autosave.saved();
  await vi.advanceTimersByTimeAsync(0);
  await endWrites();
  await saved;
  expect([...files]).toEqual([]);

  // What is edited after the save is kept again.
  autosave.notice();
  await vi.advanceTimersByTimeAsync(0);
  await endWrites();
  expect([...files]).toEqual(['a.backup']);
});
