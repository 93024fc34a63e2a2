// Without a mouse and without seeing: the outline as the canvas's twin, connecting by keyboard, what is announced, and axe's findings
// in every main state.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';

import { card, cards, edge, fillName, openOutline } from './support/canvas';
import { expect, test } from './support/fixtures';

declare global {
  interface Window {
    /** Put there by axe's script. */
    readonly axe: { run(context: Document, options: RunOptions): Promise<AxeResults> };
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test('the outline mirrors the canvas: found, renamed, connected, deleted and undone by keyboard alone', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  const tree = await openOutline(lazuli);
  await page.keyboard.type('fc1');
  const active = page.locator('.outline-row.is-active');
  await expect(active).toHaveText(/^fc1, Linear, .*2 uninitialized/);
  await expect(card(page, 'fc1')).toHaveClass(/\bselected\b/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(active).toHaveText(/^input input, from flatten/);
  await page.keyboard.press('ArrowDown');
  await expect(active).toHaveText(/^output output, .*, to relu3/);
  await page.keyboard.press('ArrowDown');
  await expect(active).toHaveText(/^weight, 64×\?, uninitialized, waits for in_features/);

  // From the output of fc1 to the input of fc2, past relu3.
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Alt+C');
  const dialog = page.getByRole('dialog', { name: 'Connect output output of fc1' });
  await page.keyboard.type('fc2');
  await expect(dialog.getByRole('option')).toHaveCount(1);
  await expect(dialog.getByRole('option')).toContainText('instead of relu3');
  await page.keyboard.press('Enter');
  await expect(edge(page, 'fc1', 'fc2')).toHaveCount(1);
  await expect(page.getByRole('status', { name: 'What changed' })).toContainText('Connect');

  // The canvas leads the tree too.
  await card(page, 'conv2').locator('.card-layer').click();
  await expect(active).toHaveText(/^conv2, Conv2d/);
  await tree.focus();
  await page.keyboard.press('F2');
  await fillName(page, 'filters');
  await expect(page.getByRole('treeitem', { name: /^filters, Conv2d/ })).toHaveCount(1);
  await tree.focus();
  await page.keyboard.press('Delete');
  await expect(cards(page)).toHaveCount(12);
  await expect(tree).toBeFocused();
  await page.keyboard.press('ControlOrMeta+Z');
  await expect(cards(page)).toHaveCount(13);
});

test('axe finds nothing serious in the main states, light, dark and with high contrast', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  const found: string[] = [];
  const look = async (state: string): Promise<void> => {
    const serious = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, {
        resultTypes: ['violations'],
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'],
      });
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(
          ({ id, nodes }) =>
            `${id}: ${nodes
              .map(({ html }) => html.slice(0, 160))
              .slice(0, 4)
              .join(' | ')}`,
        );
    });
    found.push(...serious.map((line) => `${state}: ${line}`));
  };
  // Colours change at once.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  // The page's policy lets no script in but its own; the debugger's door is not the page's.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: AXE });
  await look('start');
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  // While chips light up their colours are on the way.
  await expect(page.locator('.chip.is-fresh')).toHaveCount(0);
  await card(page, 'conv1').locator('.card-layer').click();
  await look('fed, a layer selected');
  for (const tab of ['Training', 'Problems', 'Outline']) {
    await page.getByRole('tab', { name: tab }).click();
    await look(tab);
  }
  // The costs by layer in inspector, cards and report, and what the model says of its samples.
  await page.getByRole('button', { name: 'On the sample' }).click();
  await lazuli.command('view.heatTime');
  await expect(page.getByRole('region', { name: 'Cost on the cards' })).toContainText('Median of');
  await page.getByRole('tab', { name: 'Predictions' }).click();
  await expect(page.getByRole('img', { name: /^Sample, / }).first()).toBeVisible();
  await look('predictions and costs');
  const theme = (name: string) => expect(page.locator('html')).toHaveAttribute('data-theme', name);
  await lazuli.command('view.themeDark');
  await theme('dark');
  await look('dark');
  await lazuli.command('view.themeLight');
  await theme('light');
  await lazuli.command('view.heatTime');
  await lazuli.command('model.report');
  await page.getByLabel('Measure what each layer costs').check();
  await expect(page.getByRole('columnheader', { name: 'Backward' })).toBeVisible();
  await look('report');
  await page.keyboard.press('Escape');
  await lazuli.command('view.commandPalette');
  await expect(page.getByRole('dialog', { name: 'Command palette' })).toBeVisible();
  await look('command palette');
  await page.keyboard.press('Escape');
  await lazuli.command('file.new');
  await expect(page.getByRole('dialog', { name: 'New project' })).toBeVisible();
  await look('new project');
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Epochs', { exact: true }).fill('1');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await lazuli.command('view.runs');
  await page.getByRole('checkbox', { name: 'Compare run 1' }).check();
  await expect(page.getByRole('row', { name: /optimizer.lr/ })).toBeVisible();
  await look('runs');
  await lazuli.command('file.settings');
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
  await look('settings');
  await page.getByLabel('Contrast').selectOption('more');
  await page.getByLabel('Theme').selectOption('dark');
  await page.keyboard.press('Escape');
  await theme('dark');
  await lazuli.command('help.tour');
  await expect(page.getByRole('dialog', { name: 'Tour of the window' })).toBeVisible();
  await look('tour over the runs, more contrast, dark');
  await page.keyboard.press('Escape');
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await look('high contrast');
  expect(found).toEqual([]);
});

test('the palette is one stop of the Tab key; arrows walk through it and Enter adds', async ({ lazuli }) => {
  const { page } = lazuli;
  const palette = page.getByRole('navigation', { name: 'Layers' });
  const item = (name: string) => palette.getByRole('button', { name, exact: true });
  await palette.getByRole('searchbox').focus();
  await page.keyboard.press('Tab');
  await expect(item('input')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(item('Linear')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(palette.locator(':focus')).toHaveCount(0);
  await page.keyboard.press('Shift+Tab');
  await expect(item('Linear')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(card(page, 'linear1')).toBeVisible();

  await palette.getByRole('searchbox').fill('dropout');
  await page.keyboard.press('ArrowDown');
  await expect(item('Dropout')).toBeFocused();
  await page.keyboard.press('End');
  await expect(palette.locator('.palette-item').last()).toBeFocused();
  await page.keyboard.press('Home');
  await expect(item('Dropout')).toBeFocused();
});
