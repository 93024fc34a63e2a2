// Everything a machine with a GPU is wanted for, in one command and within its minutes: builds (or takes what was prepared), checks
// every op and twenty steps against the CPU, measures `lazuli bench --device gpu` beside PyTorch eager, under torch.compile and in
// mixed precision, and puts the tables into docs/benchmarks/gpu.md between its two marks. What there was no time for says so.
//
//   node tests/bench/gpu.mjs [NAME ...] [--minutes=14] [--seconds=0.5] [--batch=N] [--python=python3] [--peer-device=cuda]
//                            [--no-parity] [--software] [--into=docs/benchmarks/gpu.md] [--rows=FILE]
//   node tests/bench/gpu.mjs --prepare [--with-node]
//
// `--prepare` makes out/gpu on a machine that has the npm packages: the bundles, the addon and, where asked, this Node, packed. A
// machine that has little else needs that folder and the sources, and starts `node tests/bench/gpu.mjs` or out/gpu/run.sh.
// `--software` measures a software driver: to try the script.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const root = path.resolve(import.meta.dirname, '../..');
const at = (...parts) => path.join(root, ...parts);
const prepared = at('out/gpu');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prepare: { type: 'boolean', default: false },
    'with-node': { type: 'boolean', default: false },
    'no-parity': { type: 'boolean', default: false },
    software: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '14' },
    seconds: { type: 'string', default: '0.5' },
    batch: { type: 'string' },
    python: { type: 'string', default: process.env.TORCH_PYTHON ?? 'python3' },
    'peer-device': { type: 'string', default: 'cuda' },
    into: { type: 'string', default: at('docs/benchmarks/gpu.md') },
    rows: { type: 'string' },
  },
});

/** float32 and, where it is measured too, mixed precision; the peer has the same names. */
const STEPS = ['mlp_b64', 'mlp_b8', 'cnn_b64', 'tenc_b16', 'tenc_drop_b16', 'cnn224_b32', 'tenc12_b8'];
const SIZES = [1024, 2048, 4096, 8192];
const products = SIZES.map((n) => `gemm_nn_${n}x${n}x${n}`);
const NAMES = positionals.length > 0 ? positionals : [...STEPS, ...products];
/** Tiles of a workgroup and a subgroup on matrix units, and their depth, beside what is chosen without asking: for large products. */
const TILES = [
  '128x128/64x64x32', '128x128/64x64x64', '128x128/32x64x32', '128x256/64x64x32', '128x256/64x64x64',
  '256x128/64x64x32', '256x256/64x64x32', '256x256/64x64x64',
]; // prettier-ignore
const MARKS = ['<!-- measured: made by tests/bench/gpu.mjs -->', '<!-- end of measured -->'];

const end = Date.now() + Number(options.minutes) * 60_000;
const left = () => end - Date.now();
/** What was measured, one line of JSON each, kept as it comes. */
const rows = [];
const keep = (row) => {
  rows.push(row);
  if (options.rows) fs.appendFileSync(options.rows, `${JSON.stringify(row)}\n`);
};

const environment = {
  ...process.env,
  ...(options.software ? { LAZULI_SOFTWARE_GPU: '1', ...softwareDriver() } : {}),
};

/** Electron's, as the tests have it. */
function softwareDriver() {
  const dist = at('node_modules/electron/dist');
  const driver = path.join(dist, 'vk_swiftshader_icd.json');
  return {
    VK_ICD_FILENAMES: driver,
    VK_DRIVER_FILES: driver,
    LAZULI_VULKAN_LOADER: path.join(dist, 'libvulkan.so.1'),
  };
}

/** Runs a program with what is left of the time; its output's lines, whether it ended well, and how it ended otherwise. */
function run(what, program, args, most = Infinity) {
  const timeout = Math.floor(Math.min(left(), most));
  if (timeout < 1000) return { isOk: false, lines: [], problem: 'no time left' };
  const started = Date.now();
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root, env: environment, encoding: 'utf8', timeout, maxBuffer: 1 << 26,
  }); // prettier-ignore
  const lines = (stdout ?? '').split('\n').filter((line) => line.trim() !== '');
  const last = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  const problem =
    status === 0 ? '' : (error?.message ?? (signal ? `ended by ${signal}` : `exit code ${status}: ${last}`));
  process.stderr.write(`${what}: ${problem || 'done'} in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return { isOk: status === 0, lines, problem };
}

const documents = (lines) =>
  lines.flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });

const hasPackages = () => fs.existsSync(at('node_modules/vite'));

/** The bundles and the addon in out/gpu. Throws what does not build. */
function prepare() {
  const steps = [
    ['addon', process.execPath, [at('native/build.mjs')]],
    ['command line', process.execPath, [at('node_modules/vite/bin/vite.js'), 'build', '--config', 'vite.cli.config.ts']],
    [
      'checks', process.execPath,
      [at('node_modules/rolldown/bin/cli.mjs'), at('tests/bench/gpu-parity.ts'), '--platform', 'node', '--format', 'esm', '--tsconfig', at('tests/tsconfig.json'), '-o', path.join(prepared, 'parity/parity.mjs')],
    ],
  ]; // prettier-ignore
  for (const [what, program, args] of steps) {
    const { isOk, problem, lines } = run(what, program, args);
    if (!isOk) throw new Error(`${what}: ${problem}\n${lines.slice(-20).join('\n')}`);
  }
  fs.cpSync(at('out/cli'), path.join(prepared, 'cli'), { recursive: true });
  const addon = 'native/build/Release/lazuli_native.node';
  fs.mkdirSync(path.dirname(path.join(prepared, addon)), { recursive: true });
  fs.copyFileSync(at(addon), path.join(prepared, addon));
  if (!options['with-node']) return;
  fs.writeFileSync(path.join(prepared, 'node.gz'), gzipSync(fs.readFileSync(process.execPath)));
  fs.writeFileSync(
    path.join(prepared, 'run.sh'),
    '#!/bin/sh\n# Unpacks Node and starts tests/bench/gpu.mjs with these arguments.\nset -e\nhere=$(dirname "$0")\n[ -x /tmp/lazuli-node ] || { gzip -dc "$here/node.gz" > /tmp/lazuli-node; chmod +x /tmp/lazuli-node; }\nexec /tmp/lazuli-node "$here/../../tests/bench/gpu.mjs" "$@"\n',
    { mode: 0o755 },
  );
}

/** `lazuli bench` of some names; with `tiles`, those of the matrix units. */
function ours(names, dtype, tiles = null) {
  const batch = options.batch ? [`--batch=${options.batch}`] : [];
  const by = tiles ?? 'lazuli';
  for (const name of names) {
    environment.LAZULI_GPU_TILES = tiles ?? '';
    const { lines, problem } = run(`${by} ${name} ${dtype}`, process.execPath, [
      path.join(prepared, 'cli/lazuli.js'), 'bench', name, '--device=gpu', `--dtype=${dtype}`, `--seconds=${options.seconds}`, ...batch, '--json',
    ]); // prettier-ignore
    const [result] = documents(lines);
    keep({ by, name, dtype, ...(result ? { ms: result.median_ms } : { problem }) });
  }
  environment.LAZULI_GPU_TILES = '';
}

/** gpu_peer.py of some names, one process for all; those it did not get to have no row. */
function peer(names, { isCompiled = false, dtype = 'float32' } = {}) {
  const by = isCompiled ? 'compile' : 'eager';
  const args = [
    at('tests/bench/gpu_peer.py'), ...names, '--seconds', options.seconds, '--device', options['peer-device'],
    ...(options.batch ? ['--batch', options.batch] : []), ...(isCompiled ? ['--compile'] : []), ...(dtype === 'bfloat16' ? ['--autocast'] : []),
  ]; // prettier-ignore
  const { lines, problem } = run(`PyTorch ${by} ${dtype}`, options.python, args);
  for (const row of documents(lines)) {
    if (row.machine) keep({ by: 'machine', ...row });
    else keep({ by, name: row.name, dtype, ...(row.median_ms === undefined ? { problem: row.error } : { ms: row.median_ms }) }); // prettier-ignore
  }
  if (problem) keep({ by, name: '', dtype, problem });
}

const found = (by, name, dtype) =>
  rows.findLast((row) => row.by === by && row.name === name && row.dtype === dtype);
const shown = (ms) => (ms >= 10 ? ms.toFixed(1) : ms >= 1 ? ms.toFixed(2) : ms.toPrecision(3));
const cell = (row) => (row?.ms === undefined ? (row?.problem ? 'failed' : 'not measured') : shown(row.ms));
const ratio = (theirs, own) =>
  theirs?.ms === undefined || own?.ms === undefined ? '–' : (theirs.ms / own.ms).toPrecision(2);

function table(title, names, dtype) {
  const lines = names.map((name) => {
    const own = found('lazuli', name, dtype);
    const [eager, compiled] = [found('eager', name, dtype), found('compile', name, dtype)];
    return `| ${[`\`${name}\``, cell(own), cell(eager), cell(compiled), ratio(eager, own)].join(' | ')} |`;
  });
  return [
    `| ${title} | Lazuli, Vulkan | PyTorch eager | torch.compile | eager / Lazuli |`,
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ];
}

/** Milliseconds of bfloat16 products by the tiles of the matrix units; those that a device has no room for fail. */
function tilesTable(names) {
  const tried = TILES.filter((tiles) => rows.some(({ by }) => by === tiles));
  if (tried.length === 0) return [];
  const line = (tiles, by) =>
    `| ${[tiles, ...names.map((name) => cell(found(by, name, 'bfloat16')))].join(' | ')} |`;
  return [
    `| tiles, bfloat16 | ${names.map((name) => `\`${name}\``).join(' | ')} |`,
    `| --- |${names.map(() => ' --- |').join('')}`,
    line('as chosen', 'lazuli'),
    ...tried.map((tiles) => line(`\`${tiles}\``, tiles)),
    '',
  ];
}

/** The device as `lazuli devices` tells it. */
function deviceText() {
  const { lines } = run('devices', process.execPath, [
    path.join(prepared, 'cli/lazuli.js'),
    'devices',
    '--json',
  ]);
  try {
    const document = JSON.parse(lines.join('\n'));
    const list = Array.isArray(document) ? document : (document.devices ?? []);
    const gpu = list.find(({ id }) => id === 'gpu');
    return gpu ? `${gpu.name} (${gpu.driver ?? gpu.detail})` : 'no GPU';
  } catch {
    return 'a GPU that was not named';
  }
}

function report(parity, device) {
  const machine = rows.find(({ by }) => by === 'machine');
  const date = new Date().toISOString().slice(0, 10);
  const torch = machine ? `PyTorch ${machine.torch} on ${machine.machine}` : 'no PyTorch';
  const batch = options.batch ? `, batches of ${options.batch}` : '';
  const steps = NAMES.filter((name) => !name.startsWith('gemm'));
  const gemms = NAMES.filter((name) => name.startsWith('gemm'));
  const problems = rows.filter(({ problem }) => problem).map(({ by, name, dtype, problem }) => `- ${by} ${name} ${dtype}: ${problem}`); // prettier-ignore
  return [
    MARKS[0],
    '',
    `${date}, ${device}; ${torch}. Median milliseconds${batch}, ${options.seconds} s each. ${parity}`,
    '',
    ...(steps.length > 0 ? table('step, float32', steps, 'float32') : []),
    ...(steps.length > 0 ? table('step, bfloat16 mixed precision', steps, 'bfloat16') : []),
    ...(gemms.length > 0 ? table('product, float32', gemms, 'float32') : []),
    ...(gemms.length > 0 ? table('product, bfloat16', gemms, 'bfloat16') : []),
    ...tilesTable(gemms),
    ...(problems.length > 0 ? ['What failed:', '', ...problems, ''] : []),
    MARKS[1],
  ].join('\n');
}

/** The file with the report between its marks, or after its end where it has none. */
function put(text) {
  const before = fs.existsSync(options.into)
    ? fs.readFileSync(options.into, 'utf8')
    : '# The GPU backend, measured\n';
  const [from, to] = MARKS.map((mark) => before.indexOf(mark));
  const after =
    from >= 0 && to > from
      ? before.slice(0, from) + text + before.slice(to + MARKS[1].length)
      : `${before.trimEnd()}\n\n${text}\n`;
  fs.writeFileSync(options.into, after);
}

function measure() {
  if (hasPackages()) prepare();
  else if (!fs.existsSync(path.join(prepared, 'cli')))
    throw new Error('out/gpu is missing: run this with --prepare where the npm packages are');
  const device = deviceText();
  let parity = 'The checks against the CPU were left out.';
  if (!options['no-parity']) {
    const checks = run('checks', process.execPath, [path.join(prepared, 'parity/parity.mjs')], left() / 3);
    const last = checks.lines.at(-1) ?? '';
    parity = checks.isOk ? 'Every op and twenty steps of each workload agree with the CPU.' : `The checks against the CPU did not pass: ${checks.problem}; ${last}.`; // prettier-ignore
  }
  const steps = NAMES.filter((name) => !name.startsWith('gemm'));
  const large = NAMES.filter((name) => name.startsWith('gemm') && !name.includes('1024'));
  // What matters most first: the time may not do for all.
  const tasks = [
    () => ours(NAMES, 'float32'),
    () => peer(NAMES),
    () => ours(NAMES, 'bfloat16'),
    () => peer(NAMES, { dtype: 'bfloat16' }),
    ...(large.length > 0 ? TILES.map((tiles) => () => ours(large, 'bfloat16', tiles)) : []),
    () => steps.length > 0 && peer(steps, { isCompiled: true }),
    () => steps.length > 0 && peer(steps, { isCompiled: true, dtype: 'bfloat16' }),
  ];
  for (const task of tasks) {
    if (left() > 5000) task();
    put(report(parity, device));
  }
  const prettier = at('node_modules/prettier/bin/prettier.cjs');
  if (fs.existsSync(prettier)) run('format', process.execPath, [prettier, '--write', options.into]);
}

if (options.prepare) prepare();
else measure();
