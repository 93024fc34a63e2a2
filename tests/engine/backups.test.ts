// Backups of unsaved work: two generations, ordered by sequence, never restored when damaged, gone only when asked.
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { findTemplate } from '#core/document/templates';
import type { Project } from '#core/document/project';
import { BackupStore, sha256 } from '#engine/backups';

let folder = '';
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'lazuli-backups-')), 'backups');
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const project = (name: string): Project => {
  const template = findTemplate('iris');
  if (!template) throw new Error('no template');
  return { ...template.project, name };
};
const PLACE = { file: '/somewhere/iris.lazuli', folder: '/somewhere' };
/** What a start after a crash finds. */
const found = async () => (await BackupStore.open(folder)).list();

test('what was written last is found again, with its place', async () => {
  const backup = (await BackupStore.open(folder)).backup();
  await backup.write(project('one'), PLACE);
  await backup.write(project('two'), PLACE);
  await backup.write(project('two'), PLACE);
  const [left, ...others] = await found();
  expect(others).toEqual([]);
  expect(left).toMatchObject({ ...PLACE, isOlder: false, sequence: 2, values: null, key: backup.key });
  expect(left?.project).toEqual(project('two'));
});

test('a project that stands there is not even made a text of again; after it was discarded it is', async () => {
  const backup = (await BackupStore.open(folder)).backup();
  let asked = 0;
  const watched = new Proxy(project('one'), {
    get(target, name) {
      asked++;
      return Reflect.get(target, name) as unknown;
    },
  });
  const times = async (write: () => Promise<void>): Promise<number> => {
    asked = 0;
    await write();
    return asked;
  };
  expect(await times(() => backup.write(watched, PLACE, 'a'))).toBeGreaterThan(0);
  expect(await times(() => backup.write(watched, PLACE, 'a'))).toBe(0);
  expect(await times(() => backup.write(watched, PLACE, 'b'))).toBeGreaterThan(0);
  await backup.discard();
  await backup.write(watched, PLACE, 'b');
  expect(await found()).toHaveLength(1);
});

test('an open document is no leftover; a closed one is', async () => {
  const store = await BackupStore.open(folder);
  const backup = store.backup();
  await backup.write(project('one'), PLACE);
  expect(await store.list()).toEqual([]);
  backup.release();
  expect(await store.list()).toHaveLength(1);
});

test.each([
  ['cut off', (text: string) => text.slice(0, -20)],
  ['with one changed letter', (text: string) => text.replace('"two"', '"tvo"')],
  ['emptied', () => ''],
  ['without its first line', (text: string) => text.slice(text.indexOf('\n') + 1)],
  ['replaced by something else', () => 'PK\u0003\u0004'],
])('a newest generation %s is set aside and the one before offered', async (_what, damage) => {
  const backup = (await BackupStore.open(folder)).backup();
  await backup.write(project('one'), PLACE);
  await backup.write(project('two'), PLACE);
  const newest = join(folder, `${backup.key}.backup`);
  writeFileSync(newest, damage(readFileSync(newest, 'utf8')));
  const [left] = await found();
  expect(left).toMatchObject({ isOlder: true, sequence: 1 });
  expect(left?.project.name).toBe('one');
  expect(readdirSync(folder).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
  expect(await found()).toHaveLength(1);
});

test('when both generations are damaged nothing is offered and both are kept aside', async () => {
  const backup = (await BackupStore.open(folder)).backup();
  await backup.write(project('one'), PLACE);
  await backup.write(project('two'), PLACE);
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), 'x');
  expect(await found()).toEqual([]);
  expect(readdirSync(folder).every((name) => name.includes('.damaged-'))).toBe(true);
});

test('backups order by sequence, also when the clock stood wrong', async () => {
  const first = (await BackupStore.open(folder)).backup();
  await first.write(project('one'), PLACE);
  const second = (await BackupStore.open(folder)).backup();
  await second.write(project('two'), PLACE);
  const longAgo = new Date('2001-01-01');
  utimesSync(join(folder, `${second.key}.backup`), longAgo, longAgo);
  expect((await found()).map((left) => left.project.name)).toEqual(['two', 'one']);
});

test('values are found with the project they were kept with, whatever was edited since', async () => {
  const backup = (await BackupStore.open(folder)).backup();
  const keep = (text: string, named: string): Promise<string> =>
    backup.keepValues((file) => {
      writeFileSync(file, text);
      return Promise.resolve(project(named));
    });
  await backup.write(project('one'), PLACE);
  await keep('first values', 'one');
  await backup.write(project('two'), PLACE);
  const [left] = await found();
  expect(left?.project.name).toBe('two');
  expect(left?.values?.project.name).toBe('one');
  await keep('later values', 'two');
  const later = (await found())[0]?.values;
  expect(later?.project.name).toBe('two');
  expect(readFileSync(later?.file ?? '', 'utf8')).toBe('later values');
  expect(readdirSync(folder).filter((name) => name.endsWith('.pt'))).toHaveLength(1);
});

test('values whose keeping was cut off or failed leave those before', async () => {
  const backup = (await BackupStore.open(folder)).backup();
  await backup.write(project('one'), PLACE);
  await backup.keepValues((file) => {
    writeFileSync(file, 'whole');
    return Promise.resolve(project('one'));
  });
  await expect(
    backup.keepValues((file) => {
      writeFileSync(file, 'cut off');
      return Promise.reject(new Error('killed here'));
    }),
  ).rejects.toThrow('killed here');
  const [left] = await found();
  expect(readFileSync(left?.values?.file ?? '', 'utf8')).toBe('whole');
});

test('a discarded backup is gone, values and all; a folder that cannot be made is told', async () => {
  const backup = (await BackupStore.open(folder)).backup();
  await backup.write(project('one'), PLACE);
  await backup.keepValues((file) => {
    writeFileSync(file, 'values');
    return Promise.resolve(project('one'));
  });
  expect((await found())[0]?.values).not.toBeNull();
  await backup.discard();
  expect(readdirSync(folder)).toEqual([]);
  const blocked = join(folder, 'file');
  writeFileSync(blocked, '');
  const other = (await BackupStore.open(join(blocked, 'inside'))).backup();
  await expect(other.write(project('one'), PLACE)).rejects.toMatchObject({ code: 'write_failed' });
});

test('the history of changes comes back with the generation it was written with', async () => {
  const backup = (await BackupStore.open(folder)).backup();
  const settings = { ...project('one'), graph: undefined };
  const step = { kind: 'settings', label: 'Rename', before: settings, after: { ...settings, name: 'two' } };
  const history = `{"past":[${JSON.stringify(step)}],"future":[]}`;
  await backup.write(project('one'), PLACE, '{"past":[],"future":[]}');
  await backup.write(project('two'), PLACE, history);
  expect((await found())[0]?.history?.past.map(({ label }) => label)).toEqual(['Rename']);
  // The same project again, undone to: another history is another generation.
  await backup.write(project('two'), PLACE, null);
  expect((await found())[0]).toMatchObject({ sequence: 3, history: null });
  await backup.write(project('two'), PLACE, '{"past":[{"kind":"none"}],"future":[]}');
  expect((await found())[0]).toMatchObject({ history: null, project: { name: 'two' }, isOlder: false });
});

test('a backup of version 1, which had no history, opens', async () => {
  const backup = (await BackupStore.open(folder)).backup();
  await backup.write(project('one'), PLACE);
  const file = join(folder, `${backup.key}.backup`);
  const [, , ...lines] = readFileSync(file, 'utf8').split('\n');
  const body = lines.join('\n');
  const meta = { format: 'lazuli-backup', version: 1, sequence: 4, ...PLACE, sha256: sha256(body) };
  writeFileSync(file, `${JSON.stringify(meta)}\n${body}`);
  expect((await found())[0]).toMatchObject({ sequence: 4, history: null, project: { name: 'one' } });
});
