// The path of the first paragraph: open with uninitialized parameters, feed, train, save, close, reopen, the same weights.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { expect, test } from './support/fixtures';
import { launch } from './support/lazuli';

/** sha256 of every weight as the engine holds it, in the .pt serialization. */
async function stateHash(page: Page): Promise<string> {
  const bytes = await page.evaluate(async () => {
    const reply = await window.lazuli.call['model.exportState']();
    if (!reply.ok) throw new Error(reply.error.message);
    return [...reply.value];
  });
  return createHash('sha256').update(new Uint8Array(bytes)).digest('hex');
}

const node = (page: Page, name: string) => page.getByLabel(new RegExp(`^${name},`)).first();

test('feed a sample, train, save, reopen: the same weights', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  await expect(node(page, 'conv1')).toContainText('uninitialized');
  await expect(node(page, 'fc1')).toContainText('in_features');

  await page.getByRole('tab', { name: 'Sample' }).click();
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(node(page, 'conv1')).toContainText('16×1×3×3');
  await expect(node(page, 'fc1')).not.toContainText('uninitialized');
  const initial = await stateHash(page);

  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Epochs').fill('3');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect
    .poll(
      async () =>
        page.evaluate(async () => {
          const reply = await window.lazuli.call['app.state']();
          return reply.ok ? reply.value.run.events.filter(({ event }) => event === 'epoch').length : 0;
        }),
      { timeout: 60_000 },
    )
    .toBe(3);
  await expect(page.getByRole('button', { name: 'Start training' }).first()).toBeEnabled({ timeout: 20_000 });
  const losses = await page.evaluate(async () => {
    const reply = await window.lazuli.call['app.state']();
    return reply.ok
      ? reply.value.run.events.filter(({ event }) => event === 'epoch').map(({ loss }) => loss)
      : [];
  });
  expect(losses[2]).toBeLessThan((losses[0] ?? 0) / 2);
  const trained = await stateHash(page);
  expect(trained).not.toBe(initial);

  await lazuli.command('file.save');
  await expect.poll(() => existsSync(join(folder, 'digits.pt'))).toBe(true);
  await expect(page.getByText('Unsaved changes')).toHaveCount(0);
  await lazuli.close();

  const again = await launch({ project: join(folder, 'digits.lazuli'), folder });
  await expect(node(again.page, 'conv1')).toContainText('16×1×3×3');
  expect(await stateHash(again.page)).toBe(trained);
  await again.close();
});

test('undo and redo cross a materialization', async ({ lazuli }) => {
  const { page } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(node(page, 'conv1')).toContainText('16×1×3×3');
  const fed = await stateHash(page);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(node(page, 'conv1')).toContainText('uninitialized');
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect(node(page, 'conv1')).toContainText('16×1×3×3');
  expect(await stateHash(page)).toBe(fed);
});

test('a sample that changes sizes lists them first; initialized anew is only what must be, and it can be undone', async ({
  lazuli,
}, info) => {
  const { page } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(node(page, 'conv2')).toContainText('32×16×3×3');
  await node(page, 'conv1').click();
  const channels = page.getByRole('complementary', { name: 'Inspector' }).getByLabel('out_channels');
  // While it is typed the cards tell what would become of them; Escape takes that back.
  await channels.fill('12');
  await expect(page.getByText(/Before.*after: \d+ layers would change/)).toBeVisible();
  await expect(node(page, 'conv2')).toContainText('32×16×3×332×12×3×3');
  await channels.press('Escape');
  await expect(node(page, 'conv2')).not.toContainText('32×12×3×3');
  await channels.fill('12');
  await channels.press('Enter');

  const feed = page.getByRole('button', { name: 'Feed sample' }).first();
  await feed.click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('row').filter({ hasText: 'conv2.weight' })).toContainText(
    '32×16×3×332×12×3×3',
  );
  await expect(node(page, 'conv2')).toContainText('32×16×3×332×12×3×3');
  await page.screenshot({ path: info.outputPath('before-after.png') });
  await expect(dialog).toContainText('norm1.running_mean');
  await expect(dialog).not.toContainText('fc1.weight');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(node(page, 'conv2')).toContainText('32×16×3×3');
  await expect(node(page, 'conv2')).not.toContainText('32×12×3×3');

  await feed.click();
  await dialog.getByRole('button', { name: 'Initialize anew' }).click();
  await expect(dialog).toBeHidden();
  await expect(node(page, 'conv2')).toContainText('32×12×3×3');
  await expect(node(page, 'conv1')).toContainText('12×1×3×3');
  const anew = await stateHash(page);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(node(page, 'conv2')).toContainText('32×16×3×3');
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect(node(page, 'conv2')).toContainText('32×12×3×3');
  expect(await stateHash(page)).toBe(anew);
});

test('a reload of the window while training loses neither the run nor the unsaved graph', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Epochs').fill('5000');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(page.getByRole('button', { name: 'Stop' }).first()).toBeEnabled();
  await page.reload();
  await page.getByRole('tab', { name: 'Training' }).click();
  await expect(page.getByRole('button', { name: 'Stop' }).first()).toBeEnabled();
  await expect(page.getByLabel('Epochs', { exact: true })).toHaveValue('5000');
  // The history of changes came along.
  await expect(page.getByRole('button', { name: 'Undo change epochs' })).toBeVisible();
  const before = await steps(page);
  await expect.poll(() => steps(page)).toBeGreaterThan(before);
  await page.getByRole('button', { name: 'Stop' }).first().click();
  await expect(page.getByRole('button', { name: 'Start training' }).first()).toBeEnabled();
});

const steps = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const reply = await window.lazuli.call['app.state']();
    return reply.ok ? (reply.value.run.events.at(-1)?.step ?? 0) : -1;
  });
