// What several cards are chosen for is done without a mouse too: on the canvas, in its tree twin, and along the edges; edges and ports as well.
import { addDropoutToFc1, card, cards, drag, edge, fillName, openOutline, positions } from './support/canvas';
import { expect, test } from './support/fixtures';
import type { Lazuli } from './support/lazuli';

const selected = async ({ page }: Lazuli): Promise<readonly string[]> =>
  page
    .locator('.react-flow__node.selected')
    .evaluateAll((cards) => cards.map((each) => each.getAttribute('aria-label')?.split(',')[0] ?? '').sort());

test('cards are chosen and moved from the keyboard; a box drawn around them chooses the same', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  await card(page, 'conv1').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(card(page, 'norm1')).toBeFocused();
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Enter');
  expect(await selected(lazuli)).toEqual(['conv1', 'norm1', 'relu1']);
  const before = await positions(page);
  await page.keyboard.press('ArrowRight');
  await expect
    .poll(async () => {
      const after = await positions(page);
      return Object.keys(after).filter((name) => after[name]?.x !== before[name]?.x);
    })
    .toEqual(['conv1', 'norm1', 'relu1']);
  await lazuli.command('edit.undo');
  await expect.poll(() => positions(page)).toEqual(before);

  await page.keyboard.press('Escape');
  expect(await selected(lazuli)).toEqual([]);
  const [first, last] = [await card(page, 'conv1').boundingBox(), await card(page, 'relu1').boundingBox()];
  if (!first || !last) throw new Error('no cards');
  await drag(
    page,
    { x: first.x - 8, y: first.y + 4 },
    { x: last.x + last.width / 2, y: last.y + last.height / 2 },
  );
  await expect.poll(() => selected(lazuli)).toEqual(['conv1', 'norm1', 'relu1']);
});

test('the tree chooses ranges and single rows by keyboard and by mouse, and they become a block', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  const tree = await openOutline(lazuli);
  const row = (name: string) => page.getByRole('treeitem', { name: new RegExp(`^${name},`) });
  await page.keyboard.type('conv1');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await expect.poll(() => selected(lazuli)).toEqual(['conv1', 'norm1', 'relu1']);
  await expect(row('norm1')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Shift+ArrowUp');
  await expect.poll(() => selected(lazuli)).toEqual(['conv1', 'norm1']);
  // Past two rows without choosing them, then one more.
  await page.keyboard.press('Control+ArrowDown');
  await page.keyboard.press('Control+ArrowDown');
  await page.keyboard.press('Control+Space');
  await expect.poll(() => selected(lazuli)).toEqual(['conv1', 'norm1', 'pool1']);
  await page.keyboard.press('Space');
  await expect.poll(() => selected(lazuli)).toEqual(['conv1', 'norm1']);
  await expect(page.locator('.outline-row.is-active')).toHaveText(/^pool1/);
  await row('relu1').click({ modifiers: ['ControlOrMeta'] });
  await expect.poll(() => selected(lazuli)).toEqual(['conv1', 'norm1', 'relu1']);
  // The menu of what is chosen, by its key and by the right button.
  await tree.focus();
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menuitem', { name: /^Align top/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await row('fc1').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Duplicate selection/ }).click();
  await expect(cards(page)).toHaveCount(14);
  await lazuli.command('edit.undo');
  await row('fc1').click();
  await row('fc2').click({ modifiers: ['Shift'] });
  await expect.poll(() => selected(lazuli)).toEqual(['fc1', 'fc2', 'relu3']);
  await tree.focus();
  await page.keyboard.press('ControlOrMeta+G');
  await fillName(page, 'head');
  await expect(card(page, 'head')).toBeVisible();
  await expect(cards(page)).toHaveCount(11);
});

test('what lies before, after and around a layer is chosen along the edges', async ({ lazuli }) => {
  const { page } = lazuli;
  await card(page, 'norm1').click();
  await page.keyboard.press('Alt+Shift+U');
  await expect.poll(() => selected(lazuli)).toEqual(['conv1', 'input', 'norm1']);
  await card(page, 'fc2').click();
  await page.keyboard.press('Alt+Shift+D');
  await expect.poll(() => selected(lazuli)).toEqual(['fc2', 'output']);
  await edge(page, 'fc1', 'relu3').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Delete');
  await expect(edge(page, 'fc1', 'relu3')).toHaveCount(0);
  await card(page, 'relu3').click();
  await page.keyboard.press('Alt+Shift+A');
  await expect.poll(() => selected(lazuli)).toEqual(['fc2', 'output', 'relu3']);
});

test('at a port of the tree the palette offers what fits, an edge takes a layer in, and edges are removed', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  await card(page, 'conv2').click();
  await lazuli.command('view.outline');
  const active = page.locator('.outline-row.is-active');
  const tree = page.getByRole('tree', { name: 'Outline of the graph' });
  await expect(tree).toBeFocused();
  // It begins where the selection is.
  await expect(active).toHaveText(/^conv2, Conv2d/);
  await page.keyboard.type('fc1');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(active).toHaveText(/^output output, .*, to relu3/);
  await page.keyboard.press('Enter');
  await addDropoutToFc1(page);

  await tree.focus();
  await page.keyboard.type('relu3');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(active).toHaveText(/^input input, .*from fc1/);
  await page.keyboard.press('Insert');
  await page.keyboard.type('tanh');
  await page.keyboard.press('Enter');
  await expect(edge(page, 'fc1', 'tanh1')).toHaveCount(1);
  await expect(edge(page, 'tanh1', 'relu3')).toHaveCount(1);

  await tree.focus();
  await page.keyboard.type('relu3');
  await page.keyboard.press('ArrowDown');
  await expect(active).toHaveText(/^input input, .*from tanh1/);
  await page.keyboard.press('Delete');
  await expect(edge(page, 'tanh1', 'relu3')).toHaveCount(0);
  await expect(card(page, 'relu3')).toBeVisible();
  await expect(tree).toBeFocused();
});
