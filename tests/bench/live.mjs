// What looking at a layer while training costs: steps a second of a run in the real window, with the section of the layer's activity
// closed and open in turn, A B A B. Prints figures, judges none. After a build:
//
//   xvfb-run -a -s '-screen 0 1280x800x24' node tests/bench/live.mjs [--layer=conv2] [--seconds=2] [--rounds=30] [--example=digits]
//
// The promise: under 3% of the step time while open, nothing while closed.
/* global window -- bodies of page.evaluate run in the page */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { _electron as electron } from '@playwright/test';

const root = path.resolve(import.meta.dirname, '../..');
const { values: options } = parseArgs({
  options: {
    layer: { type: 'string', default: 'conv2' },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '30' },
    example: { type: 'string', default: 'digits' },
  },
});
const [seconds, rounds] = [Number(options.seconds), Number(options.rounds)];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lazuli-live-'));
fs.mkdirSync(path.join(folder, 'user-data'));
fs.writeFileSync(path.join(folder, 'user-data', 'settings.json'), '{"isTourOver": true}');
const example = path.join(root, 'examples', options.example);
fs.cpSync(example, folder, { recursive: true });

const app = await electron.launch({
  args: [root, path.join(folder, `${options.example}.lazuli`), '--log-level=3', '--disable-gpu'],
  cwd: root,
  env: { ...process.env, LAZULI_USER_DATA: path.join(folder, 'user-data'), ELECTRON_RENDERER_URL: '' },
});
try {
  const page = await app.firstWindow();
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Epochs', { exact: true }).fill('1000000');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  const card = page.getByLabel(new RegExp(`^${options.layer},`)).first();
  await card.click();
  const fold = page.getByRole('button', { name: 'On the sample' });
  await fold.waitFor();

  const step = () =>
    page.evaluate(async () => {
      const reply = await window.lazuli.call['app.state']();
      return { step: reply.value.run.events.at(-1)?.step ?? 0, at: performance.now() };
    });
  const show = async (isOpen) => {
    if ((await fold.getAttribute('aria-expanded')) !== String(isOpen)) await fold.click();
    // What opening costs once is not counted.
    await wait(700);
  };
  const rates = { closed: [], open: [] };
  await wait(3000);
  for (let round = 0; round < rounds; round++) {
    for (const name of ['closed', 'open']) {
      await show(name === 'open');
      const before = await step();
      await wait(seconds * 1000);
      const after = await step();
      rates[name].push((after.step - before.step) / ((after.at - before.at) / 1000));
    }
  }
  const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const shown = (list) => list.map((rate) => rate.toFixed(1)).join(', ');
  console.log(
    `${options.example}, ${options.layer}; ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`,
  );
  for (const [name, list] of Object.entries(rates))
    console.log(`${name.padEnd(7)} ${median(list).toFixed(1).padStart(8)} steps/s   (${shown(list)})`);
  const pairs = rates.closed.map((rate, at) => 1 - rates.open[at] / rate);
  console.log(`cost    ${(100 * median(pairs)).toFixed(1).padStart(8)} %   (median of the pairs)`);
} finally {
  await app.evaluate(({ app: running }) => running.exit(0)).catch(() => undefined);
  await app.close().catch(() => undefined);
  fs.rmSync(folder, { recursive: true, force: true });
}
