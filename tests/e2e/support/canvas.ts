// What the tests of the canvas share: cards, edges, a blank project, a step of dragging.
import type { Locator, Page } from '@playwright/test';

import { expect } from './fixtures';
import type { Lazuli } from './lazuli';

export const card = (page: Page, name: string): Locator =>
  page
    .locator('.react-flow__node')
    .and(page.getByLabel(new RegExp(`^${name},`)))
    .first();
export const cards = (page: Page): Locator => page.locator('.react-flow__node-layer');
export const notes = (page: Page): Locator => page.locator('.react-flow__node-note');
export const edges = (page: Page): Locator => page.locator('.react-flow__edge');
export const edge = (page: Page, from: string, to: string): Locator =>
  page.locator('.react-flow__edge').and(page.getByLabel(`${from} to ${to}`, { exact: true }));
export const output = (of: Locator): Locator => of.locator('.react-flow__handle.source').first();
export const input = (of: Locator): Locator => of.locator('.react-flow__handle.target').first();

/** A blank project in the same window; what was there is unchanged, so nothing is asked. */
export async function startBlank(lazuli: Lazuli): Promise<void> {
  const { page } = lazuli;
  await lazuli.command('file.new');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^blank/ })
    .click();
  await expect(cards(page)).toHaveCount(0);
}

/** The middle of what a locator shows, on the screen. */
export async function middle(of: Locator): Promise<{ readonly x: number; readonly y: number }> {
  const box = await of.boundingBox();
  if (!box) throw new Error('nothing is shown there');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Presses at one point, moves in steps, lets go at another. */
export async function drag(
  page: Page,
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
}

/** Positions of nodes in the document, by name. */
export const positions = (page: Page): Promise<Readonly<Record<string, { x: number; y: number }>>> =>
  page.evaluate(async () => {
    const reply = await window.lazuli.call['app.state']();
    const project = reply.ok ? (reply.value.unsaved ?? reply.value.opened?.project) : null;
    return Object.fromEntries(project?.graph.nodes.map(({ name, position }) => [name, position]) ?? []);
  });

/** Selects the cards of these names and collapses them into a block of that name, by the keyboard's shortcut. */
export async function collapse(page: Page, names: readonly string[], name: string): Promise<void> {
  for (const [at, each] of names.entries())
    await card(page, each).click({ modifiers: at === 0 ? [] : ['ControlOrMeta'] });
  await page.keyboard.press('ControlOrMeta+G');
  await fillName(page, name);
}

/** Fills the field for a name that has just been opened on a card. It takes the focus when the card is drawn. */
export async function fillName(page: Page, name: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Node name' });
  await expect(field).toBeFocused();
  await field.fill(name);
  await field.press('Enter');
}

/** Renames a card by the keyboard. */
export async function rename(page: Page, from: string, to: string): Promise<void> {
  await card(page, from).click();
  await page.keyboard.press('F2');
  await fillName(page, to);
  await expect(card(page, to)).toBeVisible();
}

/** The canvas has come to rest: two looks in a row find it in the same place. */
export async function settled(page: Page): Promise<void> {
  let before: string | null = null;
  await expect
    .poll(async () => {
      const now = await page.locator('.react-flow__viewport').getAttribute('style');
      const isSame = now === before;
      before = now;
      return isSame;
    })
    .toBe(true);
}

/** Types into the command palette once it takes the keys, and runs what it then shows first. */
export async function runFromPalette(lazuli: Lazuli, text: string, shown: RegExp): Promise<void> {
  const { page } = lazuli;
  await lazuli.command('view.commandPalette');
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await expect(palette.getByRole('combobox')).toBeFocused();
  await page.keyboard.type(text);
  await expect(palette.getByRole('option', { selected: true })).toContainText(shown);
  await page.keyboard.press('Enter');
}

/** The tree twin of the canvas, shown and with the keyboard. */
export async function openOutline(lazuli: Lazuli): Promise<Locator> {
  await lazuli.command('view.outline');
  const tree = lazuli.page.getByRole('tree', { name: 'Outline of the graph' });
  await expect(tree).toBeFocused();
  return tree;
}

/** At the output of fc1, whose [64, 64] is no picture, the palette offers what fits; a dropout is added there. */
export async function addDropoutToFc1(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Add layer' });
  await expect(dialog.getByRole('option', { name: /^ReLU\b/ })).toHaveCount(1);
  await expect(dialog.getByRole('option', { name: /^Conv2d\b/ })).toHaveCount(0);
  await page.keyboard.type('dropout');
  await page.keyboard.press('Enter');
  await expect(edge(page, 'fc1', 'dropout1')).toHaveCount(1);
  await expect(edge(page, 'fc1', 'relu3')).toHaveCount(1);
}
