// Runs the built command line over every file of a folder of hostile files, and says what broke a promise: an end other than 0 or 2, a refusal
// without `file: what: where`, more than 20 s or 1 GiB, a changed input, a new file.
//
//   node scripts/check-corpus.mjs [FOLDER] [--verb inspect,convert,train,probe,...]
//
// FOLDER is tests/fixtures/hostile and the verbs are all of VERBS unless named. RELIABILITY 32, 33, 46 and 47.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');
const cli = path.join(root, 'out/cli/lazuli.js');
const SLOWEST_MS = 20_000;
const MOST_BYTES = 1024 ** 3;
const FAILURES = /\bundefined\b|\[object|\bNaN\b|\n\s+at |\bat .*\.[jt]s:\d/;

const digits = path.join(root, 'examples/digits/digits.lazuli');
const out = (folder, name = 'out.pt') => ['--out', path.join(folder, name)];
/**
 * How each verb is given a file: as a file of weights, of data, as a project, or as a case of probe. `weights` is a file of weights that fit the
 * digits, for the verbs that look at data only then.
 */
const VERBS = {
  inspect: (file) => ['inspect', file],
  convert: (file, folder) => ['convert', file, path.join(folder, 'out.safetensors')],
  diff: (file) => ['diff', file, file],
  summary: (file) => ['summary', digits, '--weights', file],
  materialize: (file, folder) => ['materialize', digits, '--weights', file, ...out(folder)],
  evaluate: (file) => ['evaluate', digits, '--weights', file],
  predict: (file) => ['predict', digits, '--weights', file],
  'train-weights': (file, folder) => ['train', digits, '--weights', file, '--epochs', '1', ...out(folder)],
  train: (file, folder) => ['train', digits, '--data', file, '--epochs', '1', ...out(folder)],
  'find-lr': (file) => ['find-lr', digits, '--data', file],
  'materialize-data': (file, folder) => ['materialize', digits, '--sample', file, ...out(folder)],
  'evaluate-data': (file, _folder, weights) => ['evaluate', digits, '--weights', weights, '--data', file],
  'predict-data': (file, folder, weights) => [
    'predict',
    digits,
    '--weights',
    weights,
    '--data',
    file,
    ...out(folder, 'out.npy'),
  ],
  project: (file) => ['summary', file],
  'train-project': (file, folder) => ['train', file, '--epochs', '1', ...out(folder)],
  runs: (file) => ['runs', file],
  probe: (file) => ['probe', file],
};

/** Says at its end how much memory the process held at most. */
const REPORT = `process.on('exit', () => {
  require('node:fs').writeSync(3, String(process.resourceUsage().maxRSS * 1024));
});`;

/** Writes what has a process say how much memory it held; the path goes to `checkFile`. */
export function writeReport(folder) {
  const report = path.join(folder, 'report.cjs');
  writeFileSync(report, REPORT);
  return report;
}

/**
 * Runs one verb on one file, in a folder of its own that is empty before and after; `problems` are texts, empty where all went
 * well.
 *
 * @param {string} file
 * @param {string} verb
 * @param {string} folder
 * @param {string} report
 * @param {string} [weights]
 * @returns {Promise<{ problems: string[], seconds: number, bytes: number, code: number | null }>}
 */
export async function checkFile(file, verb, folder, report, weights = '') {
  const before = readFileSync(file);
  const started = performance.now();
  const ended = await run([...VERBS[verb](file, folder, weights), '--json'], folder, report);
  const seconds = (performance.now() - started) / 1000;
  const problems = problemsOf(ended, seconds);
  if (!before.equals(readFileSync(file))) problems.push('the file was changed');
  const left = readdirSync(folder);
  if (ended.code !== 0 && left.length > 0) problems.push(`left behind: ${left.join(', ')}`);
  for (const name of left) rmSync(path.join(folder, name), { recursive: true });
  return { problems, seconds, bytes: ended.bytes, code: ended.code };
}

function problemsOf({ code, stdout, stderr, bytes }, seconds) {
  const problems = [];
  if (code !== 0 && code !== 2) problems.push(`ended with ${code}: ${stderr.slice(0, 200)}`);
  if (seconds * 1000 > SLOWEST_MS) problems.push(`took ${seconds.toFixed(1)} s`);
  if (bytes > MOST_BYTES) problems.push(`held ${Math.round(bytes / 1024 ** 2)} MiB`);
  if (FAILURES.test(stderr)) problems.push(`says ${stderr.slice(0, 200)}`);
  if (code === 2) {
    if (stdout !== '') problems.push('wrote to stdout');
    try {
      const { error } = JSON.parse(stderr);
      if (typeof error.code !== 'string' || !error.message || !error.where)
        problems.push(`says ${stderr.slice(0, 200)}`);
      if (error.code === 'file_refused' && error.message.split(': ').length < 3)
        problems.push(`no file: what: where in ${error.message}`);
    } catch {
      problems.push(`stderr is no JSON: ${stderr.slice(0, 200)}`);
    }
  }
  return problems;
}

function run(args, folder, report) {
  const child = spawn(process.execPath, ['--require', report, cli, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: SLOWEST_MS + 10_000,
  });
  const texts = ['', '', ''];
  for (const [index, stream] of [child.stdout, child.stderr, child.stdio[3]].entries())
    stream.setEncoding('utf8').on('data', (text) => (texts[index] += text));
  return new Promise((resolve) =>
    child.on('close', (code, signal) =>
      resolve({ code: code ?? signal, stdout: texts[0], stderr: texts[1], bytes: Number(texts[2]) }),
    ),
  );
}

async function main() {
  const args = process.argv.slice(2);
  const at = args.indexOf('--verb');
  const [, verb] = at < 0 ? [] : args.splice(at, 2);
  const corpus = path.resolve(args[0] ?? path.join(root, 'tests/fixtures/hostile'));
  const work = mkdtempSync(path.join(tmpdir(), 'lazuli-corpus-'));
  const report = writeReport(work);
  const weights = path.join(work, 'digits.safetensors');
  execFileSync(process.execPath, [cli, 'materialize', digits, '--out', weights], { stdio: 'ignore' });
  const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => statSync(path.join(corpus, name)).isFile() && !/(expected|manifest|oracle)\.json$/.test(name),
    )
    .sort();
  const queue = files.flatMap((name) => (verb?.split(',') ?? Object.keys(VERBS)).map((each) => [name, each]));
  const results = [];
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      const folder = mkdtempSync(path.join(work, 'run-'));
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [name, each] = next;
        const result = await checkFile(path.join(corpus, name), each, folder, report, weights);
        results.push({ name, verb: each, ...result });
        for (const problem of result.problems) console.log(`${each} ${name}: ${problem}`);
      }
    }),
  );
  rmSync(work, { recursive: true });
  const most = (field) => results.reduce((a, b) => (b[field] > a[field] ? b : a));
  const [slowest, largest] = [most('seconds'), most('bytes')];
  console.log(
    `${files.length} files, ${results.filter(({ code }) => code === 2).length} refusals of ${results.length} runs; slowest ` +
      `${slowest.seconds.toFixed(1)} s (${slowest.verb} ${slowest.name}), most memory ${Math.round(largest.bytes / 1024 ** 2)} MiB (${largest.verb} ${largest.name})`,
  );
  process.exitCode = results.some(({ problems }) => problems.length > 0) ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
