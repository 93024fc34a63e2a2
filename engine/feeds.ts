// Data as a model takes it: which samples train and which validate, how values are normalized, and which classes there are.
import type { DataSource } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { together } from '#core/nn/index';

import { DataCache } from './datasets/cache';
import type { Dataset } from './datasets/dataset';
import { normalizationOf, scalingOf, type Scaling } from './datasets/normalization';
import { splitSamples } from './datasets/shuffle';
import type { Model, SampleShapes } from './model/model';
import { endsIn, endsOf, Normalizer, tablesFor, type Feed } from './training/batches';

interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** False where a missing target is no error: predictions. */
  readonly needsTarget?: boolean;
}

export class Feeds {
  readonly #cache: DataCache;

  constructor(
    readonly model: Model,
    folder: string | null,
  ) {
    this.#cache = new DataCache(folder);
  }

  setFolder(folder: string | null): void {
    this.#cache.folder = folder;
  }
  dispose(): void {
    this.#cache.dispose();
  }

  /** The samples of a source; throws `data_invalid` when the project names none. */
  async dataset(source: DataSource | null, options: ReadOptions = {}, reference?: Dataset): Promise<Dataset> {
    if (!source)
      throw new LazuliError('data_invalid', 'the project names no data', {
        where: 'data',
        hint: 'choose a data file in the Sample panel, or give --data',
      });
    const { signal, needsTarget = true } = options;
    const classes = reference?.source.targetKind === 'class' ? reference.targets?.classes : undefined;
    const named = [...(reference?.named ?? [])].filter(([, { kind }]) => kind === 'class');
    const namedClasses = Object.fromEntries(named.map(([name, targets]) => [name, targets.classes]));
    return this.#cache.get(source, {
      dtype: this.model.project.dtype,
      needsTarget,
      ...(classes ? { classes } : {}),
      ...(named.length > 0 ? { namedClasses } : {}),
      ...(signal ? { signal } : {}),
    });
  }

  /** The shape of one sample batch by input node name. */
  async sampleShapes(source: DataSource | null, options: ReadOptions): Promise<SampleShapes> {
    return this.#batchShapes(await this.dataset(source, { ...options, needsTarget: false }));
  }

  /** The project's data for a training run; give it back with `release`. */
  async training(
    signal?: AbortSignal,
  ): Promise<{ readonly feed: Feed; readonly rows: ReturnType<typeof splitSamples> }> {
    const { data, training } = this.model.project;
    const dataset = await this.dataset(data, { signal });
    const rows = splitSamples(dataset.samples, training.validationSplit, training.seed);
    return { feed: await this.#feed(dataset, dataset, rows.training, signal), rows };
  }

  /**
   * All samples of the project's data or of another file, for `body`. Another file is read with the classes and the
   * statistics of the data the model was trained on. Throws in the graph's words when samples do not fit the model.
   */
  async use<T>(
    source: DataSource | undefined,
    options: ReadOptions,
    body: (feed: Feed) => Promise<T>,
  ): Promise<T> {
    const { data, training } = this.model.project;
    const isOwn = source === undefined || source === data;
    const own = isOwn ? await this.dataset(data, options) : await this.#reference(data, options);
    if (own) this.#cache.hold(own);
    try {
      const dataset = isOwn && own ? own : await this.dataset(source ?? data, options, own ?? undefined);
      if (!own) refuseUnknownClasses(dataset);
      this.model.refuseProblems(this.#batchShapes(dataset));
      this.model.refuseWaiting();
      const reference = own ?? dataset;
      const rows = splitSamples(reference.samples, training.validationSplit, training.seed);
      const feed = await this.#feed(dataset, reference, rows.training, options.signal);
      try {
        return await body(feed);
      } finally {
        this.release(feed);
      }
    } finally {
      if (own) this.#cache.release(own);
    }
  }

  release({ normalizers, dataset }: Feed): void {
    for (const normalizer of normalizers) normalizer.dispose();
    this.#cache.release(dataset);
  }

  /** The data the model was trained on, where another file needs it; null where it is not there and not needed. */
  async #reference(data: DataSource | null, { signal }: ReadOptions): Promise<Dataset | null> {
    if (!data) return null;
    const scalings = [
      data.normalization,
      ...Object.values(data.feeds ?? {}).map((feed) => feed.normalization),
    ];
    const needsStatistics = scalings.some((each) => each?.kind === 'standardize');
    const named = Object.values(data.targets ?? {});
    const needsClasses =
      (data.targetKind === 'class' && !data.classes) ||
      named.some(({ kind, classes }) => kind === 'class' && !classes);
    if (!needsStatistics && !needsClasses) return null;
    try {
      return await this.dataset(data, { signal });
    } catch (error) {
      const isAbsent = error instanceof LazuliError && error.code === 'file_not_found';
      if (isAbsent && !needsStatistics) return null;
      throw error;
    }
  }

  /** `reference` gives the normalization: the data the model was trained on. */
  async #feed(
    dataset: Dataset,
    reference: Dataset,
    training: readonly number[],
    signal?: AbortSignal,
  ): Promise<Feed> {
    const { dtype, data } = this.model.project;
    const ends = endsOf(this.model.module, dtype);
    this.#cache.hold(dataset);
    try {
      const source = data ?? reference.source;
      const tables = tablesFor(reference, ends.inputs);
      const scalings: (Scaling | null)[] = [];
      for (const [at, input] of ends.inputs.entries()) {
        const table = tables[at];
        const normalization = normalizationOf(source, input);
        scalings.push(table ? await scalingOf(normalization, table, training, signal) : null);
      }
      const normalizers = together(() => scalings.map((scaling) => new Normalizer(scaling, dtype)));
      return { dataset, ends, normalizers };
    } catch (error) {
      this.#cache.release(dataset);
      throw error;
    }
  }

  /** A sample batch of every input, by name. */
  #batchShapes(dataset: Dataset): SampleShapes {
    const { module, project } = this.model;
    const { inputs } = endsIn(module, project.dtype);
    const batch = Math.min(project.sample.batchSize, dataset.samples);
    const tables = tablesFor(dataset, inputs);
    return Object.fromEntries(
      inputs.map(({ name }, at) => [name, [batch, ...(tables[at]?.shape.slice(1) ?? [])]]),
    );
  }
}

/** Names found in some other file are numbered in its order, which need not be the order the model learned. */
function refuseUnknownClasses({ source, targets }: Dataset): void {
  const isNamed =
    source.targetKind === 'class' && targets?.classes.some((name, at) => name !== String(at)) === true;
  if (!isNamed || source.classes) return;
  throw new LazuliError('data_invalid', `${source.file}: which class has which number is not known`, {
    where: 'data, classes',
    expected: 'the classes in the project, or the data it was trained on',
    got: targets.classes.slice(0, 10).join(', '),
    hint: 'list the classes in the project’s data, in the order of the model’s outputs',
  });
}
