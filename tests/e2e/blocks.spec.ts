// Blocks by keyboard and by mouse: collapse, feed, open, edit inside, repeat, share, reuse, break up; undo covers all of it.
import type { Page } from '@playwright/test';

import { card, cards, collapse, edge, runFromPalette } from './support/canvas';
import { expect, test } from './support/fixtures';

const keys = (page: Page): Promise<readonly string[]> =>
  page.evaluate(async () => {
    const reply = await window.lazuli.call['app.state']();
    const nodes = reply.ok ? (reply.value.opened?.model.nodes ?? []) : [];
    return nodes.flatMap((node) => node.parameters.map(({ key, shape }) => `${key} ${shape.join('×')}`));
  });

test('a selection becomes a block that is fed, opened, edited, left, undone and broken up', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  await collapse(page, ['conv1', 'norm1', 'relu1'], 'stem');
  await expect(cards(page)).toHaveCount(11);
  await expect(edge(page, 'input', 'stem')).toHaveCount(1);
  await expect(edge(page, 'stem', 'pool1')).toHaveCount(1);
  await expect(card(page, 'stem')).toContainText('7 tensors, 6 uninitialized');
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'stem')).toContainText('64×16×8×8');
  await expect.poll(() => keys(page)).toContain('stem.conv1.weight 16×1×3×3');

  await card(page, 'stem').click();
  await page.keyboard.press('ControlOrMeta+E');
  await expect(page.getByRole('navigation', { name: 'Opened blocks' })).toContainText('stem');
  await expect(cards(page)).toHaveCount(5);
  await expect(card(page, 'conv1')).toContainText('16×1×3×3');
  await expect(card(page, 'input')).toContainText('64×1×8×8');
  // The keys go on at the first card, and outside at the one that was opened.
  await expect(card(page, 'input')).toBeFocused();
  for (const name of ['input', 'conv1', 'relu1', 'output'])
    await expect(card(page, name)).toBeInViewport({ ratio: 0.99 });
  await page.keyboard.press('ControlOrMeta+Shift+E');
  await expect(card(page, 'stem')).toBeFocused();
  await page.keyboard.press('ControlOrMeta+E');
  await card(page, 'conv1').click();
  const size = page.getByRole('complementary', { name: 'Inspector' }).getByLabel('padding', { exact: true });
  await size.fill('0');
  await size.press('Enter');
  await expect(card(page, 'output')).toContainText('64×16×6×6');
  await page
    .getByRole('navigation', { name: 'Opened blocks' })
    .getByRole('button', { name: 'digits' })
    .click();
  await expect(card(page, 'stem')).toContainText('64×16×6×6');
  await lazuli.command('edit.undo');
  await expect(card(page, 'stem')).toContainText('64×16×8×8');

  await card(page, 'stem').click();
  await page.keyboard.press('ControlOrMeta+Shift+G');
  await expect(cards(page)).toHaveCount(13);
  await expect(card(page, 'conv1')).toContainText('16×1×3×3');
  // Three at once, the second over the values that the sample gave: each counts, in turn.
  for (let step = 0; step < 3; step++) await lazuli.command('edit.undo');
  await expect(card(page, 'block1')).toBeVisible();
  await expect(card(page, 'block1')).toContainText('7 tensors, 6 uninitialized');
  await lazuli.command('edit.undo');
  await expect(cards(page)).toHaveCount(13);
});

test('a block repeats, shares its weights and is used again elsewhere', async ({ lazuli }) => {
  const { page } = lazuli;
  await collapse(page, ['fc1', 'relu3'], 'dense');
  await card(page, 'dense').click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByLabel('Repeat').fill('3');
  await inspector.getByLabel('Repeat').press('Enter');
  await expect(card(page, 'dense')).toContainText('×3');
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  await expect.poll(() => keys(page)).toContain('dense.2.fc1.weight 64×64');
  await expect.poll(() => keys(page)).toContain('dense.0.fc1.weight 64×512');

  await runFromPalette(lazuli, 'add block dense', /dense/);
  await expect(card(page, 'dense_1')).toBeVisible();
  await expect(inspector).toContainText('used 2 times');
  await lazuli.command('edit.undo');
  await expect(cards(page)).toHaveCount(12);
  await card(page, 'dense').dblclick({ position: { x: 20, y: 8 } });
  await expect(page.getByText('first copy shown')).toBeVisible();
  await page.keyboard.press('ControlOrMeta+Shift+E');
  await expect(page.getByRole('navigation', { name: 'Opened blocks' })).toHaveCount(0);
});
