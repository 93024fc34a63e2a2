// What the hand expects of a canvas, by mouse and by keyboard: ports that offer what fits, edges that take layers in, the clipboard,
// lining up, lasso, notes, menus, and a drawing that can run the other way.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  addDropoutToFc1,
  card,
  cards,
  drag,
  edge,
  edges,
  input,
  middle,
  notes,
  output,
  positions,
  runFromPalette,
  settled,
  startBlank,
} from './support/canvas';
import { expect, test } from './support/fixtures';

test('an edge drawn into the void offers what fits, forwards and backwards', async ({ lazuli }) => {
  const { page } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  const pane = await page.locator('.react-flow__pane').boundingBox();
  if (!pane) throw new Error('no canvas');
  const empty = { x: pane.x + 40, y: pane.y + 8 };
  await drag(page, await middle(output(card(page, 'fc1'))), empty);
  await addDropoutToFc1(page);

  await lazuli.command('view.fit');
  await card(page, 'output').click();
  await lazuli.command('edit.disconnect');
  await drag(page, await middle(input(card(page, 'output'))), empty);
  const dialog = page.getByRole('dialog', { name: 'Add layer' });
  await expect(dialog.getByRole('option', { name: /^output\b/ })).toHaveCount(0);
  await page.keyboard.type('softmax');
  await page.keyboard.press('Enter');
  await expect(edge(page, 'softmax1', 'output')).toHaveCount(1);
});

test('a layer dropped on an edge goes into it: from the palette, by its menu, and a loose card', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  const between = async (from: string, to: string) => {
    await settled(page);
    const a = await middle(output(card(page, from)));
    const b = await middle(input(card(page, to)));
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  const target = await between('fc1', 'relu3');
  const pane = await page.locator('.react-flow__pane').boundingBox();
  if (!pane) throw new Error('no canvas');
  await page
    .getByRole('navigation', { name: 'Layers' })
    .getByRole('button', { name: 'BatchNorm1d', exact: true })
    .dragTo(page.locator('.react-flow__pane'), {
      targetPosition: { x: target.x - pane.x, y: target.y - pane.y },
      force: true,
    });
  await expect(edge(page, 'fc1', 'batch_norm1')).toHaveCount(1);
  await expect(edge(page, 'batch_norm1', 'relu3')).toHaveCount(1);
  await expect(edge(page, 'fc1', 'relu3')).toHaveCount(0);
  await lazuli.command('edit.undo');

  const other = await between('conv1', 'norm1');
  await page.mouse.click(other.x, other.y, { button: 'right' });
  await page.getByRole('menuitem', { name: /Insert layer here/ }).click();
  await expect(page.getByRole('dialog').getByRole('combobox')).toBeFocused();
  await page.keyboard.type('tanh');
  await page.keyboard.press('Enter');
  await expect(edge(page, 'conv1', 'tanh1')).toHaveCount(1);
  await expect(edge(page, 'tanh1', 'norm1')).toHaveCount(1);
  await lazuli.command('edit.undo');

  await card(page, 'relu1').click();
  await lazuli.command('edit.disconnect');
  await expect(edges(page)).toHaveCount(10);
  const grip = await card(page, 'relu1').locator('.card-layer').boundingBox();
  if (!grip) throw new Error('no card');
  await drag(page, { x: grip.x + 2, y: grip.y + 8 }, await between('fc1', 'relu3'));
  await expect(edge(page, 'fc1', 'relu1')).toHaveCount(1);
  await expect(edge(page, 'relu1', 'relu3')).toHaveCount(1);
});

test('an edge is moved to another port by its end, and let go in the void it is gone', async ({ lazuli }) => {
  const { page } = lazuli;
  await expect(edge(page, 'fc1', 'relu3')).toHaveCount(1);
  await settled(page);
  const end = await middle(input(card(page, 'relu3')));
  await drag(page, end, await middle(input(card(page, 'fc2'))));
  await expect(edge(page, 'fc1', 'fc2')).toHaveCount(1);
  await expect(edge(page, 'fc1', 'relu3')).toHaveCount(0);
  await lazuli.command('edit.undo');
  const pane = await page.locator('.react-flow__pane').boundingBox();
  await drag(page, end, { x: (pane?.x ?? 0) + 30, y: (pane?.y ?? 0) + 6 });
  await expect(edge(page, 'fc1', 'relu3')).toHaveCount(0);
  await expect(edges(page)).toHaveCount(11);
});

test('layers travel through the clipboard as text into another project', async ({ lazuli }) => {
  const { page, app, folder } = lazuli;
  await card(page, 'fc1').click();
  await card(page, 'relu3').click({ modifiers: ['ControlOrMeta'] });
  await page.keyboard.press('ControlOrMeta+C');
  await expect
    .poll(() => app.evaluate(({ clipboard }) => clipboard.readText()))
    .toContain('"format": "lazuli-layers"');
  await startBlank(lazuli);
  await page.keyboard.press('ControlOrMeta+V');
  await expect(cards(page)).toHaveCount(2);
  await expect(edge(page, 'fc1', 'relu3')).toHaveCount(1);
  await page.keyboard.press('ControlOrMeta+V');
  await expect(edge(page, 'fc2', 'relu4')).toHaveCount(1);
  await page.keyboard.press('ControlOrMeta+X');
  await expect(cards(page)).toHaveCount(2);
  await page.keyboard.press('ControlOrMeta+Z');
  await expect(cards(page)).toHaveCount(4);

  await app.evaluate(({ clipboard }) => {
    clipboard.writeText('a shopping list');
  });
  await runFromPalette(lazuli, 'paste', /Paste/);
  await expect(page.getByText('The clipboard holds no layers')).toBeVisible();
  // A text field keeps the clipboard to itself.
  await page.getByRole('searchbox', { name: 'Search layers' }).click();
  await page.keyboard.press('ControlOrMeta+V');
  await expect(page.getByRole('searchbox', { name: 'Search layers' })).toHaveValue('a shopping list');
  expect(readFileSync(join(folder, 'digits.lazuli'), 'utf8')).toContain('"fc1"');
});

test('cards line up, spread evenly and are drawn to the lines of others', async ({ lazuli }) => {
  const { page } = lazuli;
  for (const name of ['conv1', 'norm1', 'relu1'])
    await card(page, name).click({ modifiers: name === 'conv1' ? [] : ['ControlOrMeta'] });
  await page.keyboard.press('Alt+Shift+T');
  await expect
    .poll(
      async () =>
        new Set(Object.values(pick(await positions(page), ['conv1', 'norm1', 'relu1'])).map(({ y }) => y))
          .size,
    )
    .toBe(1);
  await lazuli.command('edit.undo');
  await card(page, 'norm1').locator('.card-layer').hover();
  const before = await positions(page);
  await page.keyboard.press('Escape');
  const grip = await middle(card(page, 'norm1').locator('.card-layer'));
  await page.mouse.move(grip.x, grip.y);
  await page.mouse.down();
  await page.mouse.move(grip.x + 4, grip.y);
  await page.mouse.move(grip.x + 60, grip.y, { steps: 3 });
  await page.mouse.move(grip.x + 8, grip.y, { steps: 3 });
  await expect(page.locator('.helper-line.is-x')).toHaveCount(1);
  await page.mouse.up();
  await expect(page.locator('.helper-line')).toHaveCount(0);
  await expect.poll(async () => (await positions(page))['norm1']?.x).toBe(before['norm1']?.x);
});

const pick = <T>(from: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

test('a lasso selects what it encloses, and the menu key opens the menu of the selection', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  await page.locator('.react-flow__pane').click({ position: { x: 10, y: 10 } });
  await page.keyboard.press('l');
  await expect(page.locator('.lasso')).toBeVisible();
  await settled(page);
  const a = await card(page, 'conv1').boundingBox();
  const b = await card(page, 'norm1').boundingBox();
  if (!a || !b) throw new Error('no cards');
  await page.mouse.move(a.x - 6, a.y - 6);
  await page.mouse.down();
  for (const [x, y] of [
    [a.x + a.width + 6, a.y - 6],
    [b.x + b.width + 6, b.y + b.height + 6],
    [b.x - 6, b.y + b.height + 6],
  ] as const)
    await page.mouse.move(x, y, { steps: 3 });
  await page.mouse.up();
  await expect(page.locator('.react-flow__node.selected')).toHaveCount(2);

  await card(page, 'conv1').focus();
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menuitem', { name: /^Align top/ })).toBeVisible();
  await page.getByRole('menuitem', { name: /^Duplicate selection/ }).press('Enter');
  await expect(cards(page)).toHaveCount(15);
});

test('a note is written, moved with the rest, saved and read again', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  await lazuli.command('edit.addNote');
  await expect(page.getByRole('textbox', { name: 'Note' })).toBeFocused();
  await page.keyboard.type('The stem: keeps the size.');
  await page.keyboard.press('Control+Enter');
  await expect(notes(page)).toContainText('The stem');
  await lazuli.command('file.save');
  await expect
    .poll(() => readFileSync(join(folder, 'digits.lazuli'), 'utf8'))
    .toContain('"text": "The stem: keeps the size."');
  await notes(page).click();
  await page.keyboard.press('Delete');
  await expect(notes(page)).toHaveCount(0);
  await lazuli.command('edit.undo');
  await expect(notes(page)).toContainText('The stem');
});

test('the drawing turns to the right and back; a part is arranged alone; zoom to the selection', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  const before = await positions(page);
  await lazuli.command('arrange.right');
  await expect
    .poll(async () => {
      const { input: from, conv1: to } = await positions(page);
      return (to?.x ?? 0) - (from?.x ?? 0);
    })
    .toBeGreaterThan(292);
  await expect(output(card(page, 'conv1'))).toHaveClass(/react-flow__handle-right/);
  await lazuli.command('edit.undo');
  await expect.poll(() => positions(page)).toEqual(before);
  await expect(output(card(page, 'conv1'))).toHaveClass(/react-flow__handle-bottom/);

  await lazuli.command('view.fit');
  await card(page, 'fc1').click();
  await lazuli.command('view.fitSelection');
  await expect.poll(async () => (await card(page, 'fc1').boundingBox())?.width ?? 0).toBeGreaterThan(280);
});
