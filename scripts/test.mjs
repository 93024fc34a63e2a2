// `npm test`: makes the checkout ready, then runs every check in order and says at the end what passed.
// A failed step does not stop the later ones unless they need it. The last line is "N passed, N failed".
// The checks of the text run beside each other, before the rest.
//
//   npm test [-- --only=STEP,STEP]     steps: types lint format native build unit electron e2e
import fs from 'node:fs';

import { at } from './paths.mjs';
import { electronEnvironment, run, runKept, runNode, tools } from './processes.mjs';
import { buildNative, prepare } from './setup.mjs';
import { readPlaywrightReport, readVitestReport } from './test-reports.mjs';

const results = 'test-results';
const vitestArgs = (step) => [
  'run',
  '--allowOnly=false',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${results}/${step}.json`,
];

// What runs in Electron's Node, whose memory cage and version differ from plain Node's. The addon's own tests run only
// there: it is one binary of Node-API for both, and the other tests call it in plain Node.
const inElectron = [
  'tests/native',
  'tests/engine/files',
  'tests/engine/large-files',
  'tests/engine/session',
  'tests/engine/weights',
];

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} what
 * @property {string[]} [needs] steps without which this one says nothing: they run first and must succeed
 * @property {string[]} [after] steps that run first, whatever comes of them
 * @property {() => Promise<number>} [run] returns an exit code
 * @property {string[]} [script] instead: a script of Node and its arguments, one that may run beside others
 * @property {(file: string) => import('./test-reports.mjs').Counts | undefined} [read] counts the tests of its report
 */

/** @type {Step[]} */
const steps = [
  { name: 'types', what: 'types of every folder', script: [at('scripts/typecheck.mjs')] },
  { name: 'lint', what: 'lint and layers', script: [tools.oxlint, '--max-warnings=0'] },
  { name: 'format', what: 'formatting', script: [tools.prettier, '--check', '--log-level=warn', '.'] },
  { name: 'native', what: 'native backend', run: async () => ((await buildNative()) ? 0 : 1) },
  { name: 'build', what: 'window and command line', run: build },
  {
    name: 'unit',
    after: ['native'],
    what: 'unit tests in Node',
    run: () => runNode(tools.vitest, ...vitestArgs('unit'), '--project=unit'),
    read: readVitestReport,
  },
  {
    name: 'electron',
    needs: ['native'],
    what: "native tests, and files and sessions, in Electron's Node",
    run: () => runNode(at('scripts/vitest-in-electron.mjs'), ...vitestArgs('electron'), ...inElectron),
    read: readVitestReport,
  },
  {
    name: 'e2e',
    what: 'end to end in Electron',
    needs: ['native', 'build'],
    run: endToEnd,
    read: readPlaywrightReport,
  },
];

process.exitCode = await main();

async function main() {
  const chosen = choose(process.argv.slice(2));
  if (chosen === undefined) return 2;
  const start = performance.now();
  if (!(await prepare('test'))) {
    console.log('\nThe checkout could not be made ready; nothing was tested.\n0 passed, 1 failed');
    return 1;
  }
  fs.rmSync(at(results), { recursive: true, force: true });
  fs.mkdirSync(at(results), { recursive: true });
  const outcomes = await Promise.all(chosen.filter(({ script }) => script).map(check));
  for (const { name, what, output } of outcomes) console.log(`\n=== ${name}: ${what}\n${output.trimEnd()}`);
  for (const step of chosen.filter(({ script }) => !script)) outcomes.push(await runStep(step, outcomes));
  return summarize(outcomes, (performance.now() - start) / 1000);
}

function choose(args) {
  const names = steps.map(({ name }) => name);
  const only = args.length === 0 ? names : /^--only=(.+)$/.exec(args[0])?.[1]?.split(',');
  if (args.length > 1 || only === undefined || !only.every((name) => names.includes(name))) {
    console.error(`usage: npm test [-- --only=STEP,STEP]   steps: ${names.join(' ')}`);
    return undefined;
  }
  // In reverse, so that a step asked for brings those before it.
  const wanted = new Set(only);
  for (const { name, needs = [], after = [] } of steps.toReversed()) {
    if (wanted.has(name)) for (const earlier of [...needs, ...after]) wanted.add(earlier);
  }
  return steps.filter(({ name }) => wanted.has(name));
}

/** Runs a check of the text beside others. */
async function check(step) {
  const start = performance.now();
  const { code, output } = await runKept(process.execPath, step.script);
  const verdict = code === 0 ? 'ok' : 'FAILED';
  return { ...step, isOk: code === 0, verdict, output, seconds: (performance.now() - start) / 1000 };
}

async function runStep(step, earlier) {
  const missing = step.needs?.find((name) => earlier.some((done) => done.name === name && !done.isOk));
  console.log(`\n=== ${step.name}: ${step.what}`);
  if (missing !== undefined) {
    console.log(`not run: ${missing} failed`);
    return { ...step, isOk: false, verdict: `not run: ${missing} failed`, seconds: 0 };
  }
  const start = performance.now();
  const code = await step.run();
  const counts = step.read?.(at(results, `${step.name}.json`));
  // Without a report, or with one that ran nothing, nothing was shown to work.
  const isProven = step.read === undefined || (counts !== undefined && counts.passed > 0);
  const isOk = code === 0 && isProven && (counts?.failed ?? 0) === 0;
  return {
    ...step,
    isOk,
    counts,
    verdict: isOk ? 'ok' : isProven ? 'FAILED' : 'FAILED: no test ran',
    seconds: (performance.now() - start) / 1000,
  };
}

async function build() {
  const window = await runNode(tools.electronVite, 'build', '--logLevel=warn');
  const cli = await runNode(tools.vite, 'build', '--config', 'vite.cli.config.ts');
  return window || cli;
}

function endToEnd() {
  const env = { ...electronEnvironment(), PLAYWRIGHT_JSON_OUTPUT_FILE: at(results, 'e2e.json') };
  return run(process.execPath, [tools.playwright, 'test', '--forbid-only', '--reporter=list,json'], env);
}

function summarize(outcomes, seconds) {
  const row = (name, verdict, time, counts) => {
    const tests = counts ? `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` : '';
    return `${name.padEnd(9)} ${time.toFixed(1).padStart(7)} s   ${verdict.padEnd(8)} ${tests}`.trimEnd();
  };
  const passed = outcomes.reduce((sum, { counts }) => sum + (counts?.passed ?? 0), 0);
  // A step that failed without a failed test (lint, a crash, a report that is missing) counts as one failure.
  const failed = outcomes.reduce(
    (sum, { isOk, counts }) => sum + (isOk ? 0 : Math.max(counts?.failed ?? 0, 1)),
    0,
  );
  console.log('');
  for (const outcome of outcomes)
    console.log(row(outcome.name, outcome.verdict, outcome.seconds, outcome.counts));
  console.log(row('all', failed === 0 ? 'ok' : 'FAILED', seconds));
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
