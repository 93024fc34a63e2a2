// Saving and loading weights beside PyTorch's, in turn on the same disk (A B A B), the disk's own rate with each of ours.
//
//   node tests/bench/weights.mjs PYTHON PEER [FOLDER]
//
// PYTHON has torch, PEER is the peer script (io_peer.py), FOLDER lies on the disk to measure. Needs the built command line.
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [python, peer, folder = tmpdir()] = process.argv.slice(2);
if (peer === undefined) throw new Error('usage: node tests/bench/weights.mjs PYTHON PEER [FOLDER]');
const cli = path.join(import.meta.dirname, '../../out/cli/lazuli.js');
const options = {
  encoding: 'utf8',
  maxBuffer: 1 << 26,
  env: { ...process.env, LAZULI_BENCH_FOLDER: folder },
};
const ROUNDS = 2;

function own() {
  const lines = execFileSync(
    process.execPath,
    [cli, 'bench', 'io_save_1g', 'io_load_1g', '--json', '--seconds', '1'],
    options,
  );
  const rows = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return Object.fromEntries(rows.map((row) => [row.name, row]));
}

function peerRates() {
  const { median_s: seconds, bytes } = JSON.parse(execFileSync(python, [peer, folder, '1'], options));
  return {
    save: bytes / (seconds.save_cache + seconds.save_fsync_after) / 1e9,
    load: bytes / seconds.load_cold / 1e9,
  };
}

const rate = (value) => `${value.toFixed(2)} GB/s`;
for (let round = 0; round < ROUNDS; round++) {
  const { io_save_1g: save, io_load_1g: load } = own();
  const torch = peerRates();
  for (const [name, ours, theirs] of [
    ['save + fsync', save, torch.save],
    ['load, cold', load, torch.load],
  ])
    console.log(
      `${name}: ours ${rate(ours.gigabytes_per_second)}, ${Math.round(ours.of_disk * 100)}% of the disk's ` +
        `${rate(ours.disk_gigabytes_per_second)}; PyTorch ${rate(theirs)}`,
    );
}
