// Netron with the graph of canvas.mjs, in the same Chromium: how long it takes until it is drawn, and frames a second while
// panning and zooming. Netron is not part of the project: name a folder with its web page (`source` of a checkout with its
// packages installed, or the folder `netron` of its Python package). Prints figures, judges none.
//
//   xvfb-run -a -s '-screen 0 1280x800x24' node tests/bench/netron.mjs DIR [--nodes=10000] [--gpu] [--shot=FILE]
/* global document, window, WheelEvent -- bodies of page.evaluate run in the page */
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { _electron as electron } from '@playwright/test';

import { bigOnnx } from './big-onnx.mjs';
import { installMeter, printFrames } from './frame-meter.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string', default: '10000' },
    gpu: { type: 'boolean', default: false },
    shot: { type: 'string' },
  },
});
const folder = positionals[0] && path.resolve(positionals[0]);
if (!folder || !fs.existsSync(path.join(folder, 'index.html'))) {
  console.error(`${positionals[0] ?? 'no folder named'}: expected a folder with Netron's index.html`);
  process.exit(2);
}

/** Ten minutes: Netron lays out 10,000 nodes in one piece. */
const PATIENCE = 600_000;
const MODEL = '/residual.onnx';
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

const model = bigOnnx(Number(options.nodes));
const server = http.createServer((request, response) => {
  const name = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  const file = path.join(folder, name === '/' ? 'index.html' : name);
  const content =
    name === MODEL ? model : file.startsWith(folder) && fs.existsSync(file) && fs.readFileSync(file);
  if (!content) return response.writeHead(404).end();
  const type = TYPES[path.extname(name) || '.html'] ?? 'application/octet-stream';
  return response.writeHead(200, { 'Content-Type': type }).end(content);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const start = performance.now();
const app = await electron.launch({
  args: [
    path.join(import.meta.dirname, 'page-window.mjs'),
    '--log-level=3',
    ...(options.gpu ? [] : ['--disable-gpu']),
  ],
  env: { ...process.env, PAGE_URL: `${origin}/?url=${encodeURIComponent(origin + MODEL)}` },
});
try {
  const page = await app.firstWindow();
  page.setDefaultTimeout(PATIENCE);
  // It asks before it draws a graph of this size.
  page.on('dialog', (dialog) => void dialog.accept());
  page.on('pageerror', (error) => console.error(error.message));
  console.log(
    `Netron, ${options.nodes} nodes, ${options.gpu ? 'GPU as found' : 'software drawing'}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`,
  );
  await page.waitForFunction(
    () => {
      const question = document.querySelector('.message-button, #message-button');
      if (question?.offsetParent && document.body.classList.contains('message')) question.click();
      return document.body.classList.contains('default') && document.querySelector('#graph svg, #canvas g');
    },
    null,
    { polling: 'raf', timeout: PATIENCE },
  );
  console.log(
    `open                       ${(performance.now() - start).toFixed(0)} ms until it is drawn, the start of its window included`,
  );
  await installMeter(page);
  if (options.shot) await page.screenshot({ path: options.shot, timeout: PATIENCE });
  printFrames('pan, as it opened', await pan(page));
  printFrames('zoom out', await zoom(page, 18));
  printFrames('pan, zoomed out', await pan(page));
  printFrames('zoom in', await zoom(page, -18));
} finally {
  const ended = app.waitForEvent('close');
  await app.evaluate(({ app: running }) => running.exit(0)).catch(() => undefined);
  await ended;
  server.close();
}

/** To and fro in a circle; its graph is an element that scrolls. */
function pan(page) {
  return page.evaluate(() => {
    const graph = document.querySelector('#graph');
    return window.meter('pan', 240, (frame) => {
      const angle = (frame / 60) * Math.PI;
      graph.scrollBy(30 * Math.cos(angle), 30 * Math.sin(angle));
    });
  });
}

function zoom(page, step) {
  return page.evaluate((deltaY) => {
    const graph = document.querySelector('#graph');
    return window.meter('zoom', 150, () => {
      // Its wheel zooms ten times as fast with the key held.
      const wheel = { deltaY: deltaY / 10, ctrlKey: true, clientX: 560, clientY: 250 };
      graph.dispatchEvent(new WheelEvent('wheel', { ...wheel, bubbles: true, cancelable: true }));
    });
  }, step);
}
