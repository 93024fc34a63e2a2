// Frames a second of the window, idle and while training with every core. Prints figures, judges none.
import type { Page } from '@playwright/test';

import { test } from '../e2e/support/fixtures';

const FRAMES = 240;

/** Milliseconds between frames, ascending. */
const gaps = (page: Page): Promise<number[]> =>
  page.evaluate(
    (count) =>
      new Promise<number[]>((resolve) => {
        const found: number[] = [];
        let last = performance.now();
        const tick = (now: number): void => {
          found.push(now - last);
          last = now;
          if (found.length < count) requestAnimationFrame(tick);
          else resolve(found.sort((a, b) => a - b));
        };
        requestAnimationFrame(tick);
      }),
    FRAMES,
  );

function print(name: string, sorted: readonly number[]): void {
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(1);
  const rate = (1000 * sorted.length) / sorted.reduce((sum, gap) => sum + gap, 0);
  console.log(
    `${name}: ${rate.toFixed(1)} frames/s, median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms`,
  );
}

test('frames', async ({ lazuli: { page } }) => {
  print('idle', await gaps(page));
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Epochs').fill('5000');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await page.getByRole('button', { name: 'Stop' }).first().waitFor();
  print('training', await gaps(page));
});
