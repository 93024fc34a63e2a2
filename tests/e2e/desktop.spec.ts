// The window as a citizen of the desktop: settings that can be searched, another language, high contrast, the tour of a first start.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { card } from './support/canvas';
import { expect, test } from './support/fixtures';
import { launch } from './support/lazuli';

test('settings are searched, changed and kept, by keyboard alone; shortcuts are listed; the window speaks German', async ({
  lazuli,
}, info) => {
  const { app, page, folder } = lazuli;
  const kept = (): unknown => JSON.parse(readFileSync(join(folder, 'user-data', 'settings.json'), 'utf8'));
  await lazuli.command('file.settings');
  const dialog = page.getByRole('dialog', { name: 'Settings' });
  const search = dialog.getByRole('searchbox');
  await expect(search).toBeFocused();
  await page.screenshot({ path: info.outputPath('settings.png') });
  await page.keyboard.type('tensorb');
  await expect(dialog.getByRole('checkbox')).toHaveCount(1);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await expect.poll(kept).toMatchObject({ tensorboard: true });
  await search.fill('palette');
  await expect(dialog.getByText('Ctrl+K')).toBeVisible();
  await search.fill('nowhere');
  await expect(dialog.getByText('No setting and no shortcut is called “nowhere”.')).toBeVisible();

  await search.fill('contrast');
  await dialog.getByLabel('Contrast').selectOption('more');
  await expect(page.locator('html')).toHaveAttribute('data-contrast', 'more');
  await page.screenshot({ path: info.outputPath('contrast-light.png') });
  await page.keyboard.press('Escape');
  await page.screenshot({ path: info.outputPath('contrast-window.png') });
  await lazuli.command('view.themeDark');
  await page.screenshot({ path: info.outputPath('contrast-dark.png') });

  await lazuli.command('file.settings');
  await dialog.getByLabel('Language').selectOption('de');
  const german = page.getByRole('dialog', { name: 'Einstellungen' });
  await expect(german).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  // Found by its English name too.
  await german.getByRole('searchbox').fill('theme');
  await expect(german.getByLabel('Farbschema')).toHaveValue('dark');
  await page.screenshot({ path: info.outputPath('german.png') });
  await page.keyboard.press('Escape');
  await page.screenshot({ path: info.outputPath('german-window.png') });
  const label = await app.evaluate(
    ({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('file.save')?.label,
  );
  expect(label).toBe('Speichern');
  expect(kept()).toMatchObject({ language: 'de', contrast: 'more', theme: 'dark' });
});

test('the window comes up again where it was and as large', async ({ lazuli }) => {
  const { app, folder } = lazuli;
  const place = { x: 60, y: 40, width: 1040, height: 680 };
  const ended = app.waitForEvent('close');
  await app.evaluate(({ BrowserWindow }, bounds) => {
    const [window] = BrowserWindow.getAllWindows();
    window?.setBounds(bounds);
    // After this call was answered.
    setTimeout(() => window?.close());
  }, place);
  await ended;
  const kept: unknown = JSON.parse(readFileSync(join(folder, 'user-data', 'settings.json'), 'utf8'));
  expect(kept).toMatchObject({ bounds: place });
  const again = await launch({ project: join(folder, 'digits.lazuli'), folder });
  const bounds = await again.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.getNormalBounds(),
  );
  expect(bounds).toEqual(place);
});

test.describe('at the first start', () => {
  test.use({ isFirstStart: true });

  test('a tour leads from the graph to a trained and saved model on the real window, and never comes again', async ({
    lazuli,
  }, info) => {
    const { page, folder } = lazuli;
    const tour = page.getByRole('dialog', { name: 'Tour of the window' });
    await expect(tour).toContainText('Step 1 of 5');
    await expect(tour).toBeFocused();
    await page.screenshot({ path: info.outputPath('tour-1.png') });
    await tour.getByRole('button', { name: 'Next' }).press('Enter');
    await expect(tour).toContainText('Feed one sample');
    await page.screenshot({ path: info.outputPath('tour-2.png') });
    await page.getByRole('button', { name: 'Feed sample' }).first().click();
    await expect(tour).toContainText('See the shapes');
    await expect(card(page, 'fc2')).toContainText('10×64');
    await page.screenshot({ path: info.outputPath('tour-3.png') });
    await tour.getByRole('button', { name: 'Next' }).press('Enter');
    await page.getByLabel('Epochs', { exact: true }).fill('1');
    await page.getByRole('button', { name: 'Start training' }).first().click();
    await expect(tour).toContainText('Step 5 of 5');
    await page.screenshot({ path: info.outputPath('tour-5.png') });
    await tour.getByRole('button', { name: 'Back' }).press('Enter');
    await page.keyboard.press('Escape');
    await expect(tour).toHaveCount(0);
    expect(JSON.parse(readFileSync(join(folder, 'user-data', 'settings.json'), 'utf8'))).toMatchObject({
      isTourOver: true,
    });
    await lazuli.command('help.tour');
    await expect(tour).toContainText('Step 1 of 5');
    await tour.getByRole('button', { name: 'Skip the tour' }).click();
    await expect(tour).toHaveCount(0);
  });
});
