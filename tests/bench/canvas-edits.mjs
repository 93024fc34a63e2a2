// Edits of a large graph by mouse and keys, in the window canvas.mjs opened: how long each takes from the event until the frame that
// shows it has been drawn. An edit that never shows ends the benchmark.
/* global document, window, requestAnimationFrame */

/** One card's place among those seen: it, and what lies below it in the column. */
const CARD = 'conv4';

/** @param {{ repeat: number, only: RegExp, shots: string | null }} options `shots`: where pictures are written, the start of their names */
export async function measureEdits(app, page, { repeat, only, shots }) {
  page.setDefaultTimeout(10_000);
  await page.evaluate(installMeter);
  await page
    .locator('.layer-row')
    .filter({ hasText: new RegExp(`^${CARD}`) })
    .click();
  await page.locator('.react-flow__node-layer').filter({ hasText: CARD }).first().waitFor();
  await page.waitForTimeout(1000);
  if (shots) await page.screenshot({ path: `${shots}-edit.png` });
  for (const edit of editsOf(app, page)) {
    if (!only.test(edit.what)) continue;
    await page.keyboard.press('Escape');
    await edit.start?.();
    await page.waitForTimeout(PAUSE);
    const times = [];
    for (let at = 0; at < repeat; at++) {
      await edit.before?.(at);
      await page.waitForFunction((seen) => !window.holds(seen), edit.seen(at));
      await page.waitForTimeout(PAUSE);
      if (shots) await page.screenshot({ path: `${shots}-${edit.what}.png` });
      await page.evaluate(
        ([type, seen, what]) => {
          window.time = window.latency(type, seen, what);
        },
        [edit.on, edit.seen(at), edit.what],
      );
      await edit.act(at);
      times.push(await page.evaluate(() => window.time));
      await page.waitForTimeout(PAUSE);
      await edit.after?.();
    }
    await edit.end?.();
    print(edit.what, times);
  }
}

/** Between edits, so that what follows one (shapes, telling the main process, the engine's word) is not counted with the next. */
const PAUSE = 300;

function print(what, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const share = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))].toFixed(1);
  console.log(
    `${what.padEnd(34)} p50 ${share(0.5).padStart(6)} ms   p95 ${share(0.95).padStart(6)} ms   first ${times[0].toFixed(1).padStart(6)} ms`,
  );
}

/**
 * Adds `latency(type, seen, what)`: from the next event of that type until a frame in which the condition `seen` holds has been drawn.
 * Conditions are a name and a value of `conditions`, a `!` before the name for the opposite.
 */
function installMeter() {
  const cards = () => [...document.querySelectorAll('.react-flow__node')];
  const card = (name) => cards().find((each) => each.querySelector('.card-name')?.textContent === name);
  const conditions = {
    named: (name) => card(name) !== undefined,
    selected: (name) => card(name)?.classList.contains('selected') ?? false,
    somethingSelected: () => document.querySelector('.react-flow__node.selected') !== null,
    summary: ([name, text]) =>
      card(name)?.querySelector('.card-summary')?.textContent.includes(text) ?? false,
    edge: (id) => document.querySelector(`.react-flow__edge[data-id="${id}"]`) !== null,
    /** The last step of the history. */
    step: (name) => document.querySelector(`[aria-label="Undo ${name}"]`) !== null,
  };
  window.card = card;
  const holds = ([condition, value]) =>
    condition.startsWith('!') ? !conditions[condition.slice(1)](value) : conditions[condition](value);
  window.holds = holds;
  window.latency = (type, seen, what) =>
    new Promise((resolve, reject) => {
      window.addEventListener(
        type,
        (event) => {
          const start = event.timeStamp;
          const look = () => {
            if (performance.now() - start > 20_000) reject(new Error(`${what}: not seen`));
            else if (!holds(seen)) requestAnimationFrame(look);
            else {
              const { port1, port2 } = new MessageChannel();
              let isDrawn = false;
              const drawn = () => {
                if (isDrawn) return;
                isDrawn = true;
                const end = performance.now();
                performance.measure(`edit: ${what}`, { start, end });
                resolve(end - start);
              };
              port1.onmessage = drawn;
              port2.postMessage(null);
              // The next frame, which may come before the message and show more of it, begins when this one has been drawn.
              requestAnimationFrame(drawn);
            }
          };
          requestAnimationFrame(look);
        },
        { capture: true, once: true },
      );
    });
}

/** A row of `count` cards as the clipboard holds them. */
function fragment(count) {
  const nodes = Array.from({ length: count }, (_, at) => ({
    id: `n${at + 1}`,
    name: `pasted${at + 1}`,
    layer: 'relu',
    params: {},
    position: { x: (at % 10) * 300, y: Math.floor(at / 10) * 150 },
  }));
  const edges = nodes.slice(1).map(({ id }, at) => ({
    id: `e${at + 1}`,
    from: { node: nodes[at].id, port: 'output' },
    to: { node: id, port: 'input' },
  }));
  return JSON.stringify({ format: 'lazuli-layers', version: 2, graph: { nodes, edges } });
}

/**
 * Every kind of edit: `on` is the event that makes it, `seen` when it shows. `start` and `end` are once around all, `before` and
 * `after` around each; none of the four is measured.
 */
function editsOf(app, page) {
  const press = (key) => () => page.keyboard.press(key);
  const boxOf = (name) =>
    page.evaluate((of) => {
      const { x, y, width, height } = window.card(of).getBoundingClientRect();
      return { x, y, width, height };
    }, name);
  const portOf = async (node, side) => {
    const box = await page.locator(`.react-flow__handle.${side}[data-nodeid="${node}"]`).boundingBox();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const click = async (name) => {
    const { x, y } = await boxOf(name);
    await page.mouse.click(x + 200, y + 18);
  };
  const select = () => click(CARD);
  const width = (at) => (at % 2 === 0 ? 9 : 8);
  const field = () => page.locator('.inspector').getByLabel('out_channels');
  const widen = async () => {
    await select();
    await field().fill('9');
    await field().press('Enter');
    await select();
  };
  const copyMany = () =>
    app.evaluate(({ clipboard }, text) => {
      clipboard.writeText(text);
    }, fragment(MANY));
  const pasteMany = async () => {
    await page.mouse.move(...EMPTY);
    await press('ControlOrMeta+V')();
    await page.waitForFunction(() => window.holds(['named', 'pasted1']));
  };
  const key = (what, pressed, seen, around = {}) => ({
    what,
    on: 'keydown',
    act: press(pressed),
    seen: () => seen,
    ...around,
  });
  const undo = press('ControlOrMeta+Z');
  const redo = press('ControlOrMeta+Y');
  /** Takes hold of the card, or of the cards selected with it, and moves it aside. */
  const hold = async () => {
    const { x, y } = await boxOf(CARD);
    await page.mouse.move(x + 200, y + 18);
    await page.mouse.down();
    for (let step = 1; step <= 4; step++) await page.mouse.move(x + 200 + step * 10, y + 18);
  };
  const drop = (what, around) => ({
    what,
    on: 'pointerup',
    act: () => page.mouse.up(),
    seen: () => ['step', 'move'],
    ...around,
  });
  return [
    key('select all', 'ControlOrMeta+A', ['somethingSelected'], { after: press('Escape') }),
    key('select none', 'Escape', ['!somethingSelected'], { before: press('ControlOrMeta+A') }),
    {
      what: 'select a card',
      on: 'pointerdown',
      act: select,
      seen: () => ['selected', CARD],
      after: press('Escape'),
    },
    {
      what: 'change a size, 9,980 layers after it',
      on: 'keydown',
      start: select,
      before: (at) => field().fill(String(width(at))),
      act: () => field().press('Enter'),
      seen: (at) => ['summary', [CARD, `out_channels ${width(at)} `]],
    },
    key('undo it', 'ControlOrMeta+Z', ['summary', [CARD, 'out_channels 8 ']], {
      start: widen,
      after: redo,
      end: undo,
    }),
    key('redo it', 'ControlOrMeta+Y', ['summary', [CARD, 'out_channels 9 ']], {
      start: widen,
      before: undo,
      end: undo,
    }),
    {
      what: 'rename',
      on: 'keydown',
      start: select,
      before: async () => {
        await page.keyboard.press('F2');
        await page.keyboard.type('renamed');
      },
      act: press('Enter'),
      seen: () => ['named', 'renamed'],
      after: async () => {
        await page.locator('.canvas').click({ position: { x: 300, y: 8 } });
        await undo();
        await page.waitForTimeout(PAUSE);
        await select();
      },
    },
    key('duplicate a card', 'ControlOrMeta+D', ['step', 'duplicate'], { before: select, after: undo }),
    key('delete a card', 'Delete', ['!named', CARD], { before: select, after: undo }),
    {
      what: 'disconnect an edge',
      on: 'keydown',
      before: async () => {
        const [above, below] = [await boxOf('norm4'), await boxOf('relu4')];
        await page.mouse.click(above.x + above.width / 2, (above.y + above.height + below.y) / 2);
      },
      act: press('Delete'),
      seen: () => ['step', 'delete'],
      after: undo,
    },
    {
      what: 'connect two cards',
      on: 'pointerup',
      before: async () => {
        const from = await portOf('n14', 'source');
        const to = await portOf('n16', 'target');
        await page.mouse.move(from.x, from.y);
        await page.mouse.down();
        await page.mouse.move((from.x + to.x) / 2 + 60, (from.y + to.y) / 2, { steps: 3 });
        await page.mouse.move(to.x, to.y, { steps: 3 });
      },
      act: () => page.mouse.up(),
      seen: () => ['step', 'connect'],
      after: undo,
    },
    key(`paste ${MANY} cards`, 'ControlOrMeta+V', ['named', 'pasted1'], {
      start: copyMany,
      before: () => page.mouse.move(...EMPTY),
      after: undo,
    }),
    key(`undo pasting ${MANY} cards`, 'ControlOrMeta+Z', ['!named', 'pasted1'], {
      start: copyMany,
      before: pasteMany,
    }),
    key(`delete ${MANY} cards`, 'Delete', ['!named', 'pasted1'], { start: copyMany, before: pasteMany }),
    drop('move a card', { before: hold, after: undo }),
    drop(`move all cards`, {
      before: async () => {
        await press('ControlOrMeta+A')();
        await hold();
      },
      after: async () => {
        await undo();
        await press('Escape')();
      },
    }),
  ];
}

/** Cards pasted at once, and where, in pixels of the window. */
const MANY = 100;
const EMPTY = [400, 200];
