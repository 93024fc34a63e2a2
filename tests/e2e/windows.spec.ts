// Several windows of one Lazuli: each with its own project, run and unsaved work; settings are common; one file in two of them is not
// overwritten unasked.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { card, cards, rename } from './support/canvas';
import { expect, test } from './support/fixtures';
import { launch, type Lazuli } from './support/lazuli';

async function newWindow(lazuli: Lazuli): Promise<Page> {
  const opened = lazuli.app.waitForEvent('window');
  await lazuli.command('file.newWindow');
  const other = await opened;
  await other.getByRole('button', { name: 'Feed sample' }).first().waitFor();
  return other;
}

async function openIn(page: Page, lazuli: Lazuli, file: string): Promise<void> {
  await lazuli.answerDialog(file);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(card(page, 'fc1')).toBeVisible();
}

const save = (page: Page): Promise<void> => page.getByRole('button', { name: 'Save', exact: true }).click();
const isDirty = (page: Page): Promise<void> => expect(page.getByLabel('Unsaved changes')).toBeVisible();

test.describe('beside iris', () => {
  test.use({ example: 'iris' });

  test('a new window is empty, shares the settings, and trains at the same time', async ({
    lazuli,
  }, info) => {
    const { app, page, folder } = lazuli;
    const other = await newWindow(lazuli);
    await expect(cards(other)).toHaveCount(0);
    await expect(card(page, 'fc1')).toBeVisible();
    const places = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((window) => window.getNormalBounds().x),
    );
    expect(new Set(places).size).toBe(2);
    await other.screenshot({ path: info.outputPath('new-window.png') });

    await other.getByRole('button', { name: 'Switch to dark' }).click();
    for (const each of [other, page])
      await expect.poll(() => each.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');

    await openIn(other, lazuli, join(folder, 'iris.lazuli'));
    for (const each of [page, other]) {
      await each.getByRole('tab', { name: 'Training' }).click();
      await each.getByLabel('Epochs', { exact: true }).fill('20');
      await each.getByRole('button', { name: 'Start training' }).first().click();
    }
    for (const each of [page, other]) await expect(each.getByText(/Finished after/)).toBeVisible();
    const losses = await Promise.all(
      [page, other].map((each) =>
        each.evaluate(async () => {
          const reply = await window.lazuli.call['app.state']();
          return reply.ok ? reply.value.run.events.at(-1)?.loss : reply.error.message;
        }),
      ),
    );
    expect(losses[0]).toBe(losses[1]);
  });
});

test('one file in two windows: the second to save is asked, and nothing is lost', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  const file = join(folder, 'digits.lazuli');
  const other = await newWindow(lazuli);
  await openIn(other, lazuli, file);
  await rename(page, 'fc1', 'first');
  await save(page);
  await expect.poll(() => readFileSync(file, 'utf8')).toContain('"first"');

  await rename(other, 'fc1', 'second');
  await lazuli.answerMessages('Cancel');
  await save(other);
  await expect.poll(() => lazuli.messages()).toHaveLength(1);
  expect((await lazuli.messages())[0]).toContain("only in the file: node 'first'");
  expect(readFileSync(file, 'utf8')).toContain('"first"');
  await isDirty(other);
  await lazuli.answerMessages('Overwrite');
  await save(other);
  await expect.poll(() => readFileSync(file, 'utf8')).toContain('"second"');
});

test('unsaved work of both windows comes back after kill -9', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  const other = await newWindow(lazuli);
  await openIn(other, lazuli, join(folder, 'digits.lazuli'));
  await rename(page, 'fc1', 'first');
  await rename(other, 'fc1', 'second');
  const at = join(folder, 'user-data', 'backups');
  const texts = (): string =>
    existsSync(at)
      ? readdirSync(at)
          .filter((name) => name.endsWith('.backup'))
          .map((name) => readFileSync(join(at, name), 'utf8'))
          .join('')
      : '';
  await expect.poll(texts).toMatch(/"first"[^]*"second"|"second"[^]*"first"/);
  // Work that another window has open is no leftover: a third window offers nothing.
  const third = await newWindow(lazuli);
  await expect(third.getByRole('dialog')).toHaveCount(0);
  await lazuli.kill();

  const again = await launch({ project: join(folder, 'digits.lazuli'), folder });
  const dialog = again.page.getByRole('dialog', { name: 'Unsaved work was found' });
  await expect(dialog.getByRole('button', { name: 'Restore' })).toHaveCount(2);
  await dialog.getByRole('button', { name: 'Restore' }).first().click();
  await expect(card(again.page, 'second')).toBeVisible();
});
