// Runs probe cases from files: one layer or loss on given values each.
import { printable } from '#core/formats/refuse';
import { probe, type ProbeCase, type ProbeResult } from '#core/layers/probe';
import { LazuliError } from '#core/errors';

import { cpuBackend } from './backend';
import { readText } from './files';

/** A case of a file and where it stands: the file, or with JSON lines `file:3`. */
export interface ProbeItem {
  readonly where: string;
  run(): ProbeResult;
}

/**
 * The cases of a file: one JSON document, or one per line (`*.jsonl`). Bare NaN, Infinity and -Infinity, which Python writes,
 * are read too. Throws `file_refused` for what is not JSON and `usage` for what is not a case; `run` throws what the layer
 * refuses.
 */
export async function probeItems(file: string): Promise<readonly ProbeItem[]> {
  const text = await readText(file, 256 * 1024 * 1024);
  const cases = file.endsWith('.jsonl')
    ? text
        .split('\n')
        .flatMap((line, at) => (line.trim() === '' ? [] : [[`${file}:${at + 1}`, line] as const]))
    : [[file, text] as const];
  cpuBackend();
  return cases.map(([where, json]) => ({ where, run: () => probe(parseCase(json, where)) }));
}

/** Numbers that JSON has no words for, as the words probe reads; strings are left alone. */
const quoted = (json: string): string =>
  json.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );

/** What each field beside `inputs` must be; null is as good as absent. */
const FIELDS: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  params: ['an object', isRecord],
  weights: ['an object', isRecord],
  buffers: ['an object', isRecord],
  grad_outputs: ['a list', Array.isArray],
  training: ['true or false', (value) => typeof value === 'boolean'],
  dtype: ['float32 or float64', (value) => typeof value === 'string'],
  seed: ['a whole number from 0', (value) => Number.isSafeInteger(value) && Number(value) >= 0],
};

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkCase(value: object, file: string): ProbeCase {
  const present = Object.entries(value).filter(([, field]) => field !== null);
  for (const [name, field] of present) {
    const [expected, isRight] = FIELDS[name] ?? [];
    if (isRight?.(field) !== false) continue;
    const got = JSON.stringify(field).slice(0, 40);
    throw new LazuliError('usage', `${file}: "${name}" is ${got}, not ${expected}`, {
      where: `${file}, ${name}`,
      expected: expected ?? '',
      got,
    });
  }
  return Object.fromEntries(present) as unknown as ProbeCase;
}

function parseCase(text: string, where: string): ProbeCase {
  let value: unknown;
  try {
    value = JSON.parse(/\b(?:NaN|Infinity)\b/.test(text) ? quoted(text) : text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LazuliError('file_refused', `${where}: not valid JSON: ${printable(reason)}`, {
      where,
      expected: 'JSON',
    });
  }
  if (typeof value === 'object' && value !== null && 'inputs' in value && value.inputs instanceof Object)
    return checkCase(value, where);
  throw new LazuliError('usage', `${where} is not a probe case`, {
    where,
    expected: '{"layer": name, "inputs": [array, ...]}',
    got: Array.isArray(value) ? 'a list' : typeof value,
  });
}
