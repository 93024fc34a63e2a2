// Makes what is installed on Linux, without a download: release/<name>-linux-<arch>, the window's program beside Electron's own files
// as its manual lays them out, with the command line and the native backend; and from it a .deb with menu entry, file type and icon.
//
//   npm run package                            after: npm run build, npm run native
//   npm run package -- --folder-only           without the .deb
//   npm run package -- --out=FOLDER            elsewhere than in release/
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { at, root } from './paths.mjs';
import { capture, findProgram } from './processes.mjs';
import { windowPackages } from './system-packages.mjs';

const meta = JSON.parse(fs.readFileSync(at('package.json'), 'utf8'));
const [association] = meta.build.fileAssociations;

/** Under `/opt` when it is installed. */
const NAME = meta.name;
/** The window's program; `lazuli` is the command line. */
const PROGRAM = 'lazuli-workbench';
const ARCHES = { x64: 'amd64', arm64: 'arm64' };

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: at('release') },
    'folder-only': { type: 'boolean', default: false },
  },
});

if (process.platform !== 'linux') refuse('packages are made on Linux only');
const architecture = ARCHES[process.arch] ?? refuse(`no package is known for ${process.arch}`);
const dist = at('node_modules', 'electron', 'dist');
need(path.join(dist, 'electron'), 'node scripts/electron-runtime.mjs');
for (const part of ['main', 'preload', 'renderer', 'cli']) need(at('out', part), 'npm run build');
const addon = path.join('native', 'build', 'Release', 'lazuli_native.node');
need(at(addon), 'npm run native');

function refuse(why) {
  console.error(`package: ${why}`);
  process.exit(1);
}

function need(file, command) {
  if (!fs.existsSync(file)) refuse(`${path.relative(root, file)} is missing. Run: ${command}`);
}

/** Electron's files with the app in resources/app. */
function makeFolder(to) {
  const copy = (from, target) => {
    fs.cpSync(from, path.join(to, target), {
      recursive: true,
      mode: fs.constants.COPYFILE_FICLONE,
      verbatimSymlinks: true,
    });
  };
  copy(dist, '.');
  fs.renameSync(path.join(to, 'electron'), path.join(to, PROGRAM));
  fs.rmSync(path.join(to, 'resources', 'default_app.asar'), { force: true });
  const app = path.join('resources', 'app');
  for (const part of ['out/main', 'out/preload', 'out/renderer', 'out/cli', 'bin', 'LICENSE', addon])
    copy(at(part), path.join(app, part));
  for (const example of trackedIn('examples')) copy(at(example), path.join(app, example));
  for (const dependency of dependencies()) copy(at(dependency), path.join(app, dependency));
  const { name, productName, version, description, license, author, type, main, bin } = meta;
  write(to, path.join(app, 'package.json'), {
    name, productName, version, description, license, author, type, main, bin, desktopName: `${PROGRAM}.desktop`,
  }); // prettier-ignore
  write(
    to,
    `bin/${NAME}`,
    `#!/bin/sh
# The command line, run by the Node inside the window's program.
here=$(dirname "$(readlink -f "$0")")
ELECTRON_RUN_AS_NODE=1 exec "$here/../${PROGRAM}" "$here/../resources/app/${meta.bin.lazuli}" "$@"
`,
    0o755,
  );
}

/** Files that are part of the project, not what training left beside them. */
function trackedIn(part) {
  const listed = capture('git', ['-C', root, 'ls-files', part]);
  if (!listed.isOk) refuse(`git does not list ${part}: ${listed.output}`);
  return listed.output.split('\n').filter((line) => line !== '');
}

/** Folders of the packages the app needs when it runs. */
function dependencies() {
  const listed = capture('npm', ['ls', '--omit=dev', '--all', '--parseable', '--prefix', root]);
  return listed.output
    .split('\n')
    .map((line) => path.relative(root, line))
    .filter((line) => line.startsWith('node_modules'));
}

function write(base, file, content, mode = 0o644) {
  const full = path.join(base, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`, {
    mode,
  });
}

/** Returns the file. The desktop's own triggers take up the menu entry, the file type and the icons. */
function makeDeb(from) {
  if (!findProgram('dpkg-deb'))
    refuse('dpkg-deb is missing. Run: apt-get install dpkg, or pass --folder-only');
  const tree = path.join(options.out, 'deb');
  fs.rmSync(tree, { recursive: true, force: true });
  const home = path.join(tree, 'opt', NAME);
  fs.cpSync(from, home, { recursive: true, mode: fs.constants.COPYFILE_FICLONE, verbatimSymlinks: true });
  fs.chmodSync(path.join(home, 'chrome-sandbox'), 0o4755);
  fs.mkdirSync(path.join(tree, 'usr', 'bin'), { recursive: true });
  fs.symlinkSync(`/opt/${NAME}/bin/${NAME}`, path.join(tree, 'usr', 'bin', NAME));
  fs.symlinkSync(`/opt/${NAME}/${PROGRAM}`, path.join(tree, 'usr', 'bin', PROGRAM));
  write(tree, `usr/share/applications/${PROGRAM}.desktop`, desktopEntry());
  write(tree, `usr/share/mime/packages/${NAME}.xml`, mimeType());
  const icon = fs.readFileSync(at('scripts', 'package', 'lazuli.svg'), 'utf8');
  const icons = 'usr/share/icons/hicolor/scalable';
  write(tree, `${icons}/apps/${PROGRAM}.svg`, icon);
  write(tree, `${icons}/mimetypes/${association.mimeType.replace('/', '-')}.svg`, icon);
  write(tree, `usr/share/doc/${NAME}/copyright`, fs.readFileSync(at('LICENSE'), 'utf8'));
  write(tree, 'DEBIAN/control', control(tree));
  const file = path.join(options.out, `${NAME}_${meta.version}_${architecture}.deb`);
  const built = capture('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z6', '--build', tree, file]);
  fs.rmSync(tree, { recursive: true });
  if (!built.isOk) refuse(built.output);
  return file;
}

const desktopEntry = () => `[Desktop Entry]
Type=Application
Name=${meta.productName}
Comment=${meta.description}
Exec=/opt/${NAME}/${PROGRAM} %f
Icon=${PROGRAM}
StartupWMClass=${PROGRAM}
MimeType=${association.mimeType};
Categories=Science;Development;
`;

const mimeType = () => `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="${association.mimeType}">
    <comment>${association.description}</comment>
    <sub-class-of type="application/json"/>
    <glob pattern="*.${association.ext}"/>
  </mime-type>
</mime-info>
`;

function control(tree) {
  const size = Number(capture('du', ['-sk', tree]).output.split('\t')[0]);
  return `Package: ${NAME}
Version: ${meta.version}
Architecture: ${architecture}
Maintainer: ${meta.author} <none@invalid>
Installed-Size: ${size}
Depends: ${windowPackages().join(', ')}
Section: science
Priority: optional
Description: ${meta.description}
`;
}

const folder = path.join(options.out, `${NAME}-linux-${process.arch}`);
fs.rmSync(folder, { recursive: true, force: true });
makeFolder(folder);
console.log(folder);
if (!options['folder-only']) console.log(makeDeb(folder));
