// The open model: its layers with what is known about them, their changes by revision, and the way back. Knows no data and no lock.
import type { Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import type { StateDictContent, WeightFile } from '#core/formats/weights';
import { diagnose, isRunnable } from '#core/graph/diagnose';
import { flattenGraph } from '#core/graph/flatten';
import { forwardInTurns, type GraphModule } from '#core/graph/graph-module';
import type { FeedResult } from '#core/ipc/api';
import { inputDType } from '#core/layers/io';
import {
  Generator,
  isLazy,
  LayerModule,
  materializeInTurns,
  newTensor,
  slotsOf,
  stateDictContent,
  StepQueue,
  type Steps,
  type Slot,
} from '#core/nn/index';
import { scopeInTurns } from '#core/ops/index';
import type { TensorRef } from '#core/session/parameters';
import type { ModelInfo, Problem, Resized, WeightOptions, WeightVerdict } from '#core/session/session';
import type { DType } from '#core/tensor/dtype';
import type { Shape } from '#core/tensor/shape';
import { drain, type Turned } from '#core/turns';

import { Turns } from '../turns';
import { drawAnew, writeValue } from './browse';
import { describeModel, inferModel } from './info';
import { isSameBy, LayerSet } from './layer-set';
import { Memory } from './memory';
import { setState, type TensorState } from './states';
import { problemsAsError, resizingRefused, uninitialized } from './refusals';
import { previewInTurns, renewResized, type KeptValues } from './rematerialize';
import { History, restorationOf, Snapshot } from './snapshot';
import { compareWeights, loadWeights } from './weights';

/** Shapes of a sample by input node name, batch included. */
export type SampleShapes = Readonly<Record<string, Shape>>;

/** Whether what a sample would resize is initialized anew. Default false. */
export interface FeedChoice {
  readonly rematerialize?: boolean;
}

/** What feeding a sample did. */
export type Fed = Omit<FeedResult, 'model'>;

export class Model {
  #project: Project;
  #layers: LayerSet;
  readonly #queue: StepQueue | null;
  readonly #history = new History();
  #sample: SampleShapes = {};
  #unreached: readonly string[] = [];
  #revision = 0;
  #lastRevision = 0;
  /** True while every value is what construction drew: feeding may then draw all of them from its own seed. */
  #isPristine = true;
  /** What `info` last said, until something changes. */
  #described: ModelInfo | null = null;
  #version = 0;
  /** Of what `info` said of these values. */
  #memory = new Memory();
  /** What a feed in progress will give back at the end of its draws. */
  #kept: KeptValues | null = null;

  /**
   * Layers whose sizes are all given draw their first values here. With `putsOff` first values wait for `settle` instead,
   * here and in every change.
   */
  constructor(project: Project, { putsOff = false }: { readonly putsOff?: boolean } = {}) {
    this.#project = project;
    this.#queue = putsOff ? new StepQueue() : null;
    this.#layers = makeLayers(project, this.#queue);
  }

  /** Draws the first values that were put off, a few milliseconds at a time. */
  async settle(): Promise<void> {
    try {
      await this.#queue?.run(pause);
    } catch (error) {
      this.#queue?.clear();
      throw error;
    } finally {
      this.#kept?.dispose();
      this.#kept = null;
    }
  }
  get project(): Project {
    return this.#project;
  }
  get module(): GraphModule {
    return this.#layers.module;
  }
  get layers(): LayerSet {
    return this.#layers;
  }

  get revision(): number {
    return this.#revision;
  }
  /** A sample was fed, weights were loaded or trained: there are values that the project alone does not bring back. */
  get hasValues(): boolean {
    return this.#revision > 0;
  }

  /** The model as it stands (before a change that is going on), or as it would be with samples of other shapes. */
  info(shapes?: SampleShapes): ModelInfo {
    return drain(this.infoInTurns(shapes));
  }

  /** The same, cut into turns; costs nothing where nothing changed since it was asked last. */
  *infoInTurns(shapes?: SampleShapes): Turned<ModelInfo> {
    if (shapes === undefined && this.#described) return this.#described;
    const facts = { revision: this.#revision, sample: this.#sample, unreached: this.#unreached };
    const version = this.#version;
    const how = shapes === undefined ? { memory: this.#memory } : { sample: shapes };
    const info = yield* describeModel(this.#layers, facts, how);
    if (shapes === undefined && version === this.#version) this.#described = info;
    return info;
  }

  /** Nodes whose layer and params stayed keep their tensors, also under a new name. Another dtype starts over. */
  update(project: Project): void {
    this.#forgetInfo();
    if (project.dtype !== this.#project.dtype) {
      this.#layers.dispose();
      this.#history.clear();
      this.#sample = {};
      this.#layers = makeLayers(project, this.#queue);
      this.#isPristine = true;
      this.#changed();
    } else if (this.#layers.update(flattenGraph(project.graph))) this.#revision = ++this.#lastRevision;
    this.#project = project;
  }

  /** True when `project` has the very layers and edges of this one: a run in progress does not mind. */
  hasSameLayers(project: Project): boolean {
    const [graph, own] = [flattenGraph(project.graph), flattenGraph(this.#project.graph)];
    return (
      project.dtype === this.#project.dtype &&
      isSameBy(graph.nodes, own.nodes, ({ id, layer, params, tensors }) => [id, layer, params, tensors]) &&
      isSameBy(graph.edges, own.edges, (edge) => edge)
    );
  }

  /**
   * What has values and would change its size if a sample of these shapes were fed; changes nothing. Empty while the sample
   * runs with the sizes there are, and when it would not run with any.
   */
  previewFeed(shapes: SampleShapes): readonly Resized[] {
    return drain(previewInTurns(this.#layers, shapes)).resized;
  }

  /**
   * The transaction: every reachable parameter gets shape and value, or it throws and nothing changed. What would change
   * its size is refused, or with `rematerialize` initialized anew while all other values stay.
   */
  feed(shapes: SampleShapes, seed: number, choice: FeedChoice = {}): Fed {
    return drain(this.feedInTurns(shapes, seed, choice));
  }

  /** The same, cut into turns: a layer each. */
  *feedInTurns(shapes: SampleShapes, seed: number, { rematerialize = false }: FeedChoice = {}): Turned<Fed> {
    const { resized, problems } = yield* previewInTurns(this.#layers, shapes);
    if (resized.length === 0) refuse(problems);
    else if (!rematerialize) throw resizingRefused(problemsAsError(problems), resized);
    // Whoever asks meanwhile is told of the model before.
    yield* this.infoInTurns();
    this.keepHistory();
    if (resized.length === 0) return yield* this.#feed(shapes, new Generator(seed));
    const before = new Snapshot(this.#layers);
    const generator = new Generator(seed);
    generator.pending = this.#queue;
    const kept = renewResized(this.#layers, resized, generator);
    try {
      const result = yield* this.#feed(shapes, generator);
      // After the draws it takes the place of.
      if (this.#queue) {
        this.#kept = kept;
        this.#queue.add(once(() => kept.giveBack()));
      } else {
        kept.giveBack();
        kept.dispose();
      }
      return result;
    } catch (error) {
      this.#queue?.clear();
      kept.dispose();
      (yield* restorationOf(this.#layers, before)).replace();
      throw error;
    } finally {
      before.dispose();
    }
  }

  *#feed(shapes: SampleShapes, generator: Generator): Turned<Fed> {
    // PyTorch draws layers whose sizes are given while the module is made, lazy ones in their first forward, from one stream.
    generator.pending = this.#queue;
    if (this.#isPristine) yield* this.#layers.rebuild(generator);
    const { module } = this.#layers;
    const inputs = Object.entries(shapes).map(
      ([name, shape]) => [name, newTensor(shape, this.#inputDType(name), 'meta')] as const,
    );
    const dryRun = function* (): Turned<void> {
      yield* forwardInTurns(module, Object.fromEntries(inputs), { onlyUsed: false });
    };
    // What evaluation mode computes from real statistics on the way is freed.
    const work = materializeInTurns(module, () => scopeInTurns(dryRun()), generator);
    const { materialized, unreached } = yield* work;
    this.#sample = shapes;
    this.#unreached = unreached;
    this.#isPristine = false;
    this.#changed();
    const keys = materialized.map(({ key }) => key);
    return { materialized: keys, unreached, sampleShape: Object.values(shapes)[0] ?? [] };
  }

  /** Throws the first problem that forbids running the graph on samples of these shapes. */
  refuseProblems(shapes: SampleShapes): void {
    refuse(diagnose(drain(inferModel(this.#layers, shapes))));
  }

  /** Keys of parameters that an output needs and that have no values. */
  waiting(): readonly string[] {
    const { used } = this.#layers.plan;
    return this.#layers
      .entries()
      .filter(([node]) => used.has(node.id))
      .flatMap(([node, layer]) =>
        layer
          .tensorSpecs()
          .filter(({ name }) => isLazy(layer.tensor(name)))
          .map(({ name }) => `${node.name}.${name}`),
      );
  }
  refuseWaiting(): void {
    const keys = this.waiting();
    if (keys.length > 0) throw uninitialized(keys);
  }
  get hasSample(): boolean {
    return Object.keys(this.#sample).length > 0;
  }

  /** Every blank size is blank again; layers whose sizes are all given draw anew. */
  async backToUninitialized(): Promise<void> {
    const turns = new Turns();
    await turns.run(this.infoInTurns());
    this.keepHistory();
    await turns.run(this.#layers.rebuild(new Generator(this.#project.training.seed)));
    this.#sample = {};
    this.#unreached = [];
    this.#isPristine = true;
    this.#changed();
  }

  /** Values as they were at `revision`; rejects with `not_supported` for one that is no longer kept. */
  async restore(revision: number): Promise<void> {
    if (revision === this.#revision) return;
    const kept = this.#history.get(revision);
    if (!kept)
      throw new LazuliError('not_supported', `the parameters of revision ${revision} are no longer kept`, {
        where: 'undo',
        expected: 'one of the last revisions',
        got: String(revision),
      });
    const restoration = await new Turns().run(restorationOf(this.#layers, kept.values));
    this.keepHistory();
    restoration.replace();
    this.#forgetInfo();
    this.#memory = new Memory();
    this.#sample = kept.sample;
    this.#unreached = kept.unreached;
    this.#isPristine = kept.isPristine;
    this.#revision = revision;
  }

  compare(weights: WeightFile, options: WeightOptions = {}): readonly WeightVerdict[] {
    return compareWeights(this.#layers.module, weights, options);
  }

  /** All or nothing; throws `weights_mismatch` naming `file` and the keys that do not fit. */
  async load(weights: WeightFile, file: string, options: WeightOptions = {}): Promise<void> {
    this.keepHistory();
    const loaded = await loadWeights(this.#layers.module, weights, file, options);
    this.#mark('loaded', ({ key }) => loaded.has(key));
    this.#isPristine = false;
    this.#changed();
  }

  /** Draws the first values of these tensors anew; each call draws others. */
  drawAnew(refs: readonly TensorRef[]): void {
    this.keepHistory();
    drawAnew(this.#layers, refs, this.#project.training.seed + this.#lastRevision + 1);
    this.#isPristine = false;
    this.#changed();
  }

  /** Sets one value, counted in row-major order. */
  writeValue(ref: TensorRef, index: number, value: number): void {
    this.keepHistory();
    writeValue(this.#layers, ref, index, value);
    this.#isPristine = false;
    this.#changed();
  }

  /** What writers take. */
  content(): StateDictContent {
    return stateDictContent(this.#layers.module.stateDict());
  }

  /** After a training run, however it ended. */
  markTrained(): void {
    this.#mark('trained', () => true);
    this.#isPristine = false;
    this.#changed();
  }

  /** Remembers the present values under the present revision; done before every change. */
  keepHistory(): void {
    this.#memory = new Memory();
    this.#history.add(this.#revision, {
      values: new Snapshot(this.#layers),
      sample: this.#sample,
      unreached: this.#unreached,
      isPristine: this.#isPristine,
    });
  }

  dispose(): void {
    this.#kept?.dispose();
    this.#layers.dispose();
    this.#history.clear();
  }

  #inputDType(name: string): DType {
    const node = this.#project.graph.nodes.find((each) => each.name === name);
    return inputDType(node?.params ?? {}, this.#project.dtype);
  }
  #changed(): void {
    this.#revision = ++this.#lastRevision;
    this.#memory = new Memory();
    this.#forgetInfo();
  }
  #forgetInfo(): void {
    this.#described = null;
    this.#version += 1;
  }

  #mark(state: TensorState, isMeant: (slot: Slot) => boolean): void {
    for (const slot of slotsOf(this.#layers.module))
      if (isMeant(slot) && slot.module instanceof LayerModule) setState(slot.module, slot.name, state);
  }
}

/** Throws the first problem that forbids running the graph. */
function refuse(problems: readonly Problem[]): void {
  if (!isRunnable(problems)) throw problemsAsError(problems);
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function* once(body: () => void): Steps {
  body();
  yield;
}

function makeLayers(project: Project, queue: StepQueue | null): LayerSet {
  const layers = new LayerSet(project.dtype, new Generator(project.training.seed), queue);
  try {
    layers.update(flattenGraph(project.graph));
  } catch (error) {
    layers.dispose();
    throw error;
  }
  return layers;
}
