// What the model says of single samples of its data, beside their targets: class probabilities, or numbers.
import type { LossTerm } from '#core/document/project';
import { assert, LazuliError } from '#core/errors';
import { forwardInTurns } from '#core/graph/graph-module';
import { noGrad } from '#core/ops/index';
import * as ops from '#core/ops/index';
import { JUDGED_LIMITS, type JudgedSamples, type Verdicts } from '#core/session/judged';
import { numel } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';
import { findTrainingLoss } from '#core/training/losses';
import { within, type Turned } from '#core/turns';

import type { Lock } from '../lock';
import { Turns } from '../turns';
import { nextInputs, nextTargets, type Feed } from './batches';
import { eachBatch, type BatchOptions, type Output } from './predict';
import { loadInTurns, type StepParts } from './programs';
import { fillSlots } from './slots';
import type { Targets } from '../datasets/targets';

export interface JudgeParts extends Omit<StepParts, 'cursor'> {
  /** The project's first loss: it says which output is judged, and what it means. */
  readonly loss: LossTerm;
  readonly lock: Lock;
}

/** In evaluation mode; of many rows the first. Throws `not_supported` where a sample has more than one class, or nothing is compared with a target. */
export async function judge(
  parts: JudgeParts,
  from: JudgedSamples['from'],
  rows: readonly number[],
  options: BatchOptions = {},
): Promise<JudgedSamples> {
  const { feed, module, backend, dtype } = parts;
  const { output: judgedOutput, target: judgedTarget, targets } = comparedBy(parts.loss, feed);
  const isClass = targets.kind === 'class';
  const judged = rows.slice(0, JUDGED_LIMITS.samples);
  const verdicts = isClass ? new Classes(judged.length, targets.classes) : new Numbers(judged.length);
  await eachBatch(
    parts,
    judged,
    (cursor, batch, turns) => {
      function* step(): Turned<readonly Tensor[]> {
        module.eval();
        const outputs = yield* forwardInTurns(module, nextInputs(feed, cursor, batch));
        const output = outputs[judgedOutput];
        const target = nextTargets(feed, [judgedTarget], cursor, { batch, dtype })[judgedTarget];
        assert(output && target, `no output '${judgedOutput}' or target '${judgedTarget}'`);
        const answer = isClass
          ? probabilities(output, judgedOutput, parts.loss.type)
          : numbers(output, parts.loss.type);
        cursor.advance(batch);
        return [answer, target].map((tensor) => ops.cast(tensor, 'float32'));
      }
      return loadInTurns(backend, { module, batch, parts: 1, step: () => within(noGrad, step()) }, turns);
    },
    ([answer, target]) => answer && target && new Turns().run(verdicts.add(answer, target)),
    options,
  );
  return { from, total: rows.length, rows: Int32Array.from(judged), verdicts: verdicts.done() };
}

/** The names of the output and the target that a loss compares. */
export function comparedBy(
  term: LossTerm,
  feed: Feed,
): { readonly output: string; readonly target: string; readonly targets: Targets } {
  const loss = findTrainingLoss(term.type);
  const filled = loss ? fillSlots(loss, term, 0, feed) : [];
  const sources = filled.map(({ source }) => source);
  const output = sources.find((source) => 'output' in source)?.output;
  const target = sources.find((source) => 'target' in source)?.target;
  const name = feed.ends.outputs.find(({ id }) => id === output)?.name;
  const targets = filled.find((slot) => slot.target !== null)?.target;
  if (name === undefined || target === undefined || !targets)
    throw new LazuliError('not_supported', `${term.type} compares no output with a target of the data`, {
      where: `loss ${term.type}`,
      expected: 'a loss with an output and a target',
      got: filled.map(({ slot }) => slot.name).join(', '),
    });
  return { output: name, target, targets };
}

function probabilities(output: Tensor, name: string, loss: string): Tensor {
  if (output.rank !== 2)
    throw new LazuliError('not_supported', 'predictions are shown where each sample has one class', {
      where: `output '${name}'`,
      expected: '[samples, classes]',
      got: `[${output.shape.join(', ')}]`,
    });
  return loss === 'nll' ? ops.exp(output) : ops.softmax(output, 1);
}

/** What is between 0 and 1 for a loss that takes logits is shown so. */
const numbers = (output: Tensor, loss: string): Tensor =>
  loss === 'bce_with_logits' ? ops.sigmoid(output) : output;

const floatsOf = ({ bytes }: Output): Float32Array =>
  new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);

class Classes {
  readonly #target: Int32Array;
  readonly #given: Float32Array;
  #shown = 0;
  #top = new Int32Array();
  #probabilities = new Float32Array();
  #at = 0;

  constructor(
    readonly samples: number,
    readonly classes: readonly string[],
  ) {
    this.#target = new Int32Array(samples);
    this.#given = new Float32Array(samples);
  }
  *add(answer: Output, target: Output): Turned<void> {
    const [batch = 0, classes = 0] = answer.shape;
    const [answers, targets] = [floatsOf(answer), floatsOf(target)];
    if (this.#at === 0) {
      this.#shown = Math.min(classes, JUDGED_LIMITS.top);
      this.#top = new Int32Array(this.samples * this.#shown);
      this.#probabilities = new Float32Array(this.samples * this.#shown);
    }
    for (let row = 0; row < batch; row++, this.#at++) {
      const each = answers.subarray(row * classes, (row + 1) * classes);
      const wanted = targets[row] ?? -1;
      this.#target[this.#at] = wanted;
      this.#given[this.#at] = each[wanted] ?? 0;
      likeliest(each, this.#shown).forEach((index, place) => {
        this.#top[this.#at * this.#shown + place] = index;
        this.#probabilities[this.#at * this.#shown + place] = each[index] ?? 0;
      });
      yield;
    }
  }
  done(): Verdicts {
    return {
      kind: 'class',
      classes: this.classes,
      target: this.#target,
      given: this.#given,
      shown: this.#shown,
      top: this.#top,
      probabilities: this.#probabilities,
    };
  }
}

/** Indices of the largest values, the largest first; of equal ones the first, as argmax has it. */
function likeliest(values: Float32Array, count: number): number[] {
  const found: number[] = [];
  values.forEach((value, index) => {
    const place = found.findIndex((other) => value > (values[other] ?? 0));
    if (place < 0 && found.length >= count) return;
    found.splice(place < 0 ? found.length : place, 0, index);
    if (found.length > count) found.pop();
  });
  return found;
}

class Numbers {
  readonly #error: Float32Array;
  #width = 0;
  #target = new Float32Array();
  #predicted = new Float32Array();
  #at = 0;

  constructor(readonly samples: number) {
    this.#error = new Float32Array(samples);
  }
  *add(answer: Output, target: Output): Turned<void> {
    const size = numel(answer.shape.slice(1));
    const [answers, targets] = [floatsOf(answer), floatsOf(target)];
    if (this.#at === 0) {
      this.#width = Math.min(size, JUDGED_LIMITS.width);
      this.#target = new Float32Array(this.samples * this.#width);
      this.#predicted = new Float32Array(this.samples * this.#width);
    }
    for (let row = 0; row < (answer.shape[0] ?? 0); row++, this.#at++) {
      let squares = 0;
      for (let at = row * size; at < (row + 1) * size; at++)
        squares += ((answers[at] ?? 0) - (targets[at] ?? 0)) ** 2;
      this.#error[this.#at] = Math.sqrt(squares / Math.max(size, 1));
      const shown = [row * size, row * size + this.#width] as const;
      this.#target.set(targets.subarray(...shown), this.#at * this.#width);
      this.#predicted.set(answers.subarray(...shown), this.#at * this.#width);
      yield;
    }
  }
  done(): Verdicts {
    return {
      kind: 'number',
      width: this.#width,
      target: this.#target,
      predicted: this.#predicted,
      error: this.#error,
    };
  }
}
