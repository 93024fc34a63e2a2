// The canvas with a large graph, in the real window: how long it takes to open, frames a second while panning and zooming, and how
// long edits take until they are seen. Prints figures, judges none. After a build:
//
//   xvfb-run -a -s '-screen 0 1280x800x24' node tests/bench/canvas.mjs [--nodes=10000] [--gpu] [--shots=PREFIX]
//     [--edits: no panning and zooming] [--only=REGEXP of edits] [--repeat=12] [--profile=FILE: the page's processor profile]
//     [--trace=FILE: what all processes did meanwhile, as chrome://tracing reads it; pans and edits are measures of the user timing]
//     [--netron: then Netron's figures with the same graph in the same Chromium]
//
// Without --gpu Chromium draws in software, as on a machine without a graphics card.
/* global document, window, requestAnimationFrame, WheelEvent -- bodies of page.evaluate run in the page */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { _electron as electron } from '@playwright/test';

import { bigProject } from './big-graph.mjs';
import { measureEdits } from './canvas-edits.mjs';
import { installMeter, printFrames } from './frame-meter.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const { values: options } = parseArgs({
  options: {
    nodes: { type: 'string', default: '10000' },
    gpu: { type: 'boolean', default: false },
    profile: { type: 'string' },
    trace: { type: 'string' },
    shots: { type: 'string' },
    repeat: { type: 'string', default: '12' },
    edits: { type: 'boolean', default: false },
    only: { type: 'string', default: '.' },
    netron: { type: 'boolean', default: false },
  },
});

/** Categories of Chromium's tracing. */
const TRACED = [
  'devtools.timeline',
  'blink.user_timing',
  'v8',
  'cc',
  'toplevel',
  'viz',
  ...(process.env.TRACED ?? '').split(','),
];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lazuli-canvas-'));
const file = path.join(folder, 'large.lazuli');
fs.writeFileSync(file, JSON.stringify(bigProject(Number(options.nodes))));

// Without the tour of a first start.
fs.mkdirSync(path.join(folder, 'user-data'));
fs.writeFileSync(path.join(folder, 'user-data', 'settings.json'), '{"isTourOver": true}');

const app = await electron.launch({
  args: [
    root,
    path.join(root, 'examples/digits/digits.lazuli'),
    '--log-level=3',
    ...(options.gpu ? [] : ['--disable-gpu']),
  ],
  cwd: root,
  env: { ...process.env, LAZULI_USER_DATA: path.join(folder, 'user-data'), ELECTRON_RENDERER_URL: '' },
});
try {
  const page = await app.firstWindow();
  await page.getByRole('button', { name: 'Feed sample' }).first().waitFor();
  const session = options.profile ? await page.context().newCDPSession(page) : null;
  if (session) {
    await session.send('Profiler.enable');
    await session.send('Profiler.start');
  }
  console.log(
    `${options.nodes} nodes, ${options.gpu ? 'GPU as found' : 'software drawing'}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`,
  );
  await open(app, page);
  await installMeter(page);
  if (options.shots) await page.screenshot({ path: `${options.shots}-whole.png` });
  if (options.trace)
    await app.evaluate(
      ({ contentTracing }, included_categories) => contentTracing.startRecording({ included_categories }),
      TRACED,
    );
  if (!options.edits) {
    await pan(page, 'whole graph');
    await zoom(page);
  }
  await page.keyboard.press('Escape');
  await measureEdits(app, page, {
    repeat: Number(options.repeat),
    only: new RegExp(options.only),
    shots: options.shots ?? null,
  });
  if (options.trace)
    await app.evaluate(
      ({ contentTracing }, to) => contentTracing.stopRecording(to),
      path.resolve(options.trace),
    );
  if (session) {
    const { profile } = await session.send('Profiler.stop');
    fs.writeFileSync(options.profile, JSON.stringify(profile));
  }
} finally {
  const ended = app.waitForEvent('close');
  await app.evaluate(({ app: running }) => running.exit(0)).catch(() => undefined);
  await ended;
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

if (options.netron) {
  const args = ['netron.mjs', `--nodes=${options.nodes}`, ...(options.gpu ? ['--gpu'] : [])];
  spawnSync(process.execPath, args, { cwd: import.meta.dirname, stdio: 'inherit' });
}

/** From the command to the first frame that shows the graph. */
async function open(running, page) {
  await running.evaluate(({ dialog }, answer) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [answer] });
  }, file);
  // Installed before the command: while the main process reads the file it passes no messages on to the page.
  await page.evaluate(() => {
    window.opened = new Promise((resolve) => {
      const start = performance.now();
      const look = () => {
        if (
          document.querySelector('.project-name')?.textContent?.includes('large') &&
          document.querySelector('.drawn-layer, .react-flow__node')
        )
          requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
        else requestAnimationFrame(look);
      };
      look();
    });
  });
  await running.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('file.open')?.click());
  console.log(
    `open                       ${(await page.evaluate(() => window.opened)).toFixed(0)} ms until it is drawn`,
  );
  const ready = Date.now();
  await page.waitForFunction(
    () => document.querySelector('.inspector-body .facts dd:not(.muted)') !== null,
    null,
    { timeout: 240_000 },
  );
  console.log(`  and the engine knows it  ${Date.now() - ready} ms later`);
}

/** To and fro in a circle, so that the graph stays in view. */
async function pan(page, what) {
  const gaps = await page.evaluate((name) => {
    const pane = document.querySelector('.react-flow__pane');
    return window.meter(name, 240, (frame) => {
      const angle = (frame / 60) * Math.PI;
      const wheel = {
        deltaX: 30 * Math.cos(angle),
        deltaY: 30 * Math.sin(angle),
        clientX: 600,
        clientY: 250,
      };
      pane.dispatchEvent(new WheelEvent('wheel', { ...wheel, bubbles: true, cancelable: true }));
    });
  }, `pan, ${what}`);
  printFrames(`pan, ${what}`, gaps);
}

/** From the whole graph down to single cards, along them, and back. */
async function zoom(page) {
  const by = (delta, frames) =>
    page.evaluate(
      ([step, count]) => {
        const pane = document.querySelector('.react-flow__pane');
        return window.meter('zoom', count, () => {
          const wheel = { deltaY: step, ctrlKey: true, clientX: 560, clientY: 250 };
          pane.dispatchEvent(new WheelEvent('wheel', { ...wheel, bubbles: true, cancelable: true }));
        });
      },
      [delta, frames],
    );
  printFrames('zoom in', await by(-18, 150));
  await page.waitForTimeout(500);
  if (options.shots) await page.screenshot({ path: `${options.shots}-near.png` });
  await pan(page, 'cards readable');
  printFrames('zoom out', await by(18, 150));
}
