// `npm start`: makes the checkout ready, then opens the window on the example project; where no window can be shown,
// trains the same example from the command line.
//
//   npm start [-- PROJECT]
import { at, isStale, windowSources } from './paths.mjs';
import { electronBinary, electronEnvironment, hasDisplay, run, runNode, tools } from './processes.mjs';
import { setup } from './setup.mjs';

const example = {
  project: 'examples/digits/digits.lazuli',
  train: ['--data', 'examples/digits/digits.csv.gz', '--out', 'out/digits.pt'],
};

process.exitCode = (await setup('start')) ? await start(process.argv.slice(2)) : 1;

async function start(args) {
  if (!hasDisplay()) return trainExample();
  if (isStale('out/renderer/index.html', windowSources)) {
    console.log('[start] building the window');
    const code = await runNode(tools.electronVite, 'build', '--logLevel=warn');
    if (code !== 0) return code;
  }
  // Chromium's own log of a machine without D-Bus or GPU is noise; errors of ours do not pass through it.
  const projects = args.length > 0 ? args : [at(example.project)];
  return run(electronBinary(), [at('.'), '--log-level=3', ...projects], electronEnvironment());
}

function trainExample() {
  console.log(
    '[start] there is no display here (DISPLAY and WAYLAND_DISPLAY are not set): no window can open.',
  );
  console.log('[start] Training the example from the command line instead:');
  const args = ['train', example.project, ...example.train];
  console.log(`[start] npx lazuli ${args.join(' ')}\n`);
  return runNode(at('bin/lazuli.mjs'), ...args);
}
