// Runs probe cases from files: one layer or loss on given values each.
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

function parseCase(text: string, where: string): ProbeCase {
  let value: unknown;
  try {
    value = JSON.parse(/\b(?:NaN|Infinity)\b/.test(text) ? quoted(text) : text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LazuliError('file_refused', `${where} is not valid JSON: ${reason}`, {
      where,
      expected: 'JSON',
    });
  }
  if (typeof value === 'object' && value !== null && 'inputs' in value && value.inputs instanceof Object)
    return value as ProbeCase;
  throw new LazuliError('usage', `${where} is not a probe case`, {
    where,
    expected: '{"layer": name, "inputs": [array, ...]}',
    got: Array.isArray(value) ? 'a list' : typeof value,
  });
}
