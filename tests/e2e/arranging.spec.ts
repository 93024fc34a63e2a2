// Arranging the graph: all of it or a part, seen as a movement, called off while it is computed, undone; gaps made equal.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { card, cards, drag, middle, positions, runFromPalette, settled } from './support/canvas';
import { expect, test } from './support/fixtures';

/** Whether the cards are seen moving before they stand. */
const glides = (page: Page): Promise<boolean> =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const canvas = document.querySelector('.canvas');
        if (!canvas) return;
        new MutationObserver(() => {
          if (canvas.classList.contains('is-gliding')) resolve(true);
        }).observe(canvas, { attributeFilter: ['class'] });
      }),
  );

test('a card out of place is arranged by the button, seen moving; a part alone and equal gaps from the keyboard', async ({
  lazuli,
}) => {
  const { page } = lazuli;
  await settled(page);
  const drawn = await positions(page);
  await lazuli.command('arrange.automatic');
  await expect.poll(() => positions(page)).not.toEqual(drawn);
  const arranged = await positions(page);
  const grip = await middle(card(page, 'fc1').locator('.card-layer'));
  await drag(page, grip, { x: grip.x - 90, y: grip.y + 30 });
  await expect.poll(async () => (await positions(page))['fc1']?.x).not.toBe(arranged['fc1']?.x);
  const moved = await positions(page);
  const seen = glides(page);
  await page.getByRole('button', { name: 'Arrange automatically' }).click();
  await expect.poll(() => positions(page)).toEqual(arranged);
  expect(await seen).toBe(true);
  await lazuli.command('edit.undo');
  await expect.poll(() => positions(page)).toEqual(moved);

  for (const [at, name] of ['fc1', 'relu3', 'fc2'].entries())
    await card(page, name).click({ modifiers: at === 0 ? [] : ['ControlOrMeta'] });
  await runFromPalette(lazuli, 'arrange selection', /Arrange selection/);
  await expect.poll(async () => (await positions(page))['fc1']?.x === (await positions(page))['fc2']?.x).toBe(true); // prettier-ignore
  const after = await positions(page);
  expect(after['conv1']).toEqual(moved['conv1']);

  await card(page, 'relu3').focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowDown');
  for (const name of ['fc1', 'fc2']) await card(page, name).click({ modifiers: ['ControlOrMeta'] });
  await page.keyboard.press('Alt+Shift+Y');
  const gaps = async (): Promise<number> => {
    const [one, two, three] = await Promise.all(
      ['fc1', 'relu3', 'fc2'].map((name) => card(page, name).boundingBox()),
    );
    if (!one || !two || !three) return Number.NaN;
    return Math.abs(two.y - one.y - one.height - (three.y - two.y - two.height));
  };
  // A pixel of the card's own, on a grid of four.
  await expect.poll(gaps).toBeLessThan(4);
});

test('the layout of a large graph is called off by its button: nothing has moved', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  const file = join(folder, 'digits.lazuli');
  const project = JSON.parse(readFileSync(file, 'utf8')) as { graph: { nodes: unknown[]; edges: unknown[] } };
  const count = 1_500;
  project.graph.nodes = Array.from({ length: count }, (_, at) => ({
    id: `n${at}`,
    name: `n${at}`,
    layer: at === 0 ? 'input' : 'add',
    params: {},
    position: { x: (at % 40) * 320, y: Math.floor(at / 40) * 200 },
  }));
  project.graph.edges = Array.from({ length: count - 1 }, (_, at) => at + 1).flatMap((to) =>
    [1, 7, 23].flatMap((back) =>
      to < back
        ? []
        : [
            {
              id: `e${to}-${back}`,
              from: { node: `n${to - back}`, port: 'output' },
              to: { node: `n${to}`, port: 'inputs' },
            },
          ],
    ),
  );
  writeFileSync(join(folder, 'large.lazuli'), JSON.stringify(project));
  await lazuli.answerDialog(join(folder, 'large.lazuli'));
  await lazuli.command('file.open');
  await expect(cards(page).first()).toBeVisible();
  await expect.poll(async () => Object.keys(await positions(page)).length).toBe(count);
  const before = await positions(page);
  const button = page.getByRole('button', { name: 'Arrange automatically' });
  await button.press('Enter');
  await expect(button).toHaveAttribute('aria-busy', 'true');
  await button.press('Enter');
  await expect(button).not.toHaveAttribute('aria-busy', 'true');
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(await positions(page)).toEqual(before);
});
