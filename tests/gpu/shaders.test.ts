// The kernels that are checked in are made from the sources that are checked in.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { at } from '../../scripts/paths.mjs';
import { compileShaders, hasCompiler, sourceHash } from '../../scripts/shaders.mjs';

const words = readFileSync(at('native/src/gpu/spirv.inc'), 'utf8');

test('spirv.inc names the hash of the shaders it was made from', () => {
  expect(words.split('\n', 1)[0], 'run node scripts/shaders.mjs').toContain(sourceHash());
});

// Another version of the compiler gives other words for the same source: only that it compiles can be asked.
test('every shader compiles where there is a compiler', { timeout: 120_000 }, () => {
  if (hasCompiler()) expect(compileShaders({ isOptimized: false })).toContain(sourceHash());
});
