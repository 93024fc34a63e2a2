// Saving and loading weights beside PyTorch's, in turn on the same disk (A B A B), and what the disk itself gives: the same bytes
// plainly moved by native threads.
//
//   node tests/bench/weights.mjs PYTHON PEER [FOLDER] [--write]
//
// PYTHON has torch, PEER is the peer script (io_peer.py), FOLDER lies on the disk to measure. Needs the built command line. A call
// goes on with a round for at most half a minute and the part then begun, and keeps what it measured in FOLDER/lazuli-weights-rounds.json;
// the one that completes a round prints the table of all rounds there. --write puts it into docs/benchmarks/weights.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';

const isWritten = process.argv.includes('--write');
const [python, peer, folder = tmpdir()] = process.argv.slice(2).filter((argument) => argument !== '--write');
if (peer === undefined) throw new Error('usage: node tests/bench/weights.mjs PYTHON PEER [FOLDER] [--write]');
const root = path.join(import.meta.dirname, '../..');
const options = {
  encoding: 'utf8',
  maxBuffer: 1 << 26,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, LAZULI_BENCH_FOLDER: folder },
};
mkdirSync(folder, { recursive: true });
const kept = path.join(folder, 'lazuli-weights-rounds.json');
/** What is measured: our workload, and which of the peer's times are the same work. */
const WORK = [
  ['save + fsync', 'io_save_1g', ['save_cache', 'save_fsync_after']],
  ['load, cold', 'io_load_1g', ['load_cold']],
  ['load, warm', 'io_load_warm_1g', ['load_warm']],
];

const PEER = 'peer';
const PARTS = [...WORK.map(([, name]) => name), PEER];
/** A call begins no other part after so many seconds. */
const LONGEST = 25;

function measure(part) {
  if (part === PEER) return JSON.parse(execFileSync(python, [peer, folder, '1'], options));
  const cli = path.join(root, 'out/cli/lazuli.js');
  return JSON.parse(
    execFileSync(process.execPath, [cli, 'bench', part, '--json', '--seconds', '0.1'], options),
  );
}

/** Results of each part, as many as there are rounds. */
const measured = existsSync(kept)
  ? JSON.parse(readFileSync(kept, 'utf8'))
  : Object.fromEntries(PARTS.map((part) => [part, []]));
const roundsOf = (part) => measured[part].length;
const isWhole = () => PARTS.every((part) => roundsOf(part) === roundsOf(PARTS[0]));
const start = performance.now();
do {
  const part = PARTS.reduce((a, b) => (roundsOf(b) < roundsOf(a) ? b : a));
  measured[part].push(measure(part));
  writeFileSync(kept, JSON.stringify(measured));
} while (!isWhole() && performance.now() - start < LONGEST * 1000);
if (!isWhole()) {
  console.log(`the round is not complete: the same call goes on with it (${kept})`);
  process.exit(0);
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const shown = (value) => value.toFixed(2);
const rows = WORK.map(([title, name, times]) => {
  const ours = measured[name];
  const theirs = measured[PEER].map(
    ({ median_s: seconds, bytes }) => bytes / times.reduce((sum, time) => sum + seconds[time], 0) / 1e9,
  );
  const each = (field) => ours.map((row) => row[field]);
  const rate = median(each('gigabytes_per_second'));
  const memory = each('resident_of_tensors').filter(Number.isFinite);
  const fresh = each('of_fresh').filter(Number.isFinite);
  return [
    title,
    `${shown(rate)} (${each('gigabytes_per_second').map(shown).join(', ')})`,
    `${shown(median(each('disk_gigabytes_per_second')))} (${[...new Set(each('disk'))].join(', ')})`,
    `${Math.round(median(each('of_disk')) * 100)}%`,
    fresh.length > 0 ? `${Math.round(median(fresh) * 100)}%` : '',
    `${shown(median(theirs))} (${theirs.map(shown).join(', ')})`,
    `${shown(rate / median(theirs))} ×`,
    memory.length > 0 ? `${shown(Math.max(...memory))} ×` : '',
  ];
});
const titles = [
  'work',
  'Lazuli GB/s',
  'disk GB/s (how)',
  'of the disk',
  'of it into fresh memory',
  'PyTorch GB/s',
  'against PyTorch',
  'memory / tensors',
];
const table = [titles, titles.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
console.log(table);

if (isWritten) {
  const { torch } = measured[PEER][0];
  const text = `# Weights to and from the disk

${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}, PyTorch ${torch}.
A state dict of 64 float32 tensors of 16 MiB, 1 GiB in all, as \`.pt\`. Ours and PyTorch in turn, rounds: ${roundsOf(PEER)}; the median, and each round.
Both sides include the fsync of a save and the CRC-32 of every record. "Cold" means the system was told to forget the file, "warm" that it
was just read. "Disk" is what native threads get for the same bytes without format or checksum: past the system's cache (direct; into a
file whose blocks are there before, which is the fastest way to write), and for a warm file through it. It reads into memory that is there
already. A model that is loaded has none yet, so the system has to find and clear it; the next column compares with reading plainly into
such memory. The last one is how far the process grew at most while loading, over the bytes of the tensors.
In a virtual machine that gives free memory back to its host, memory is slow when it is touched anew: there both loads of one round may
differ several times, ours, PyTorch's and the plain ones alike, and a round says little.

    node tests/bench/weights.mjs PYTHON PEER FOLDER --write

${table}
`;
  writeFileSync(path.join(root, 'docs/benchmarks/weights.md'), text);
}
