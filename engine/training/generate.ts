// Text that a model of characters writes: it foresees one character after the other from those before. The model must be causal,
// since the places of a sample after the last character hold nothing yet.
import { assert, LazuliError } from '#core/errors';
import { forwardInTurns } from '#core/graph/graph-module';
import { newTensor } from '#core/nn/index';
import { noGrad } from '#core/ops/index';
import * as ops from '#core/ops/index';
import type { TextRequest } from '#core/session/generated';
import type { Tensor } from '#core/tensor/tensor';
import { within, type Turned } from '#core/turns';

import { generator } from '../datasets/shuffle';
import { bytesOf } from '../datasets/table';
import { unknownCharacter } from '../datasets/text';
import { Turns } from '../turns';
import { comparedBy, type JudgeParts } from './judge';
import { loadInTurns, type StepProgram } from './programs';

export interface TextOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gets each character as it is written. */
  readonly onText?: (character: string) => void;
}

/** In evaluation mode; gives what follows the prompt. Throws `not_supported` where the data is no text, `data_invalid` for a prompt with unknown characters. */
export async function generate(
  parts: JudgeParts,
  { prompt, characters, temperature, seed }: TextRequest,
  { signal, onText }: TextOptions = {},
): Promise<string> {
  const { feed, backend, lock } = parts;
  const { source, targets, inputs } = feed.dataset;
  if (source.format !== 'text' || !targets)
    throw new LazuliError('not_supported', 'only a model that learned from a text writes one', {
      where: 'data',
      expected: 'data of the format text',
      got: source.format,
    });
  const names = targets.classes;
  const known = new Map(names.map((name, at) => [name, at]));
  const first = known.has('\n') ? '\n' : (names[0] ?? '');
  const written = Array.from(prompt === '' ? first : prompt, (character) => {
    const number = known.get(character);
    if (number === undefined) throw unknownCharacter(character, names, 'the prompt');
    return number;
  });
  const start = written.length;
  const [, length = 0] = inputs.shape;
  const window = newTensor([1, length], 'int64', backend.device);
  let program: StepProgram | null = null;
  try {
    const made = (program = await lock.run(() => writingProgram(parts, window)));
    while (written.length < start + characters) {
      signal?.throwIfAborted();
      const seen = written.slice(-length);
      const place = seen.length - 1;
      const scores = await lock.run(async () => {
        const numbers = new BigInt64Array(length);
        seen.forEach((number, at) => (numbers[at] = BigInt(number)));
        window.storage.write(0, bytesOf(numbers));
        await made.program.run(1);
        return scoresAt(made.outputs[0], place);
      });
      const next = draw(scores, temperature, generator(seed, written.length));
      written.push(next);
      onText?.(names[next] ?? '');
    }
  } finally {
    program?.dispose();
    window.storage.dispose();
  }
  return written
    .slice(start)
    .map((number) => names[number] ?? '')
    .join('');
}

/** Scores `[1, classes, length]` of the characters after each place of the window. */
function writingProgram(parts: JudgeParts, window: Tensor): Promise<StepProgram> {
  const { feed, module, backend } = parts;
  const { output: name, targets } = comparedBy(parts.loss, feed);
  const [input] = feed.ends.inputs;
  assert(input, 'a feed without inputs');
  function* step(): Turned<readonly Tensor[]> {
    module.eval();
    const outputs = yield* forwardInTurns(module, {
      [input?.name ?? '']: ops.cast(window, input?.dtype ?? 'int64'),
    });
    const scores = outputs[name];
    const wanted = [1, targets.classes.length, window.shape[1]];
    if (scores?.shape.join() !== wanted.join())
      throw new LazuliError('not_supported', 'the model does not foresee a character at each place', {
        where: `output '${name}'`,
        expected: `[samples, characters, steps]: [${wanted.join(', ')}]`,
        got: scores ? `[${scores.shape.join(', ')}]` : 'nothing',
      });
    return [ops.cast(scores, 'float32')];
  }
  const recipe = { module, batch: 1, parts: 1, step: () => within(noGrad, step()) };
  return loadInTurns(backend, recipe, new Turns());
}

function scoresAt(scores: Tensor | undefined, place: number): Float64Array {
  const [, classes = 0, length = 1] = scores?.shape ?? [];
  const bytes = scores?.bytes() ?? new Uint8Array();
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return Float64Array.from({ length: classes }, (_, at) => values[at * length + place] ?? 0);
}

/** A class by its score: the largest at temperature 0, else drawn from softmax(scores / temperature). */
function draw(scores: Float64Array, temperature: number, random: () => number): number {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  if (temperature === 0) return scores.indexOf(most);
  const weights = scores.map((score) => Math.exp((score - most) / temperature));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => (left -= weight) < 0);
  return found < 0 ? scores.indexOf(most) : found;
}
