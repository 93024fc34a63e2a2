// What an optimizer of closures keeps: the parameters as one vector, and its memory between steps, in PyTorch's layout too.
import { LazuliError } from '#core/errors';
import { readContiguous, TorchFloat, TorchTensorValue, type TorchValue } from '#core/formats/index';
import type { PlainValue, TensorEntry } from '#core/formats/weights';
import type { ParamsOf } from '#core/layers/params';
import { StateDict, type Parameter } from '#core/nn/index';
import { stateDictContent } from '#core/nn/state-dict-io';
import { convertBytes } from '#core/nn/tensor-memory';
import type { LBFGS_PARAMS } from '#core/optimizers/lbfgs';
import {
  lbfgsStep,
  newLbfgsState,
  runLbfgsInTurns,
  type Flat,
  type LbfgsState,
} from '#core/optimizers/lbfgs-step';
import { HostStorage } from '#core/tensor/host-storage';
import { Tensor } from '#core/tensor/tensor';

import { bytesOf } from '../datasets/table';
import { Turns } from '../turns';

/** The loss at the parameters as they are, and the gradient of all of them end to end. */
export type Closure = () => Promise<{ readonly loss: number; readonly gradient: Tensor }>;

type Numbers = Flat | readonly number[];

export class ClosureOptimizer {
  #state: LbfgsState = newLbfgsState();
  readonly #parameters: readonly Parameter[];
  readonly #isDouble: boolean;
  readonly #count: number;

  constructor(parameters: Iterable<Parameter>) {
    this.#parameters = [...parameters];
    this.#isDouble = this.#parameters[0]?.dtype === 'float64';
    this.#count = this.#parameters.reduce((sum, parameter) => sum + parameter.numel(), 0);
  }

  /** One step; the parameters stay where it ends. */
  async step(options: ParamsOf<typeof LBFGS_PARAMS>, learningRate: number, closure: Closure): Promise<void> {
    const turns = new Turns();
    const pause = (): Promise<void> => turns.next();
    const place = await this.#read(turns);
    const evaluate = async (at: Flat): Promise<{ loss: number; gradient: Flat }> => {
      await this.#write(at, turns);
      const { loss, gradient } = await closure();
      const bytes = gradient.storage.read(gradient.offset * this.#bytes, this.#count * this.#bytes);
      return { loss, gradient: this.#vector(bytes) };
    };
    await runLbfgsInTurns(lbfgsStep({ options, learningRate, place }, this.#state), evaluate, pause);
    await this.#write(place, turns);
  }

  get #bytes(): number {
    return this.#isDouble ? 8 : 4;
  }
  #vector(bytes: Uint8Array): Flat {
    const copy = bytes.slice().buffer;
    return this.#isDouble ? new Float64Array(copy) : new Float32Array(copy);
  }
  async #read(turns: Turns): Promise<Flat> {
    const place = this.#isDouble ? new Float64Array(this.#count) : new Float32Array(this.#count);
    let from = 0;
    for (const parameter of this.#parameters) {
      const { storage, offset } = parameter;
      place.set(this.#vector(storage.read(offset * this.#bytes, parameter.numel() * this.#bytes)), from);
      from += parameter.numel();
      await turns.next();
    }
    return place;
  }
  async #write(place: Flat, turns: Turns): Promise<void> {
    let from = 0;
    for (const parameter of this.#parameters) {
      const part = place.subarray(from, (from += parameter.numel()));
      parameter.storage.write(parameter.offset * this.#bytes, bytesOf(part));
      await turns.next();
    }
  }

  /** What PyTorch keeps for the first parameter; null before the first step. */
  torchState(): TorchValue | null {
    const { d, t, al, ro, old_dirs, old_stps, prev_flat_grad, ...rest } = this.#state;
    if (this.#state.func_evals === 0) return null;
    const counts = { func_evals: rest.func_evals, n_iter: rest.n_iter };
    if (!d || !prev_flat_grad) return counts;
    return {
      ...counts,
      d: this.#tensor(d),
      t: new TorchFloat(t),
      old_dirs: old_dirs.map((each) => this.#tensor(each)),
      old_stps: old_stps.map((each) => this.#tensor(each)),
      ro: ro.map((each) => this.#tensor([each], [])),
      H_diag: this.#tensor([rest.H_diag], []),
      prev_flat_grad: this.#tensor(prev_flat_grad),
      prev_loss: new TorchFloat(rest.prev_loss),
      ...(al ? { al: al.map((each) => (each === null ? null : this.#tensor([each], []))) } : {}),
    };
  }
  #tensor(values: Numbers, shape: readonly number[] = [values.length]): TorchValue {
    const numbers = this.#isDouble ? Float64Array.from(values) : Float32Array.from(values);
    const dtype = this.#isDouble ? 'float64' : 'float32';
    const tensor = new Tensor(new HostStorage(bytesOf(numbers)), { dtype, shape });
    const [entry] = stateDictContent(new StateDict([['value', tensor]])).entries;
    if (!entry) throw new LazuliError('internal', 'a tensor without an entry');
    return new TorchTensorValue(entry);
  }

  /** What `torchState` gave, by names under the first parameter: `old_dirs.0`. Throws `weights_mismatch`. */
  async load(
    entries: ReadonlyMap<string, TensorEntry>,
    values: Readonly<Record<string, PlainValue>>,
    file: string,
  ): Promise<void> {
    const vector = async (name: string): Promise<Flat | null> => {
      const entry = entries.get(name);
      if (!entry) return null;
      const [count = 1] = entry.shape ?? [0];
      if (count !== this.#count && entry.shape?.length === 1)
        throw new LazuliError('weights_mismatch', `${file}: the optimizer's ${name} does not fit`, {
          where: `${file}, optimizer.${name}`,
          expected: `${this.#count} numbers`,
          got: String(count),
        });
      const dtype = this.#isDouble ? 'float64' : 'float32';
      return this.#vector(convertBytes(await readContiguous(entry), entry.dtype, dtype));
    };
    const number = async (name: string): Promise<number | null> => {
      const value = (await vector(name))?.[0] ?? values[name] ?? null;
      return value === null ? null : Number(value);
    };
    const state = newLbfgsState();
    state.func_evals = (await number('func_evals')) ?? 0;
    state.n_iter = (await number('n_iter')) ?? 0;
    state.d = await vector('d');
    state.t = (await number('t')) ?? 0;
    state.prev_flat_grad = await vector('prev_flat_grad');
    state.prev_loss = (await number('prev_loss')) ?? 0;
    state.H_diag = (await number('H_diag')) ?? 1;
    for (let at = 0; ; at++) {
      const [y, s] = [await vector(`old_dirs.${at}`), await vector(`old_stps.${at}`)];
      if (!y || !s) break;
      state.old_dirs.push(y);
      state.old_stps.push(s);
      state.ro.push((await number(`ro.${at}`)) ?? 0);
    }
    this.#state = state;
  }
}
