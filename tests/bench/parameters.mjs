// The parameter browser with 100,000 tensors in the real window: how long its rows, a search and a click take until they are seen,
// and frames a second while scrolling. Prints figures, judges none. After a build:
//
//   xvfb-run -a -s '-screen 0 1280x800x24' node tests/bench/parameters.mjs [--stacks=84] [--repeat=5] [--shot=FILE]
//
// A stack has 1,200 tensors: 100 encoder layers of 12.
/* global document, requestAnimationFrame, window -- bodies of page.evaluate run in the page */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { _electron as electron } from '@playwright/test';

import { encoderStacks } from './big-graph.mjs';
import { installMeter, printFrames } from './frame-meter.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const { values: options } = parseArgs({
  options: {
    stacks: { type: 'string', default: '84' },
    repeat: { type: 'string', default: '5' },
    shot: { type: 'string' },
  },
});
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lazuli-parameters-'));
const file = path.join(folder, 'stacks.lazuli');
const data = {
  file: 'data.csv',
  format: 'csv',
  header: false,
  target: -1,
  inputShape: [4, 4],
  targetKind: 'class',
  normalization: { kind: 'none' },
};
fs.writeFileSync(file, JSON.stringify({ ...encoderStacks(Number(options.stacks)), data }));
const row = (at) =>
  Array.from({ length: 17 }, (_, column) => (column === 16 ? at % 4 : ((at * 7 + column * 3) % 10) / 10));
fs.writeFileSync(
  path.join(folder, 'data.csv'),
  Array.from({ length: 32 }, (_, at) => `${row(at).join(',')}\n`).join(''),
);
fs.mkdirSync(path.join(folder, 'user-data'));
fs.writeFileSync(path.join(folder, 'user-data', 'settings.json'), '{"isTourOver": true}');

const app = await electron.launch({
  args: [root, file, '--log-level=3', '--disable-gpu'],
  cwd: root,
  env: { ...process.env, LAZULI_USER_DATA: path.join(folder, 'user-data'), ELECTRON_RENDERER_URL: '' },
});
const times = {};
try {
  const page = await app.firstWindow();
  page.setDefaultTimeout(120_000);
  console.log(
    `${Number(options.stacks) * 1200} tensors, software drawing, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`,
  );
  await page.getByRole('button', { name: 'Feed sample' }).first().waitFor();
  const fed = Date.now();
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await page.locator('.chip.is-solid').first().waitFor();
  console.log(
    `feed a sample              ${((Date.now() - fed) / 1000).toFixed(1)} s until every tensor has its shape`,
  );
  for (let at = 0; at < Number(options.repeat); at++) {
    await page.getByRole('tab', { name: 'Parameters' }).focus();
    await timed('open the browser', () => page.keyboard.press('Enter'), '.browser-rows .tensor-row');
    if (at === 0 && options.shot) await page.screenshot({ path: options.shot });
    await timed('close it', () => page.getByRole('tab', { name: 'Outline' }).click(), '.outline-tree');
  }
  await page.getByRole('tab', { name: 'Parameters' }).click();
  await page.getByLabel('Search tensors').focus();
  for (const letter of 'layers.73.norm2.weight')
    await timed('type a letter of a search', () => page.keyboard.type(letter), null);
  await page.getByLabel('Search tensors').fill('');
  await page.locator('.browser-rows').focus();
  for (let at = 0; at < 20; at++)
    await timed('select the next row', () => page.keyboard.press('ArrowDown'), null);
  await timed('to the last row', () => page.keyboard.press('End'), null);
  await timed('to the first row', () => page.keyboard.press('Home'), null);
  for (const [what, list] of Object.entries(times)) {
    const sorted = [...list].sort((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)];
    console.log(
      `${what.padEnd(26)} ${median.toFixed(0).padStart(5)} ms   (${sorted.length} times, at most ${sorted.at(-1).toFixed(0)})`,
    );
  }
  await installMeter(page);
  const gaps = await page.evaluate(() => {
    const rows = document.querySelector('.browser-rows');
    return window.meter('scroll', 120, () => {
      rows.scrollTop += 400;
    });
  });
  printFrames('scroll 400 pixels a frame', gaps);

  /** From the event until the second frame after it in which `selector` (null: whatever there is) is on the page. */
  async function timed(what, act, selector) {
    await page.evaluate((wanted) => {
      window.seen = new Promise((resolve) => {
        const isSeen = () => wanted === null || document.querySelector(wanted) !== null;
        const start = (event) => {
          const began = event.timeStamp;
          const look = () => {
            if (isSeen()) requestAnimationFrame(() => resolve(performance.now() - began));
            else requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        };
        for (const kind of ['keydown', 'click'])
          window.addEventListener(kind, start, { capture: true, once: true });
      });
    }, selector);
    await act();
    (times[what] ??= []).push(await page.evaluate(() => window.seen));
  }
} finally {
  await app.evaluate(({ app: running }) => running.exit(0)).catch(() => undefined);
  await app.close().catch(() => undefined);
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
