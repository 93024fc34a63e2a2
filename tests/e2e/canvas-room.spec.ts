// What stands on the canvas leaves each other room: shapes on edges beside the cards, cards beside the bar below.
import type { Page } from '@playwright/test';

import { card } from './support/canvas';
import { expect, test } from './support/fixtures';

/** Texts of the first that lie on one of the second. */
const covering = (page: Page, first: string, second: string): Promise<readonly string[]> =>
  page.evaluate(
    ([upper, lower]) => {
      const boxes = [...document.querySelectorAll(lower)].map((element) => element.getBoundingClientRect());
      return [...document.querySelectorAll(upper)]
        .filter((element) => {
          const { left, right, top, bottom } = element.getBoundingClientRect();
          return boxes.some(
            (box) => left < box.right && box.left < right && top < box.bottom && box.top < bottom,
          );
        })
        .map(({ textContent }) => textContent);
    },
    [first, second] as const,
  );

test.describe('an edge to a card with several ports', () => {
  test.use({ example: 'opticks' });
  test('turns between the cards, where its shape can be read', async ({ lazuli }, info) => {
    const { page } = lazuli;
    await page.getByRole('button', { name: 'Feed sample' }).first().click();
    await expect(card(page, 'scores')).toContainText('72×64');
    await expect(page.locator('.edge-label')).toHaveCount(6);
    await page.screenshot({ path: info.outputPath('edges.png') });
    expect(await covering(page, '.edge-label', '.card')).toEqual([]);
  });
});

test('with the scale of a cost below, all that was in view stays in view; a moved camera stays where it was put', async ({
  lazuli,
}, info) => {
  const { app, page } = lazuli;
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 860);
  });
  // Without motion the camera is at once where it goes.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const seen = page.locator('.react-flow__viewport');
  const underBar = (): Promise<readonly string[]> => covering(page, '.card', '.canvas-controls');
  await lazuli.command('view.fit');
  await expect.poll(underBar).toEqual([]);
  const whole = await seen.getAttribute('style');
  await lazuli.command('view.heatParameters');
  await expect(page.getByRole('region', { name: 'Cost on the cards' })).toBeVisible();
  await expect(seen).not.toHaveAttribute('style', String(whole));
  await expect.poll(underBar).toEqual([]);
  await page.screenshot({ path: info.outputPath('scale.png') });

  const zoom = page.getByLabel('Zoom', { exact: true });
  const fitting = String(await zoom.textContent());
  await lazuli.command('view.zoomIn');
  await expect(zoom).not.toHaveText(fitting);
  const chosen = await zoom.textContent();
  await lazuli.command('view.heatParameters');
  await expect(page.getByRole('region', { name: 'Cost on the cards' })).toHaveCount(0);
  await expect(zoom).toHaveText(String(chosen));
});

test('the wheel moves the camera, and zooms while Control is held', async ({ lazuli }) => {
  const { page } = lazuli;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const zoom = page.getByLabel('Zoom', { exact: true });
  const seen = page.locator('.react-flow__viewport');
  await expect(zoom).not.toHaveText('100%');
  await lazuli.command('view.fit');
  const [fitting, place] = [await zoom.textContent(), await seen.getAttribute('style')];
  await page.mouse.move(600, 300);
  await page.mouse.wheel(0, 60);
  await expect(seen).not.toHaveAttribute('style', String(place));
  await expect(zoom).toHaveText(String(fitting));
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, 60);
  await page.keyboard.up('Control');
  await expect(zoom).not.toHaveText(String(fitting));
});
