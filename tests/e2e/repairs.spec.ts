// An error sits on its edge with a repair that was tried; a shape says where its numbers come from.
import type { Locator } from '@playwright/test';

import { card, edge } from './support/canvas';
import { expect, test } from './support/fixtures';

test('a size that does not fit is mended from the edge or from the list, and undone', async ({ lazuli }) => {
  const { page } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  await card(page, 'fc1').click();
  const size = page.getByRole('complementary', { name: 'Inspector' }).getByLabel('in_features');
  await size.fill('100');
  await size.press('Enter');
  const label = page.locator('.edge-label.has-error');
  await expect(label).toContainText('expected 100, got 512');
  await label.getByRole('button', { name: "Leave in_features of 'fc1' blank" }).click();
  await expect(label).toHaveCount(0);
  await lazuli.command('edit.undo');
  await expect(label).toHaveCount(1);
  await page.getByRole('tab', { name: /Problems/ }).click();
  const panel = page.getByRole('tabpanel');
  await panel.getByRole('button', { name: "Set in_features of 'fc1' to 512" }).click();
  await expect(panel.getByText('No problems.')).toBeVisible();

  // In the inspector, where the number is typed: from the layer above to the one that reads it, both at once seen before.
  await card(page, 'fc2').click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByLabel('in_features').fill('50');
  await inspector.getByLabel('in_features').press('Enter');
  const above = inspector.getByRole('button', { name: "Set out_features of 'fc1' to 50" });
  await above.focus();
  await expect(card(page, 'fc1')).toContainText('50×512');
  await page.keyboard.press('Enter');
  await expect(panel.getByText('No problems.')).toBeVisible();
});

test('a size that an earlier sample gave is mended by feeding again, from the list by keyboard', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc1')).toContainText('64×512');
  await card(page, 'pool1').click();
  const size = page.getByRole('complementary', { name: 'Inspector' }).getByLabel('kernel_size');
  await size.fill('4');
  await size.press('Enter');
  const note = card(page, 'fc1').locator('.card-problem');
  await expect(note).toContainText('expected 512, got 128');
  // It fits between two cards of the arranged graph.
  const [top, below] = await Promise.all([note.boundingBox(), card(page, 'relu3').boundingBox()]);
  expect((top?.y ?? 0) + (top?.height ?? 0)).toBeLessThan(below?.y ?? 0);
  await page.getByRole('tab', { name: /Problems/ }).click();
  const repairs = page.getByRole('group', { name: "Repairs of node 'fc1'" });
  await repairs.getByRole('button', { name: "Feed again and initialize 'fc1' anew" }).press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('64×128');
  await dialog.getByRole('button', { name: 'Initialize anew' }).press('Enter');
  await expect(page.getByRole('tabpanel').getByText('No problems.')).toBeVisible();
  await expect(card(page, 'fc1')).toContainText('64×128');
});

test('hovering a shape names the nodes its sizes come from', async ({ lazuli }) => {
  const { page } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  await expect(edge(page, 'flatten', 'fc1')).toHaveCount(1);
  const label = page.locator('.edge-label').filter({ hasText: /^64×512$/ });
  await label.hover();
  await expect(label).toHaveAttribute('title', /512 = 32·4·4 from 'flatten' ← /);

  // On a card, of a tensor by axis and of the result; in the inspector and in the tables too.
  const weight = card(page, 'fc1').locator('.chip-shape').first();
  await weight.hover();
  await expect(weight).toHaveAttribute('title', /^64 from 'fc1'\n512 = 32·4·4 from 'flatten' ← /);
  const bias = card(page, 'fc1').locator('.chip-shape').nth(1);
  await bias.hover();
  await expect(bias).toHaveAttribute('title', "64 from 'fc1'");
  const result = card(page, 'output').locator('.card-footer .shape');
  await result.hover();
  await expect(result).toHaveAttribute('title', "10 from 'fc2'");
  const why = async (of: Locator, told: RegExp): Promise<void> => {
    await of.hover();
    await expect(of).toHaveAttribute('title', told);
  };
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await why(inspector.getByText('38,378', { exact: true }), /^32,832 from 'fc1'\n4,640 from 'conv2'/);
  await card(page, 'fc1').click();
  // What was inferred is told without hovering.
  await expect(inspector.getByText(/^512 = 32·4·4 from 'flatten' ← .* ← the sample's 1×8×8$/)).toBeVisible();
  await why(inspector.getByRole('region', { name: 'Shapes' }).getByText('64×64'), /^64 from 'fc1'$/);
  await page.getByRole('tab', { name: 'Parameters' }).click();
  await why(
    page.getByRole('row').filter({ hasText: 'conv2.weight' }).getByText('32×16×3×3'),
    /16 from 'pool1' ← 'conv1'/,
  );
});
