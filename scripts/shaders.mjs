// Compiles native/src/gpu/shaders into native/src/gpu/spirv.inc with glslc (Debian: apt-get install glslc); what only newer
// compilers know (cooperative matrices, bfloat16) with the glslangValidator and spirv-opt that LAZULI_GLSLANG and
// LAZULI_SPIRV_OPT name, glslang 16 or newer. Without those, such kernels stay as they are. The result is checked in, so
// that building Lazuli needs no shader compiler; tests/gpu/shaders.test.ts compares the two.
//
//   node scripts/shaders.mjs [--check]
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { at } from './paths.mjs';
import { capture, findProgram } from './processes.mjs';

const folder = at('native/src/gpu/shaders');
const target = at('native/src/gpu/spirv.inc');

const sizes = [1, 2, 4, 8].map((size) => [`_${size}`, [`SIZE=${size}`]]);
/** Kernels by source: suffix of the name and the definitions it is compiled with. */
const VARIANTS = {
  strided_copy: sizes,
  rows_copy: sizes,
  gather: sizes,
  product: [0, 1, 2, 3].flatMap((mode) => [
    [`_${mode}`, [`MODE=${mode}`]],
    [`_${mode}_short`, [`MODE=${mode}`, 'SHORT']],
  ]),
  pool: [0, 1, 2, 3, 4].map((pool) => [`_${pool}`, [`POOL=${pool}`]]),
  pad: [
    ['', []],
    ['_gradient', ['GRADIENT']],
  ],
  attention: [0, 1, 2].map((mode) => [`_${mode}`, [`MODE=${mode}`]]),
  flash: [0, 1, 2].map((mode) => [`_${mode}`, [`MODE=${mode}`]]),
  product_units: [0, 1, 2, 3].flatMap((mode) => [
    [`_${mode}_half`, [`MODE=${mode}`, 'HALVES']],
    [`_${mode}_brain`, [`MODE=${mode}`]],
  ]),
  softmax: [
    ['', []],
    ['_gradient', ['GRADIENT']],
  ],
};
/** Sources in a language that Debian's glslc does not know. */
const NEWER = new Set(['product_units']);

const sources = fs.readdirSync(folder).sort();
/** What the checked-in words were made from. */
export const sourceHash = () => {
  const hash = createHash('sha256').update(JSON.stringify(VARIANTS));
  for (const file of sources) hash.update(file).update(fs.readFileSync(path.join(folder, file)));
  return hash.digest('hex');
};

/** Whether this machine can compile shaders. */
export const hasCompiler = () => findProgram('glslc') !== undefined;

const glslang = process.env['LAZULI_GLSLANG'];
const optimizer = process.env['LAZULI_SPIRV_OPT'] ?? 'spirv-opt';

function run(name, program, args) {
  const { isOk, output } = capture(program, args);
  if (!isOk) throw new Error(`${name}: ${output}`);
}

function compile(source, definitions, out, name, isOptimized) {
  // The frame of fused ops keeps its functions and their names: expression.cc looks for them.
  const level = name === 'elementwise' || !isOptimized ? '-O0' : '-O';
  const defined = definitions.map((each) => `-D${each}`);
  run(name, 'glslc', ['--target-env=vulkan1.2', '-std=460', level, ...defined, '-o', out, source]);
}

function compileNewer(source, definitions, out, name) {
  const defined = definitions.map((each) => `-D${each}`);
  const preamble = '-P#extension GL_GOOGLE_include_directive : require';
  const args = [
    '--target-env',
    'vulkan1.2',
    '-V',
    '--glsl-version',
    '460',
    `-I${folder}`,
    preamble,
    ...defined,
  ];
  run(name, glslang, [...args, '-o', out, source]);
  run(name, optimizer, ['-O', out, '-o', out]);
}

const wordsOf = (bytes) => Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));

/** A kernel's words as they are checked in. Throws where it is not there yet. */
function keptWords(name) {
  const text = fs.readFileSync(target, 'utf8');
  const start = `const uint32_t k_${name}[] = {`;
  const from = text.indexOf(start);
  if (from < 0) throw new Error(`${name}: LAZULI_GLSLANG must name a glslangValidator that can compile it`);
  const list = text.slice(from + start.length, text.indexOf('}', from));
  return list
    .split(',')
    .filter((each) => each.trim() !== '')
    .map(Number);
}

/** The text of spirv.inc; not optimized, it takes a third of the time. Throws what the compiler says. */
export function compileShaders({ isOptimized = true } = {}) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'lazuli-shaders-'));
  const arrays = [];
  try {
    for (const file of sources.filter((name) => name.endsWith('.comp'))) {
      const base = file.slice(0, -'.comp'.length);
      for (const [suffix, definitions] of VARIANTS[base] ?? [['', []]]) {
        const name = base + suffix;
        const out = path.join(scratch, `${name}.spv`);
        const kept = NEWER.has(base) && !glslang ? keptWords(name) : null;
        const compileOne = NEWER.has(base) ? compileNewer : compile;
        if (!kept) compileOne(path.join(folder, file), definitions, out, name, isOptimized);
        arrays.push([name, kept ?? wordsOf(fs.readFileSync(out))]);
      }
    }
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  return format(arrays);
}

function format(arrays) {
  const lines = [`// Made by scripts/shaders.mjs from shaders/, sha256 ${sourceHash()}. Do not edit.`];
  for (const [name, words] of arrays) {
    lines.push(`const uint32_t k_${name}[] = {`);
    let line = '';
    for (const word of words) {
      if (line.length > 100) {
        lines.push(line);
        line = '';
      }
      line += `${word >>> 0},`;
    }
    lines.push(line, '};');
  }
  lines.push('const Kernel kKernels[] = {');
  for (const [name] of arrays) lines.push(`    {"${name}", k_${name}},`);
  lines.push('};', '');
  return lines.join('\n');
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === at('scripts/shaders.mjs')) {
  const text = compileShaders();
  if (!process.argv.includes('--check')) fs.writeFileSync(target, text);
  else if (fs.readFileSync(target, 'utf8') !== text) {
    console.error('spirv.inc is not what the shaders compile to: run node scripts/shaders.mjs');
    process.exitCode = 1;
  }
}
