// The parameter browser in the window: figures of every tensor, one in full, values changed and drawn anew, all of it undone.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { card } from './support/canvas';
import { expect, test } from './support/fixtures';

test.use({ example: 'digits' });

test('tensors are listed with their figures, looked into, changed by keyboard, and undone', async ({
  lazuli,
}, info) => {
  const { app, page } = lazuli;
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 860);
  });
  await page.getByRole('tab', { name: 'Parameters' }).click();
  const row = (key: string) => page.getByRole('row').filter({ hasText: key });
  const detail = page.getByRole('region', { name: /^Details of/ });
  await expect(row('conv1.weight')).toContainText('uninitialized');
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(row('conv1.weight')).toContainText('materialized');
  await expect(row('conv1.weight')).toContainText(/0\.\d+/);
  await page.screenshot({ path: info.outputPath('parameters.png') });

  await page.getByLabel('Search tensors').fill('conv2 weight');
  await expect(page.getByText(/^1 of 18$/)).toBeVisible();
  await expect(detail).toContainText('32×16×3×3');
  await expect(detail).toContainText('4,608');
  await detail.getByRole('button', { name: 'Picture' }).click();
  await expect(detail.getByRole('img')).toHaveAccessibleName(
    /32 outputs across, 16 inputs down, kernels 3×3/,
  );
  await page.screenshot({ path: info.outputPath('kernels.png') });

  await page.getByLabel('Search tensors').fill('fc2.bias');
  await detail.getByRole('button', { name: 'Values' }).click();
  const grid = detail.getByRole('grid');
  const first = grid.getByRole('gridcell').first();
  await expect(first).toContainText(/0\.\d+/);
  const old = await first.textContent();
  await grid.focus();
  await page.keyboard.type('nan');
  await expect(first).toHaveText(old ?? '');
  // What stands in an opened field is replaced by typing; no number is told; Escape leaves it, going elsewhere sets it.
  await page.keyboard.press('Enter');
  await page.keyboard.type('abc');
  await expect(detail.getByRole('alert')).toHaveText('a number, nan or inf');
  await page.keyboard.press('Escape');
  await expect(first).toHaveText(old ?? '');
  await expect(grid).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.type('0,25');
  await page.getByLabel('Search tensors').focus();
  await expect(first).toHaveText('0.25');
  await lazuli.command('edit.undo');
  await expect(first).toHaveText(old ?? '');
  await grid.focus();
  await page.keyboard.press('F2');
  await page.getByLabel('Value at 0, 0').fill('nan');
  await page.keyboard.press('Enter');
  await expect(first).toHaveText('NaN');
  await expect(detail).toContainText('NaN, Inf');
  await page.screenshot({ path: info.outputPath('values.png') });
  await page.getByLabel('Search tensors').fill('');
  await page.getByLabel('Which tensors').selectOption('not finite');
  await expect(page.getByText(/^1 of 18$/)).toBeVisible();
  await lazuli.command('edit.undo');
  await expect(page.getByText(/^0 of 18$/)).toBeVisible();

  await page.getByLabel('Which tensors').selectOption('all');
  await page.getByLabel('Search tensors').fill('fc2.bias');
  await expect(first).toHaveText(old ?? '');
  await detail.getByRole('button', { name: 'Initialize anew' }).click();
  await expect(first).not.toHaveText(old ?? '');
  await lazuli.command('edit.undo');
  await expect(first).toHaveText(old ?? '');

  await detail.getByRole('button', { name: 'Copy as NumPy' }).click();
  await expect(page.getByText('Copied fc2.bias as NumPy')).toBeVisible();
  expect(await app.evaluate(({ clipboard }) => clipboard.readText())).toMatch(
    /^np\.array\(\[.*\], dtype=np\.float32\)$/,
  );
});

test('the list is walked by keyboard and ordered by a figure', async ({ lazuli }) => {
  const { page } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await page.getByRole('tab', { name: 'Parameters' }).click();
  const selected = page.getByRole('row', { selected: true });
  await expect(selected).toContainText('conv1.weight');
  await page.getByRole('rowgroup', { name: 'Tensors' }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(selected).toContainText('conv1.bias');
  await page.keyboard.press('End');
  await expect(selected).toContainText('fc2.bias');
  await expect(page.getByRole('region', { name: 'Details of fc2.bias' })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('fc2');
  await page.getByRole('button', { name: 'Norm', exact: true }).click();
  // Its 32 weights are ones: √32 is more than any other tensor's norm.
  await expect(page.getByRole('row').nth(1)).toContainText('norm2.weight');
});

test('what a layer does with the sample is shown on demand, by keyboard, and follows the training', async ({
  lazuli,
}, info) => {
  const { app, page } = lazuli;
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 1100);
  });
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await card(page, 'relu1').click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByRole('button', { name: 'On the sample' }).focus();
  await page.keyboard.press('Enter');
  const values = inspector.getByRole('group', { name: 'Values' });
  await expect(values).toContainText('zero');
  await expect(inspector.getByRole('group', { name: 'Gradient of the loss' })).toBeVisible();
  await expect(inspector.getByRole('img', { name: /^The first sample: 16 maps/ })).toBeVisible();
  // What it costs in a training step, here, on the cards and in a legend.
  const costs = inspector.getByRole('group', { name: 'Cost in a training step' });
  await expect(costs.getByRole('row', { name: /^backward/ })).toContainText(/[µm]s/);
  await expect(costs).toContainText('% of a step');
  await lazuli.command('view.heatTime');
  const legend = page.getByRole('region', { name: 'Cost on the cards' });
  await expect(legend).toContainText(/The step: .* optimizer/);
  await expect(card(page, 'conv2').locator('.card-cost')).toContainText(/[µm]s/);
  await legend.getByRole('combobox').selectOption('Parameters');
  await expect(card(page, 'fc1').locator('.card-cost')).toHaveText('32,832');
  await legend.getByRole('button', { name: 'Hide the cost on the cards' }).press('Enter');
  await expect(legend).toHaveCount(0);
  const before = (await values.textContent()) ?? '';
  await page.screenshot({ path: info.outputPath('activity.png') });
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(values).not.toHaveText(before);

  // What the model says of single samples: pictures, the most wrong first; a cell of the matrix lists its samples.
  await expect(page.getByRole('button', { name: 'Start training' }).first()).toBeVisible({ timeout: 30_000 });
  await page.getByRole('tab', { name: 'Predictions' }).click();
  const samples = page.getByRole('list', { name: /samples$/ });
  await expect(page.getByText(/of 359 validation samples wrong/)).toBeVisible();
  await expect(samples.getByRole('img', { name: /^Sample, \d/ }).first()).toBeVisible();
  await page.screenshot({ path: info.outputPath('predictions.png') });
  await page.getByRole('button', { name: /^3 taken for 3:/ }).press('Enter');
  await expect(page.getByRole('button', { name: /^3 taken for 3:/ })).toHaveAttribute('aria-pressed', 'true');
  for (const picture of await samples.getByRole('img', { name: /^Sample/ }).all())
    await expect(picture).toHaveAccessibleName('Sample, 3');
  await page.getByLabel('Only wrong ones').check();
  await expect(page.getByText('0 shown')).toBeVisible();
  await page.getByRole('button', { name: /Show all samples again/ }).click();
  await expect(samples.locator('.sample-card:not(.is-wrong)')).toHaveCount(0);
});

test('a deep stack has a card of twelve lines; the inspector lists the first tensors and all when asked', async ({
  lazuli,
}, info) => {
  const { page, folder } = lazuli;
  const file = join(folder, 'digits.lazuli');
  const project = JSON.parse(readFileSync(file, 'utf8')) as { graph: { nodes: unknown[]; edges: unknown[] } };
  const stack = { id: 'deep', name: 'deep', layer: 'transformer_encoder', position: { x: 0, y: 0 } };
  project.graph = { nodes: [{ ...stack, params: { nhead: 2, num_layers: 5 } }], edges: [] };
  writeFileSync(join(folder, 'deep.lazuli'), JSON.stringify(project));
  await lazuli.answerDialog(join(folder, 'deep.lazuli'));
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  const deep = card(page, 'deep');
  await expect(deep.getByRole('listitem')).toHaveCount(12);
  await expect(deep.getByRole('listitem').last()).toHaveText('+ 49 tensors, 49 uninitialized');
  await deep.click();
  const listed = page.getByRole('region', { name: 'Parameters', exact: true }).getByRole('listitem');
  await expect(listed).toHaveCount(24);
  await page.screenshot({ path: info.outputPath('deep.png') });
  await page.getByRole('button', { name: 'Show the other 36' }).press('Enter');
  await expect(listed).toHaveCount(60);
});
