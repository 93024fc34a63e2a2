// Every state of the window a reader of the docs sees, from the real app. LAZULI_SCREENSHOTS=1 writes them to docs/screenshots.
import { resolve } from 'node:path';

import { card, collapse } from './support/canvas';
import { expect, test } from './support/fixtures';

const FOLDER = resolve(import.meta.dirname, '../../docs/screenshots');

test.use({ example: 'digits' });

test('pictures of each state', async ({ lazuli }, info) => {
  const { app, page } = lazuli;
  const shoot = (name: string): Promise<unknown> =>
    page.screenshot({
      path: process.env['LAZULI_SCREENSHOTS'] ? `${FOLDER}/${name}.png` : info.outputPath(`${name}.png`),
      animations: 'disabled',
    });
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 860);
  });
  await lazuli.command('view.themeLight');
  await lazuli.command('view.fit');
  await page.getByRole('tab', { name: 'Sample' }).click();
  await expect(page.getByText(/1,797 samples/)).toBeVisible();
  await shoot('uninitialized');

  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  await shoot('fed');

  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Epochs').fill('600');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(page.getByText(/\b[1-9][0-9]{1,2} \/ 600/)).toBeVisible({ timeout: 60_000 });
  await shoot('training');
  await page.getByRole('button', { name: 'Stop' }).first().click();
  await expect(page.getByRole('button', { name: 'Start training' }).first()).toBeEnabled();

  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByRole('checkbox', { name: 'Compare run 1' }).check();
  await expect(page.getByRole('row', { name: /optimizer.lr/ })).toBeVisible();
  await shoot('runs');
  await page.getByRole('tab', { name: 'Training' }).click();

  await card(page, 'conv2').click();
  await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('32×16×3×3');
  await shoot('inspector');

  await card(page, 'relu1').click();
  await page.getByRole('button', { name: 'On the sample' }).click();
  await expect(page.getByRole('img', { name: /^The first sample/ })).toBeVisible();
  await shoot('activations');
  await lazuli.command('view.heatTime');
  await expect(page.getByRole('region', { name: 'Cost on the cards' })).toContainText('Median of');
  await page.getByRole('tab', { name: 'Predictions' }).click();
  await expect(page.getByRole('img', { name: /^Sample, / }).first()).toBeVisible();
  await shoot('costs-and-predictions');
  await lazuli.command('view.heatTime');
  await page.getByRole('button', { name: 'On the sample' }).click();

  await page.getByRole('tab', { name: 'Parameters' }).click();
  await page.getByLabel('Search tensors').fill('weight');
  await page.getByRole('row').filter({ hasText: 'conv1.weight' }).click();
  await page.getByRole('button', { name: 'Picture' }).click();
  await expect(page.getByRole('img', { name: /^conv1.weight/ })).toBeVisible();
  await shoot('parameters');
  await page.getByRole('tab', { name: 'Training' }).click();

  await lazuli.command('view.themeDark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await shoot('dark');

  await lazuli.command('view.commandPalette');
  await expect(page.getByRole('dialog')).toBeVisible();
  await shoot('command-palette');
  await page.keyboard.press('Escape');

  await lazuli.command('view.themeLight');
  await card(page, 'fc1').click();
  const size = page.getByRole('complementary', { name: 'Inspector' }).getByLabel('in_features');
  await size.fill('100');
  await size.press('Enter');
  await page.getByRole('tab', { name: /Problems/ }).click();
  await expect(page.getByText(/in_features: expected 100, got 512/).first()).toBeVisible();
  await shoot('problems');

  await lazuli.command('edit.undo');
  await collapse(page, ['conv1', 'norm1', 'relu1', 'pool1'], 'stem');
  await expect(card(page, 'stem')).toContainText('7 tensors');
  await expect(card(page, 'stem')).not.toContainText('uninitialized');
  await lazuli.command('view.fit');
  await shoot('block');
  await card(page, 'stem').click();
  await page.keyboard.press('ControlOrMeta+E');
  await expect(page.getByRole('navigation', { name: 'Opened blocks' })).toContainText('stem');
  await expect(card(page, 'output')).toBeInViewport({ ratio: 0.99 });
  await lazuli.command('view.fit');
  await shoot('block-opened');
});
