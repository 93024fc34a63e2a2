// What the system asks to open: which argument is meant, what comes too early, and what packaged builds register.
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { PROJECT_FILE } from '#core/document/file-type';
import { fileIn, OpenRequests } from '#main/opened-files';

test('a project is meant wherever it stands, also one that is not there; else the first argument that is a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lazuli-argv-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.pt'), '');
  writeFileSync(join(folder, 'b.csv'), '');
  expect(fileIn(['a.pt', '--trace', 'gone.lazuli'], folder)).toBe(join(folder, 'gone.lazuli'));
  expect(fileIn(['/elsewhere/x.LAZULI'], folder)).toBe('/elsewhere/x.LAZULI');
  expect(fileIn(['--a.pt', 'none.pt', '.', 'b.csv', 'a.pt'], folder)).toBe(join(folder, 'b.csv'));
  expect(fileIn(['--flag', 'none'], folder)).toBeNull();
});

test('what is asked for before a window can open it is opened first', () => {
  const requests = new OpenRequests();
  const opened: string[] = [];
  requests.ask('early');
  expect(requests.serve((file) => opened.push(file))).toBe('early');
  requests.ask('later');
  expect(opened).toEqual(['later']);
});

test('packaged builds register project files under the name the app knows them by', () => {
  const file = resolve(import.meta.dirname, '../../package.json');
  const { extension: ext, name, mimeType } = PROJECT_FILE;
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    build: { fileAssociations: [{ ext, name, mimeType, role: 'Editor' }] },
  });
});
