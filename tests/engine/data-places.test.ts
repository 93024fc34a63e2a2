// What becomes of a project's data when the project is saved elsewhere, and where it is found after the application moved.
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { serializeProject } from '#core/document/serialize';
import type { DataSource } from '#core/document/project';
import { copyData, findShipped, planDataMove, shippedToday } from '#engine/data-places';
import { openProject, saveProject } from '#engine/project-files';

import { examples, openExample, openSession, projectOf, template, temporaryFolder } from './support';

const csv = (file: string, more: Partial<DataSource> = {}): DataSource => ({
  file,
  format: 'csv',
  targetKind: 'class',
  normalization: { kind: 'none' },
  ...more,
});
const digits = path.join(examples, 'digits');

/** An application's folder with the shipped digits in it. */
function application(): string {
  const folder = path.join(temporaryFolder(), 'examples');
  cpSync(path.join(digits, 'digits.csv.gz'), path.join(folder, 'digits', 'digits.csv.gz'));
  return folder;
}

test('inside the new folder data is named relative, elsewhere absolute, the files of every input and target too', async () => {
  const folder = temporaryFolder();
  const source = csv('a.csv', {
    targetFile: 'sub/b.csv',
    feeds: { left: { file: 'sub/c.npy' }, right: { columns: [1] } },
    targets: { more: { file: 'd.npy', kind: 'number' } },
  });
  const { data, copies } = await planDataMove(source, folder, path.join(folder, 'sub'));
  expect(data).toEqual({
    ...source,
    file: path.join(folder, 'a.csv'),
    targetFile: 'b.csv',
    feeds: { left: { file: 'c.npy' }, right: { columns: [1] } },
    targets: { more: { file: path.join(folder, 'd.npy'), kind: 'number' } },
  });
  expect(copies).toEqual([]);
});

test('shipped data is copied beside the project, under another name where a different file has its own, and once only', async () => {
  const folder = temporaryFolder();
  const move = await planDataMove(csv('digits.csv.gz'), digits, folder);
  expect(move.data.file).toBe('digits.csv.gz');
  expect(await copyData(move)).toEqual(['digits.csv.gz']);
  const again = await planDataMove(csv('digits.csv.gz'), digits, folder);
  expect(again).toEqual({ data: csv('digits.csv.gz'), copies: [] });

  writeFileSync(path.join(folder, 'digits.csv.gz'), 'mine');
  const beside = await planDataMove(csv(path.join(digits, 'digits.csv.gz')), folder, folder);
  expect(beside.data.file).toBe('digits-2.csv.gz');
  expect(await copyData(beside)).toEqual(['digits-2.csv.gz']);
  expect(readFileSync(path.join(folder, 'digits.csv.gz'), 'utf8')).toBe('mine');
  expect(readFileSync(path.join(folder, 'digits-2.csv.gz'))).toEqual(
    readFileSync(path.join(digits, 'digits.csv.gz')),
  );
});

test('a link that leads nowhere is no place for a copy', async () => {
  const folder = temporaryFolder();
  symlinkSync(path.join(folder, 'nowhere'), path.join(folder, 'digits.csv.gz'));
  const move = await planDataMove(csv('digits.csv.gz'), digits, folder);
  await copyData(move);
  expect(existsSync(path.join(folder, 'nowhere'))).toBe(false);
  expect(existsSync(path.join(folder, move.data.file))).toBe(true);
});

test('an example whose data is not shipped expects it beside the project', async () => {
  const folder = temporaryFolder();
  const fashion = template('fashion-mnist').data;
  if (!fashion) throw new Error('fashion-mnist has no data');
  expect(await planDataMove(fashion, path.join(examples, 'fashion-mnist'), folder)).toEqual({
    data: fashion,
    copies: [],
  });
});

test('an example saved elsewhere stands on its own: its data opens from its own folder', async () => {
  const folder = temporaryFolder();
  const session = await openExample('digits');
  const saved = await saveProject(session, path.join(folder, 'mine.lazuli'), digits);
  expect(saved).toMatchObject({ copied: ['digits.csv.gz'], project: { data: { file: 'digits.csv.gz' } } });
  const { project } = await openProject(path.join(folder, 'mine.lazuli'));
  const reopened = await openSession(project, folder);
  expect(await reopened.sampleShapes()).toEqual({ input: [64, 1, 8, 8] });
});

test('a project whose data lay in an application that is gone finds it in this one; what is there is left alone', async () => {
  const old = application();
  const named = projectOf({ nodes: [], edges: [] }, csv(path.join(old, 'digits', 'digits.csv.gz')));
  expect(findShipped(named)).toBe(named);
  rmSync(old, { recursive: true });
  expect(findShipped(named).data?.file).toBe(path.join(digits, 'digits.csv.gz'));
  expect(shippedToday(path.join(old, 'digits'))).toBe(digits);

  // Neither a file of the user's that is missing nor one that is not shipped.
  for (const file of ['/gone/digits.csv.gz', path.join(old, 'digits', 'other.csv'), 'digits.csv.gz']) {
    const other = projectOf({ nodes: [], edges: [] }, csv(file));
    expect(findShipped(other)).toBe(other);
  }
  expect(shippedToday('/gone/examples/mine')).toBe('/gone/examples/mine');

  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'p.lazuli'), serializeProject(named));
  const opened = await openProject(path.join(folder, 'p.lazuli'));
  expect(opened.project.data?.file).toBe(path.join(digits, 'digits.csv.gz'));
});
