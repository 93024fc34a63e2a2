// The package for Linux as its user has it: made, taken apart where dpkg would put its files, and started on a project's file.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from './support/fixtures';
import { copyExample, endAll, launch, removeFolder } from './support/lazuli';

const ROOT = resolve(import.meta.dirname, '../..');
const MIME = 'application/vnd.lazuli.project+json';

test.skip(
  process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-deb'),
  'Debian packages are made with dpkg-deb',
);

test('the Debian package holds the window, the command line and the file type, and the window opens the file it is given', async ({}, info) => {
  const { folder, project } = copyExample('digits');
  try {
    const made = join(folder, 'made');
    mkdirSync(made);
    execFileSync(process.execPath, [join(ROOT, 'scripts/package.mjs'), `--out=${made}`], { stdio: 'pipe' });
    const deb = readdirSync(made).find((name) => name.endsWith('.deb')) ?? '';
    const system = join(folder, 'system');
    execFileSync('dpkg-deb', ['-x', join(made, deb), system]);

    const at = (...parts: string[]): string => join(system, ...parts);
    const entry = readFileSync(at('usr/share/applications/lazuli-workbench.desktop'), 'utf8');
    expect(entry).toContain('Exec=/opt/lazuli/lazuli-workbench %f');
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
    const listed = execFileSync('dpkg-deb', ['-c', join(made, deb)], { encoding: 'utf8' });
    expect(listed).toMatch(/^-rwsr-xr-x root\/root .*chrome-sandbox$/m);

    const program = at('opt/lazuli/lazuli-workbench');
    const said = execFileSync(at('opt/lazuli/bin/lazuli'), ['devices'], {
      encoding: 'utf8',
      cwd: folder,
    });
    expect(said).toContain('cpu');
    expect(statSync(program).mode & 0o111).not.toBe(0);

    const { app, page } = await launch({ project, folder, program });
    expect(await app.evaluate(({ app: running }) => running.isPackaged)).toBe(true);
    await expect(page.locator('.project-name')).toContainText('digits');
    await page.getByRole('button', { name: 'Feed sample' }).first().click();
    // Shapes come from the native backend in the package.
    await expect(page.locator('.react-flow__node').filter({ hasText: 'fc2' })).toContainText('10×64');
    await page.screenshot({ path: info.outputPath('packaged.png') });
  } finally {
    await endAll();
    removeFolder(folder);
  }
});
