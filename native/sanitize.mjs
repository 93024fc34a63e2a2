// Builds the native backend with one of the compiler's sanitizers, beside the ordinary build, and runs its tests under it.
// Linux with GCC. Not part of the test suite: a run takes minutes.
//
//   node native/sanitize.mjs address     the addon, with undefined behaviour checked too, under the tests in tests/native
//   node native/sanitize.mjs thread      tests/native/races.cc on the backend without Node
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { buildApart } from './build.mjs';
import { run, testOn } from './tests-on.mjs';

const root = path.resolve(import.meta.dirname, '..');
const compiler = (process.env.CXX ?? 'g++').split(' ');
const FLAGS = {
  address: ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  thread: ['-fsanitize=thread'],
};
// -O1 last, so that it counts: the sanitizers' checks make the optimizer slow.
const COMMON = ['-g1', '-O1', '-fno-omit-frame-pointer', '-Wno-error'];

const libraryPath = (name) =>
  fs.realpathSync(
    execFileSync(compiler[0] === 'ccache' ? compiler[1] : compiler[0], [`-print-file-name=${name}`], {
      encoding: 'utf8',
    }).trim(),
  );

/** The addon in a Node whose allocator is the sanitizer's: it must be there before everything else. */
const testAddon = (folder, files) =>
  testOn(folder, files, {
    LD_PRELOAD: `${libraryPath('libasan.so')} ${libraryPath('libubsan.so')}`,
    // V8 frees little at exit; its own code is not instrumented. Requests past the budget must come back as null.
    ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  });

function testRaces(folder, flags) {
  const archives = ['lazuli_core', 'lazuli_avx2', 'lazuli_avx512', 'lazuli_avx512bf16']
    .map((name) => path.join(folder, 'obj.target', `${name}.a`))
    .filter((file) => fs.existsSync(file));
  const program = path.join(folder, 'races');
  const [command, ...first] = compiler;
  const source = path.join(root, 'tests/native/races.cc');
  const include = `-I${path.join(root, 'native/src')}`;
  const group = ['-Wl,--start-group', ...archives, '-Wl,--end-group', '-pthread', '-ldl'];
  return (
    run(command, [
      ...first,
      '-std=c++20',
      '-O1',
      ...COMMON,
      ...flags,
      include,
      source,
      ...group,
      '-o',
      program,
    ]) && run(program, [], { TSAN_OPTIONS: 'halt_on_error=1 second_deadlock_stack=1' })
  );
}

const [kind, ...files] = process.argv.slice(2);
const flags = FLAGS[kind];
if (!flags) {
  process.stderr.write('usage: node native/sanitize.mjs address [TEST FILE ...] | thread\n');
  process.exit(2);
}
const folder = await buildApart(kind, {
  CXXFLAGS: [...COMMON, ...flags].join(' '),
  // The interceptors find exceptions only in a libstdc++ that is shared with Node.
  LDFLAGS: [...flags, '-Wl,--no-as-needed', '-lstdc++', '-Wl,--as-needed'].join(' '),
});
const isGood = folder !== null && (kind === 'thread' ? testRaces(folder, flags) : testAddon(folder, files));
process.exitCode = isGood ? 0 : 1;
