// Drawing a graph by mouse and by keyboard: insert, connect, delete, undo, duplicate, rename, multi-select.
import type { Locator, Page } from '@playwright/test';

import { expect, test } from './support/fixtures';
import type { Lazuli } from './support/lazuli';

const card = (page: Page, name: string): Locator => page.getByLabel(new RegExp(`^${name},`)).first();
const cards = (page: Page): Locator => page.locator('.react-flow__node');
const edges = (page: Page): Locator => page.locator('.react-flow__edge');

/** A blank project in the same window; the digits example was not changed, so nothing is asked. */
async function startBlank(lazuli: Lazuli): Promise<void> {
  const { page } = lazuli;
  await lazuli.command('file.new');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^blank/ })
    .click();
  await expect(cards(page)).toHaveCount(0);
}

test('a drawn chain: palette by double click and by keyboard, each after the one before, connected', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  await startBlank(lazuli);
  const layers = page.getByRole('navigation', { name: 'Layers' });
  await layers.getByRole('button', { name: 'input', exact: true }).dblclick();
  await layers.getByRole('searchbox').fill('linear');
  await layers.getByRole('button', { name: 'Linear', exact: true }).press('Enter');
  await layers.getByRole('searchbox').fill('output');
  await layers.getByRole('button', { name: 'output', exact: true }).dblclick();
  await expect(cards(page)).toHaveCount(3);
  await expect(edges(page)).toHaveCount(2);
  await expect(card(page, 'linear1')).toContainText('uninitialized');
});

test('a layer is dragged from the palette to the canvas', async ({ lazuli }) => {
  const { page } = lazuli;
  await startBlank(lazuli);
  const canvas = page.locator('.react-flow__pane');
  await page
    .getByRole('navigation', { name: 'Layers' })
    .getByRole('button', { name: 'Conv2d', exact: true })
    .dragTo(canvas, { targetPosition: { x: 300, y: 200 } });
  await expect(cards(page)).toHaveCount(1);
  await expect(cards(page).first()).toContainText('Conv2d');
});

test('an edge is drawn from port to port; deleting and undo bring it back', async ({ lazuli }) => {
  const { page } = lazuli;
  await expect(edges(page)).toHaveCount(12);
  await card(page, 'relu3').click();
  await page.keyboard.press('Delete');
  await expect(cards(page)).toHaveCount(12);
  await expect(edges(page)).toHaveCount(10);

  const from = card(page, 'fc1').locator('.react-flow__handle.source');
  const to = card(page, 'fc2').locator('.react-flow__handle.target');
  await from.hover();
  await page.mouse.down();
  await to.hover();
  await page.mouse.up();
  await expect(edges(page)).toHaveCount(11);

  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(edges(page)).toHaveCount(10);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(cards(page)).toHaveCount(13);
  await expect(edges(page)).toHaveCount(12);
});

test('several nodes are selected, duplicated and deleted together', async ({ lazuli }) => {
  const { page } = lazuli;
  await card(page, 'relu1').click();
  await card(page, 'pool1').click({ modifiers: ['ControlOrMeta'] });
  await lazuli.command('edit.duplicate');
  await expect(cards(page)).toHaveCount(15);
  await page.keyboard.press('Delete');
  await expect(cards(page)).toHaveCount(13);
  await lazuli.command('edit.selectAll');
  await lazuli.command('edit.delete');
  await expect(cards(page)).toHaveCount(0);
  await lazuli.command('edit.undo');
  await expect(cards(page)).toHaveCount(13);
  await expect(edges(page)).toHaveCount(12);
});

test('a node is renamed in place and its state-dict keys follow', async ({ lazuli }) => {
  const { page } = lazuli;
  await card(page, 'fc1').click();
  // The field has the keys before the next one comes, not only with the next frame.
  const held = await page.evaluate(async () => {
    const key = new KeyboardEvent('keydown', { key: 'F2', bubbles: true, cancelable: true });
    (document.activeElement ?? document.body).dispatchEvent(key);
    await Promise.resolve();
    return document.activeElement?.tagName;
  });
  expect(held).toBe('INPUT');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('hidden');
  await page.keyboard.press('Enter');
  // The keys go on at the card.
  await expect(card(page, 'hidden')).toBeFocused();
  await page.keyboard.press('F2');
  await page.keyboard.type('other');
  await page.keyboard.press('Escape');
  await expect(card(page, 'hidden')).toBeFocused();
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'hidden')).toContainText('64×512');
  const keys = await page.evaluate(async () => {
    const reply = await window.lazuli.call['app.state']();
    const nodes = reply.ok ? (reply.value.opened?.model.nodes ?? []) : [];
    return nodes.flatMap((node) => node.parameters.map(({ key }) => key));
  });
  expect(keys).toContain('hidden.weight');
});
