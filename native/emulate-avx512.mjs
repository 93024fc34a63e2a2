// Builds the native backend with its AVX-512 sources in instructions of AVX2 (emulated-avx512.h), beside the ordinary build, and
// runs its tests on it: what AVX-512 and its bfloat16 products compute, without a machine that has them. Linux with GCC and a
// processor with AVX2. Not part of the test suite: a run takes minutes.
//
//   node native/emulate-avx512.mjs [TEST FILE ...]
import path from 'node:path';

import { buildApart } from './build.mjs';
import { testOn } from './tests-on.mjs';

const header = path.join(import.meta.dirname, 'emulated-avx512.h');
// These come last, so that they count. -O1: nobody waits for these kernels, but for their compilation.
const folder = await buildApart('avx512', { CXXFLAGS: `-include ${header} -mno-avx512f -Wno-error -O1` });
const isGood = folder !== null && testOn(folder, process.argv.slice(2));
process.exitCode = isGood ? 0 : 1;
