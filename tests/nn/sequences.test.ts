// Random sequences of calls on modules and parameters, made by scripts/golden/nn_sequences.py: PyTorch's answer to every call.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { useReferenceBackend } from '../support/backend';
import { Sequence, type Call, type Step } from './sequence-calls';

useReferenceBackend();

interface Sequences {
  readonly sequences: readonly {
    readonly seed: number;
    readonly steps: readonly Step[];
  }[];
}
/** What differs from PyTorch's answer. */
interface Difference {
  readonly step: number;
  readonly call: Call;
  readonly expected: string;
  readonly got: string;
}

const file =
  process.env['LAZULI_SEQUENCES'] ?? join(import.meta.dirname, '..', 'golden', 'nn-sequences.json');
const { sequences } = JSON.parse(readFileSync(file, 'utf8')) as Sequences;

/**
 * By how much elements may differ, relative to the larger of 1 and theirs, by the narrowest dtype an answer names: sums in another order.
 * The file has seven digits of an element, half a unit of the last is what float64 is compared to.
 */
const TOLERANCE: readonly (readonly [dtype: string, tolerance: number])[] = [
  ['bfloat16', 4e-2],
  ['float16', 4e-3],
  ['float32', 2e-6],
  ['float64', 5e-7],
  ['', 2e-6],
];

function agrees(text: string, expected: readonly (number | string)[], got: readonly number[]): boolean {
  const [, tolerance] = TOLERANCE.find(([dtype]) => text.includes(dtype)) ?? ['', 0];
  return (
    expected.length === got.length &&
    expected.every((value, index) => {
      const [wanted, mine] = [Number(String(value).replace('inf', 'Infinity')), got[index] ?? NaN];
      return (
        Object.is(wanted, mine) ||
        wanted === mine ||
        Math.abs(wanted - mine) <= tolerance * Math.max(1, Math.abs(wanted))
      );
    })
  );
}

/** The first call whose answer is another one, or null. */
function firstDifference(seed: number, steps: readonly Step[]): Difference | null {
  const sequence = new Sequence(seed);
  for (const [step, [call, text, values]] of steps.entries()) {
    const [mine, numbers] = sequence.answer(call);
    const [expected, got] = mine === text ? [values, numbers] : [text, mine];
    if (mine !== text || !agrees(text, values, numbers))
      return { step, call, expected: String(expected), got: String(got) };
  }
  return null;
}

const told = process.env['LAZULI_SEQUENCES_TOLD'];
if (told === undefined)
  describe('calls in random order are answered as PyTorch answers them', () => {
    it.each(sequences)('MODULE-30 sequence $seed', ({ seed, steps }) => {
      expect(firstDifference(seed, steps)).toBeNull();
    });
  });
else
  it('tells what differs', () => {
    const differences = sequences.flatMap(({ seed, steps }) => {
      const found = firstDifference(seed, steps);
      return found === null ? [] : [{ seed, ...found }];
    });
    writeFileSync(told, JSON.stringify(differences));
  });
