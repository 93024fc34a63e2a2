// Looking at a run and into layers, by mouse and by keyboard: curves smoothed, on a logarithmic axis and looked into; what is frozen and
// tied; attention maps; what a sample never reached, and the wave of shapes that it sends through the graph.
import type { Locator, Page } from '@playwright/test';

import { card, drag, middle } from './support/canvas';
import { expect, test } from './support/fixtures';

const inspectorOf = (page: Page): Locator => page.getByRole('complementary', { name: 'Inspector' });
const picture = (plot: Locator): Promise<string> =>
  plot
    .locator('canvas')
    .first()
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

test('a curve is smoothed, drawn on a logarithmic axis, and looked into by keys and by dragging', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Epochs', { exact: true }).fill('3');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(page.getByText(/Finished after/)).toBeVisible({ timeout: 60_000 });
  const plot = page.getByRole('group', { name: /^loss\./i });
  const plain = await picture(plot);
  const changes = (to: string): Promise<void> => expect.poll(() => picture(plot)).not.toBe(to);
  const returns = (to: string): Promise<void> => expect.poll(() => picture(plot)).toBe(to);

  await page.getByRole('slider', { name: 'Smoothing' }).focus();
  await page.keyboard.press('End');
  await changes(plain);
  await page.keyboard.press('Home');
  await returns(plain);
  await page.getByLabel('Log scale').press('Space');
  await changes(plain);
  await page.getByLabel('Log scale').click();
  await returns(plain);

  await plot.focus();
  await page.keyboard.press('+');
  await changes(plain);
  const closer = await picture(plot);
  await page.keyboard.press('ArrowRight');
  await changes(closer);
  await page.keyboard.press('0');
  await returns(plain);
  const at = await middle(plot);
  await drag(page, { x: at.x - 30, y: at.y }, { x: at.x + 40, y: at.y });
  await changes(plain);
});

test('a parameter is frozen and tied from the keyboard: both are seen in the list, counted, and undone', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  const inspector = inspectorOf(page);
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  await page.getByRole('tab', { name: 'Parameters' }).click();
  const row = (key: string): Locator => page.getByRole('row').filter({ hasText: key });
  await card(page, 'norm1').focus();
  await page.keyboard.press('Enter');
  await inspector.getByLabel('Freeze weight').press('Space');
  await expect(row('norm1.weight')).toContainText('frozen');
  await inspector.getByLabel('Tie of bias').selectOption('tied to conv1.bias');
  await expect(row('norm1.bias')).toContainText('tied');
  await card(page, 'norm1').press('Escape');
  // One of 16 numbers less to learn.
  await expect(inspector.getByText('38,362', { exact: true })).toBeVisible();
  await lazuli.command('edit.undo');
  await expect(inspector.getByText('38,378', { exact: true })).toBeVisible();
  await lazuli.command('edit.undo');
  await expect(row('norm1.weight')).not.toContainText('frozen');
});

test('what a sample never reached is listed and found; the others light up in the order they run in', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  // Nothing is selected: the layer stands alone.
  await page
    .getByRole('navigation', { name: 'Layers' })
    .getByRole('button', { name: 'Linear', exact: true })
    .press('Enter');
  await expect(card(page, 'linear1')).toBeVisible();
  // Looked at from the first frame on: a while later all chips are as they stay.
  const wave = page.evaluate(
    () =>
      new Promise<Record<string, number>>((resolve) => {
        const look = (): void => {
          const chips = [...document.querySelectorAll<HTMLElement>('.chip.is-fresh')];
          if (chips.length === 0) {
            requestAnimationFrame(look);
            return;
          }
          const nameOf = (chip: HTMLElement): string =>
            chip.closest('.react-flow__node')?.getAttribute('aria-label')?.split(',')[0] ?? '';
          resolve(
            Object.fromEntries(
              chips.map((chip) => [nameOf(chip), Number.parseFloat(chip.style.animationDelay)]),
            ),
          );
        };
        look();
      }),
  );
  await lazuli.command('model.feed');
  const delays = await wave;
  expect(delays['conv1']).toBeLessThan(delays['conv2'] ?? 0);
  expect(delays['conv2']).toBeLessThan(delays['fc1'] ?? 0);
  expect(delays['fc1']).toBeLessThan(delays['fc2'] ?? 0);

  await page.getByRole('tab', { name: 'Sample' }).click();
  const unreached = page.getByRole('list', { name: 'Parameters not reached' });
  await expect(unreached.getByRole('listitem')).toHaveText(['linear1.weight', 'linear1.bias']);
  await page.locator('.react-flow__pane').click({ position: { x: 6, y: 6 } });
  await unreached.getByRole('button', { name: 'linear1.weight' }).press('Enter');
  await expect(card(page, 'linear1')).toHaveClass(/\bselected\b/);
});

test.describe('a transformer', () => {
  test.use({ example: 'opticks' });

  test('shows where each head looks, for the first sample', async ({ lazuli }, info) => {
    const { page } = lazuli;
    await page.getByRole('button', { name: 'Feed sample' }).first().click();
    await expect(card(page, 'scores')).toContainText('72×64');
    await card(page, 'transformer').click();
    const inspector = inspectorOf(page);
    await inspector.getByRole('button', { name: 'On the sample' }).press('Enter');
    const heads = inspector
      .getByRole('group', { name: /^Attention/ })
      .first()
      .getByRole('img');
    await expect(heads.first()).toHaveAccessibleName(/^head 1/i);
    expect(await heads.count()).toBeGreaterThan(1);
    await heads.first().scrollIntoViewIfNeeded();
    await page.screenshot({ path: info.outputPath('attention.png') });
  });
});
