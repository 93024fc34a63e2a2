// Work is not lost: kill -9, a crashed page, a file changed by something else, a disk that cannot be written, a second start.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { Page } from '@playwright/test';

import { card, cards, rename } from './support/canvas';
import { expect, test } from './support/fixtures';
import { launch, type Lazuli } from './support/lazuli';

const backups = (folder: string): readonly string[] => {
  const at = join(folder, 'user-data', 'backups');
  return existsSync(at) ? readdirSync(at) : [];
};
const backupText = (folder: string): string =>
  backups(folder)
    .filter((name) => name.endsWith('.backup'))
    .map((name) => readFileSync(join(folder, 'user-data', 'backups', name), 'utf8'))
    .join('');
const file = (folder: string): string => join(folder, 'digits.lazuli');
const again = (folder: string): Promise<Lazuli> => launch({ project: file(folder), folder });

const values = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const reply = await window.lazuli.call['model.exportState']();
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.value.reduce((sum, byte, at) => (sum * 31 + byte * (at % 7)) % 1_000_000_007, 7);
  });

test('kill -9 loses less than a second: graph and values come back when asked for, and the file stays as it was', async ({
  lazuli,
}) => {
  const { page, folder } = lazuli;
  const before = readFileSync(file(folder), 'utf8');
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  await expect.poll(() => backups(folder).some((name) => name.endsWith('.project'))).toBe(true);
  // The values kept are those of a layer that has another name since then.
  await rename(page, 'fc1', 'hidden');
  await expect.poll(() => backupText(folder), { timeout: 1_000, intervals: [50] }).toContain('"hidden"');
  const fed = await values(page);
  await lazuli.kill();
  expect(readFileSync(file(folder), 'utf8')).toBe(before);

  const second = await again(folder);
  const dialog = second.page.getByRole('dialog', { name: 'Unsaved work was found' });
  await expect(dialog).toContainText('digits.lazuli');
  await expect(card(second.page, 'fc1')).toHaveCount(1);
  await dialog.getByRole('button', { name: 'Restore' }).click();
  await expect(card(second.page, 'hidden')).toContainText('64×512');
  expect(await values(second.page)).toBe(fed);
  await expect(second.page.getByLabel('Unsaved changes')).toBeVisible();
  // Killed once more before anything was saved: it is still there.
  await second.kill();

  const third = await again(folder);
  await expect(third.page.getByRole('dialog')).toContainText('1 change to undo');
  await third.page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
  await expect(card(third.page, 'hidden')).toBeVisible();
  // The history came through both: what was done before the first kill is undone, and done again.
  await third.command('edit.undo');
  await expect(card(third.page, 'fc1')).toContainText('64×512');
  await third.command('edit.redo');
  await expect(card(third.page, 'hidden')).toContainText('64×512');
  await third.command('file.save');
  await expect.poll(() => readFileSync(file(folder), 'utf8')).toContain('"hidden"');
  await expect.poll(() => backups(folder)).toEqual([]);
  await third.kill();

  const fourth = await again(folder);
  await expect(card(fourth.page, 'hidden')).toContainText('64×512');
  await expect(fourth.page.getByRole('dialog')).toHaveCount(0);
  await fourth.close();
});

test('a damaged backup is set aside and the one before is offered; what is discarded is gone', async ({
  lazuli,
}) => {
  const { page, folder } = lazuli;
  await rename(page, 'fc1', 'first');
  await expect.poll(() => backupText(folder)).toContain('"first"');
  await rename(page, 'first', 'later');
  await expect.poll(() => backupText(folder)).toContain('"later"');
  await lazuli.kill();
  const [name = ''] = backups(folder).filter((entry) => entry.endsWith('.backup'));
  const newest = join(folder, 'user-data', 'backups', name);
  writeFileSync(newest, readFileSync(newest).subarray(0, 400));

  const second = await again(folder);
  const dialog = second.page.getByRole('dialog', { name: 'Unsaved work was found' });
  await expect(dialog).toContainText('the newest backup was damaged');
  await dialog.getByRole('button', { name: 'Restore' }).click();
  await expect(card(second.page, 'first')).toBeVisible();
  await second.kill();

  const third = await again(folder);
  await third.page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await expect(third.page.getByRole('dialog')).toHaveCount(0);
  expect(backups(folder).every((entry) => entry.includes('.damaged-'))).toBe(true);
  await third.close();
});

test('a crashed page asks and comes back with the unsaved graph and the values', async ({ lazuli }) => {
  const { app, page, folder } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await rename(page, 'fc1', 'hidden');
  await expect.poll(() => backupText(folder)).toContain('"hidden"');
  await lazuli.answerMessages('Reopen');
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
  });
  await expect.poll(() => lazuli.messages()).toEqual([expect.stringContaining('stopped working')]);
  await expect
    .poll(() =>
      app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
          `document.querySelector('[aria-label^="hidden,"]')?.textContent ?? ''`,
        ),
      ),
    )
    .toContain('64×512');
});

test('a file that something else changed is not overwritten unasked', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  await rename(page, 'fc1', 'mine');
  const theirs = readFileSync(file(folder), 'utf8').replace('"relu3"', '"theirs"');
  writeFileSync(file(folder), theirs);
  await lazuli.answerMessages('Cancel');
  await lazuli.command('file.save');
  await expect.poll(() => lazuli.messages()).toHaveLength(1);
  const [said = ''] = await lazuli.messages();
  expect(said).toContain('digits.lazuli was changed by something else');
  expect(said).toContain("only in the file: node 'theirs'");
  expect(said).toContain("only here: node 'mine'");
  expect(readFileSync(file(folder), 'utf8')).toBe(theirs);
  await expect(page.getByLabel('Unsaved changes')).toBeVisible();

  await lazuli.answerMessages('Overwrite');
  await lazuli.command('file.save');
  await expect.poll(() => readFileSync(file(folder), 'utf8')).toContain('"mine"');
  await expect(page.getByLabel('Unsaved changes')).toHaveCount(0);
  await rename(page, 'mine', 'again');
  await lazuli.command('file.save');
  await expect.poll(() => readFileSync(file(folder), 'utf8')).toContain('"again"');
  expect(await lazuli.messages()).toHaveLength(1);
});

test('a file that something else changed is taken over, and undo brings back what was here', async ({
  lazuli,
}) => {
  const { page, folder } = lazuli;
  await rename(page, 'fc1', 'mine');
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'mine')).toContainText('64×512');
  const mine = await values(page);
  writeFileSync(file(folder), readFileSync(file(folder), 'utf8').replace('"relu3"', '"theirs"'));
  await lazuli.answerMessages('Reload');
  await page.getByRole('button', { name: 'Save', exact: true }).press('Enter');
  await expect(card(page, 'theirs')).toBeVisible();
  await expect(card(page, 'fc1')).toContainText('uninitialized');
  await expect(page.getByLabel('Unsaved changes')).toHaveCount(0);
  // It was read: saving asks no more.
  await lazuli.command('file.save');
  await expect(page.getByText('Saved digits.lazuli')).toBeVisible();
  expect(await lazuli.messages()).toHaveLength(1);

  await page.keyboard.press('ControlOrMeta+Z');
  await expect(card(page, 'mine')).toContainText('64×512');
  await expect(card(page, 'theirs')).toHaveCount(0);
  await expect(page.getByLabel('Unsaved changes')).toBeVisible();
  expect(await values(page)).toBe(mine);
  await lazuli.command('edit.redo');
  await expect(card(page, 'theirs')).toBeVisible();
  await expect(card(page, 'fc1')).toContainText('uninitialized');
});

test('backups that cannot be written are told until they can', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  const at = join(folder, 'user-data', 'backups');
  rmSync(at, { recursive: true, force: true });
  writeFileSync(at, 'in the way');
  await rename(page, 'fc1', 'one');
  const warning = page.getByRole('alert').filter({ hasText: 'Unsaved work cannot be backed up' });
  await expect(warning).toBeVisible();
  await expect(page.getByLabel('Unsaved changes')).toBeVisible();
  renameSync(at, `${at}.away`);
  mkdirSync(at);
  // Tried again by itself, without another edit.
  await expect(warning).toHaveCount(0, { timeout: 15_000 });
  expect(backupText(folder)).toContain('"one"');
});

test('a second start on the same project hands over to the first and ends', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  await rename(page, 'fc1', 'mine');
  const root = resolve(import.meta.dirname, '../..');
  const binary: unknown = createRequire(import.meta.url)('electron');
  const other = spawn(
    String(binary),
    [root, file(folder), '--no-sandbox', '--log-level=3', '--disable-gpu'],
    {
      env: { ...process.env, LAZULI_USER_DATA: join(folder, 'user-data') },
      stdio: 'ignore',
    },
  );
  await lazuli.answerMessages('Cancel');
  expect(await once(other, 'exit')).toEqual([0, null]);
  await expect(card(page, 'mine')).toBeVisible();
  await expect(cards(page)).toHaveCount(13);
});
