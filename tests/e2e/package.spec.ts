// The package for Linux as its user has it: made, taken apart where dpkg would put its files, and started on a project's file.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { Page } from '@playwright/test';

import { expect, test } from './support/fixtures';
import { copyExample, endAll, launch, removeFolder } from './support/lazuli';

const ROOT = resolve(import.meta.dirname, '../..');
const MIME = 'application/vnd.lazuli.project+json';

test.skip(
  process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-deb'),
  'Debian packages are made with dpkg-deb',
);

// One package serves all, and is made once.
test.describe.configure({ mode: 'serial' });

let folder = '';
let deb = '';
/** A place in the system the package was put on. */
const at = (...parts: string[]): string => join(folder, 'system', ...parts);
const program = (): string => at('opt/lazuli/lazuli-workbench');

test.beforeAll(() => {
  ({ folder } = copyExample('digits'));
  const made = join(folder, 'made');
  mkdirSync(made);
  execFileSync(process.execPath, [join(ROOT, 'scripts/package.mjs'), `--out=${made}`], { stdio: 'pipe' });
  deb = join(made, readdirSync(made).find((name) => name.endsWith('.deb')) ?? '');
  execFileSync('dpkg-deb', ['-x', deb, at()]);
});
test.afterEach(endAll);
test.afterAll(() => {
  removeFolder(folder);
});

test('the Debian package holds the window, the command line and the file type, and the window opens the file it is given', async ({}, info) => {
  const entry = readFileSync(at('usr/share/applications/lazuli-workbench.desktop'), 'utf8');
  expect(entry).toContain('Exec=/opt/lazuli/lazuli-workbench %f');
  expect(entry).toContain('StartupWMClass=lazuli-workbench');
  expect(entry).toContain(`MimeType=${MIME};`);
  expect(readFileSync(at('usr/share/mime/packages/lazuli.xml'), 'utf8')).toContain(
    '<glob pattern="*.lazuli"/>',
  );
  // The icon is the sign the window shows.
  const icon = readFileSync(at('usr/share/icons/hicolor/scalable/apps/lazuli-workbench.svg'), 'utf8');
  const drawn = [...readFileSync(join(ROOT, 'renderer/chrome/gem.tsx'), 'utf8').matchAll(/ d="([^"]+)"/g)];
  expect(drawn.length).toBeGreaterThan(2);
  for (const [, line = ''] of drawn) expect(icon).toContain(line);
  // Chromium's sandbox where the kernel forbids namespaces.
  const listed = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' });
  expect(listed).toMatch(/^-rwsr-xr-x root\/root .*chrome-sandbox$/m);

  const said = execFileSync(at('opt/lazuli/bin/lazuli'), ['devices'], { encoding: 'utf8', cwd: folder });
  expect(said).toContain('cpu');
  expect(statSync(program()).mode & 0o111).not.toBe(0);

  // What it leaves unsaved is offered at no other start.
  const { app, page } = await launch({
    project: join(folder, 'digits.lazuli'),
    folder: join(folder, 'opened'),
    program: program(),
  });
  expect(await app.evaluate(({ app: running }) => running.isPackaged)).toBe(true);
  await expect(page.locator('.project-name')).toContainText('digits');
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  // Shapes come from the native backend in the package.
  await expect(page.locator('.react-flow__node').filter({ hasText: 'fc2' })).toContainText('10×64');
  await page.screenshot({ path: info.outputPath('packaged.png') });
});

// Installed, the example belongs to root; these tests may run as root, who can write everywhere, so what lies in the package is compared.
test('started without a file the example opens as a copy: it trains, is saved where the user says with its runs and weights, and nothing is written into the package', async ({}, info) => {
  const shipped = at('opt/lazuli/resources/app/examples');
  const asShipped = contents(shipped);
  const { page, ...lazuli } = await launch({ folder, program: program() });
  await expect(page.locator('.project-name-text')).toHaveText('digits');
  await expect(page.locator('.project-name')).toHaveAttribute('title', 'Not saved yet');
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Epochs', { exact: true }).fill('1');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect.poll(() => runs(page)).toEqual(['finished']);
  await page.screenshot({ path: info.outputPath('trained.png') });

  const mine = join(folder, 'mine');
  mkdirSync(mine);
  const file = join(mine, 'digits.lazuli');
  await lazuli.answerDialog(file);
  await lazuli.command('file.save');
  await expect(page.locator('.project-name')).toHaveAttribute('title', mine);
  await expect.poll(() => readdirSync(mine).sort()).toEqual(
    ['digits.csv.gz', 'digits.lazuli', 'digits.pt', 'digits.runs', 'digits.runs.db'],
  ); // prettier-ignore
  expect(await runs(page)).toEqual(['finished']);

  // The example opened by its file is a copy as well, and is not among the recent files.
  await lazuli.answerDialog(join(shipped, 'iris', 'iris.lazuli'));
  await lazuli.command('file.open');
  await expect(page.locator('.project-name-text')).toHaveText('iris');
  await expect(page.locator('.project-name')).toHaveAttribute('title', 'Not saved yet');
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(page.locator('.react-flow__node').filter({ hasText: 'fc1' })).toContainText('16×4');

  // What was saved has its weights, its runs and its data.
  await lazuli.answerDialog(file);
  await lazuli.answerMessages("Don't save");
  await lazuli.command('file.open');
  await expect(page.locator('.project-name')).toHaveAttribute('title', mine);
  await expect(page.locator('.react-flow__node').filter({ hasText: 'fc2' })).toContainText('10×64');
  expect(await runs(page)).toEqual(['finished']);
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect.poll(() => runs(page)).toEqual(['finished', 'finished']);
  const recent = JSON.parse(readFileSync(join(folder, 'user-data', 'settings.json'), 'utf8')) as {
    readonly recent: readonly string[];
  };
  expect(recent.recent[0]).toBe(file);
  expect(recent.recent.filter((path) => path.startsWith(at()))).toEqual([]);
  expect(contents(shipped)).toEqual(asShipped);
});

/** Every file below a folder with its length. */
const contents = (below: string): readonly string[] =>
  readdirSync(below, { recursive: true, encoding: 'utf8' })
    .map((name) => `${name} ${statSync(join(below, name)).size}`)
    .sort();

/** The states of the recorded runs of the open project. */
const runs = (page: Page): Promise<readonly string[]> =>
  page.evaluate(async () => {
    const reply = await window.lazuli.call['runs.list']();
    return reply.ok ? reply.value.map(({ state }) => state) : [reply.error.message];
  });
