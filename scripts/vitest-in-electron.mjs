// Runs vitest inside Electron's Node, whose memory cage and version differ from plain Node's: what the native and
// engine tests pass there holds in the application.
import { electronBinary, electronEnvironment, run, tools } from './processes.mjs';

const electron = electronBinary();
if (electron === undefined) {
  console.error('no Electron runtime; run: node scripts/electron-runtime.mjs');
  process.exit(1);
}
const env = { ...electronEnvironment(), ELECTRON_RUN_AS_NODE: '1' };
process.exitCode = await run(electron, [tools.vitest, ...process.argv.slice(2)], env);
