// One open model: its project, its modules and their tensors, its data. The command line and the window both drive this class.
import type { Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import type { FeedResult, RunSnapshot } from '#core/ipc/api';
import type { DataPreview, ModelInfo, RunEvent, RunState, WeightVerdict } from '#core/session/session';
import type { Shape } from '#core/tensor/shape';

const later = (): never => {
  throw new LazuliError('internal', 'not built yet');
};

export interface SessionOptions {
  /** The folder that relative data paths start from; null while the project was never saved. */
  readonly folder: string | null;
}

export interface FeedOptions {
  /** Default: the project's training seed. */
  readonly seed?: number;
  /** Shapes by input node name instead of a batch of the project's data. */
  readonly shapes?: Readonly<Record<string, Shape>>;
  readonly signal?: AbortSignal;
}

/** Everything that changes parameters gives a new `revision` in the ModelInfo it returns. Calls never overlap: each waits for the one before. */
export class ModelSession {
  /** Opens the CPU backend when nobody did. Eager layers draw their first values here. */
  static async open(_project: Project, _options: SessionOptions): Promise<ModelSession> {
    return later();
  }

  get project(): Project {
    return later();
  }

  /** The model as it stands; cheap. */
  info(): ModelInfo {
    return later();
  }

  /** Takes an edited project: nodes whose layer and params stayed keep their tensors, also under a new name. */
  async update(_project: Project): Promise<ModelInfo> {
    return later();
  }

  /** The folder changes when an unsaved project is saved. */
  setFolder(_folder: string | null): void {
    later();
  }

  /** The transaction: every reachable parameter gets shape and value, or it throws and nothing changed. */
  async feedSample(_options: FeedOptions = {}): Promise<FeedResult> {
    return later();
  }

  async backToUninitialized(): Promise<ModelInfo> {
    return later();
  }

  /** Parameter values as they were at `revision`; throws `not_supported` for one that is no longer kept. */
  async restore(_revision: number): Promise<ModelInfo> {
    return later();
  }

  /** What the weights file would do, key by key; changes nothing. */
  async compareWeights(_file: string): Promise<readonly WeightVerdict[]> {
    return later();
  }

  /** Loads all or nothing; throws `weights_mismatch` naming the keys that do not fit. */
  async loadWeights(_file: string): Promise<ModelInfo> {
    return later();
  }

  /** Atomic; .pt (what torch.load(weights_only=True) opens) or .safetensors by the file's extension. */
  async saveWeights(_file: string): Promise<{ readonly warnings: readonly string[] }> {
    return later();
  }

  /** All weights in the .pt serialization, uninitialized ones included. */
  async exportState(): Promise<Uint8Array> {
    return later();
  }

  async importState(_bytes: Uint8Array): Promise<ModelInfo> {
    return later();
  }

  /** The first items of the project's data, or of another source. */
  async preview(
    _range: { readonly from: number; readonly count: number },
    _source?: Project['data'],
  ): Promise<DataPreview> {
    return later();
  }

  /** A run over the project's data with its training settings; it starts at once. Throws `not_supported` while one is running. */
  async train(_options: TrainOptions = {}): Promise<TrainingRun> {
    return later();
  }

  /** Frees every native tensor. */
  async dispose(): Promise<void> {
    later();
  }
}

export interface TrainOptions {
  /** Continue from a checkpoint file written by an interrupted run. */
  readonly resumeFrom?: string;
  /** Where a stopped run leaves its checkpoint; none by default. */
  readonly checkpoint?: string;
  readonly signal?: AbortSignal;
}

/** A training run: made by `ModelSession.train`, runs on the backend's own thread in slices of about 100 ms. */
export class TrainingRun {
  get state(): RunState {
    return later();
  }

  /** What a window that comes late needs: every epoch event, at most 2,000 step events. */
  snapshot(): RunSnapshot {
    return later();
  }

  /** About ten batches of events a second; returns the unsubscribe. */
  onEvents(_listener: (events: readonly RunEvent[], state: RunState) => void): () => void {
    return later();
  }

  /** Resolves after the step in progress. */
  async pause(): Promise<void> {
    return later();
  }

  resume(): void {
    later();
  }

  /** Stops after the step in progress; the weights are kept (and a checkpoint, if asked for). */
  async stop(): Promise<void> {
    return later();
  }

  /** Settles when the run ends; never rejects: a failure is in `error`. */
  get finished(): Promise<{
    readonly outcome: 'finished' | 'stopped' | 'failed';
    readonly error: LazuliError | null;
  }> {
    return later();
  }
}
