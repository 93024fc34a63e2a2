// Runs a probe case from a file: one layer or loss on given values.
import { probe, type ProbeCase, type ProbeResult } from '#core/layers/probe';
import { LazuliError } from '#core/errors';

import { cpuBackend } from './backend';
import { readText } from './files';

/** Throws `file_refused` for what is not JSON, `usage` for what is not a case, and what the layer refuses. */
export async function probeFile(file: string): Promise<ProbeResult> {
  const given = parseCase(await readText(file, 256 * 1024 * 1024), file);
  cpuBackend();
  return probe(given);
}

function parseCase(text: string, file: string): ProbeCase {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LazuliError('file_refused', `${file} is not valid JSON: ${reason}`, {
      where: file,
      expected: 'JSON',
    });
  }
  if (typeof value === 'object' && value !== null && 'inputs' in value && Array.isArray(value.inputs))
    return value as ProbeCase;
  throw new LazuliError('usage', `${file} is not a probe case`, {
    where: file,
    expected: '{"layer": name, "inputs": [array, ...]}',
    got: Array.isArray(value) ? 'a list' : typeof value,
  });
}
