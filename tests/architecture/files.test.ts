// Checks what every file owes the reader: an opening comment, a name in the right case, and headers where they belong.
import { basename } from 'node:path';
import { expect, test } from 'vitest';

import { layers, napiHome } from '../../scripts/layers.mjs';
import { listFiles, read } from './source-tree';

const folders = [...Object.keys(layers), 'tests', 'scripts', 'bin'];
const scripts = folders.flatMap((folder) => listFiles(folder, ['.ts', '.tsx', '.mjs', '.css']));
const cpp = listFiles('native/src', ['.cc', '.cpp', '.h', '.hpp', '.inc', '.comp']);

test('every folder of the table compiles against its own tsconfig', () => {
  const config = JSON.parse(read('tsconfig.json')) as { references: { path: string }[] };
  const named = config.references.map(({ path }) => path.replace('./', '')).sort();
  expect(named).toEqual([...Object.keys(layers), 'tests'].sort());
  for (const folder of named) expect(read(`${folder}/tsconfig.json`)).toContain('../tsconfig.base.json');
});

test('core sees neither the DOM nor Node', () => {
  const { compilerOptions } = JSON.parse(read('core/tsconfig.json')) as {
    compilerOptions: { lib: string[]; types: string[] };
  };
  expect(compilerOptions).toEqual({ lib: ['ES2023'], types: [] });
});

test('every file opens with a comment saying what it is', () => {
  const isOpened = (file: string): boolean => /^(#!.*\n)?\s*(\/\/|\/\*|<!--)\s*\S/.test(read(file));
  expect([...scripts, ...cpp].filter((file) => !isOpened(file))).toEqual([]);
  const python = folders.flatMap((folder) => listFiles(folder, ['.py']));
  expect(python.filter((file) => !/^(#!.*\n)?(#|""")/.test(read(file)))).toEqual([]);
});

test('TypeScript files are named in kebab-case, C++ files in snake_case', () => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
  const snake = /^[a-z0-9]+(_[a-z0-9]+)*(\.[a-z0-9_]+)*$/;
  expect(scripts.filter((file) => !kebab.test(basename(file)))).toEqual([]);
  expect(cpp.filter((file) => !snake.test(basename(file)))).toEqual([]);
});

test('only native/src/binding knows N-API', () => {
  const includes = (file: string): boolean =>
    /#\s*include\s*[<"](napi|node_api|js_native_api)\.h[>"]/.test(read(file));
  expect(cpp.filter((file) => includes(file) && !file.startsWith(napiHome))).toEqual([]);
});

test('nothing silences the compiler or the linter without a reason', () => {
  const bare = /@ts-(ignore|nocheck)\b|oxlint-disable(?!.* -- \S)/;
  const isSelf = (file: string): boolean => file === 'tests/architecture/files.test.ts';
  expect(scripts.filter((file) => !isSelf(file) && bare.test(read(file)))).toEqual([]);
});
