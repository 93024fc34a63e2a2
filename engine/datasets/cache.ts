// Datasets that are open, by what describes them: read once, read again when the file changed, freed when nobody holds them.
import { stat } from 'node:fs/promises';

import { filesOf } from '#core/document/data-files';
import type { DataSource } from '#core/document/project';
import { LazuliError } from '#core/errors';
import type { Tensor } from '#core/tensor/tensor';

import { openDataset, resolveFile, type Dataset, type DatasetOptions } from './dataset';

/** How many datasets stay open beside those in use. */
const MAX_OPEN = 2;

export class DataCache {
  readonly #open = new Map<string, Dataset>();
  /** By the inputs, which every copy of a dataset shares. */
  readonly #holds = new Map<Tensor, number>();

  constructor(public folder: string | null) {}

  async get(source: DataSource, options: Omit<DatasetOptions, 'folder'>): Promise<Dataset> {
    if (options.needsTarget !== false) return this.#get(source, options);
    try {
      // Mostly the target is there: then training and predicting share one copy.
      return await this.#get(source, { ...options, needsTarget: true });
    } catch (error) {
      if (!(error instanceof LazuliError) || error.code !== 'data_invalid') throw error;
      return this.#get(source, options);
    }
  }

  async #get(source: DataSource, options: Omit<DatasetOptions, 'folder'>): Promise<Dataset> {
    const { dtype, classes = null, namedClasses = null, needsTarget = true } = options;
    const stamps = await Promise.all(filesOf(source).map((file) => stampOf(resolveFile(file, this.folder))));
    const read = [asRead(source), stamps, dtype, classes, namedClasses, needsTarget];
    const key = JSON.stringify(read);
    const found = this.#open.get(key);
    if (found) return { ...found, source };
    const dataset = await openDataset(source, { ...options, folder: this.folder });
    this.#open.set(key, dataset);
    this.#trim(dataset);
    return dataset;
  }

  /** Keeps a dataset's memory until it is released as often. */
  hold(dataset: Dataset): void {
    this.#holds.set(dataset.inputs, (this.#holds.get(dataset.inputs) ?? 0) + 1);
  }
  release(dataset: Dataset): void {
    const left = (this.#holds.get(dataset.inputs) ?? 1) - 1;
    if (left > 0) this.#holds.set(dataset.inputs, left);
    else this.#holds.delete(dataset.inputs);
    this.#trim(null);
  }

  dispose(): void {
    for (const dataset of this.#open.values()) dataset.dispose();
    this.#open.clear();
    this.#holds.clear();
  }

  #trim(newest: Dataset | null): void {
    for (const [key, dataset] of this.#open) {
      if (this.#open.size <= MAX_OPEN) return;
      if (dataset === newest || this.#holds.has(dataset.inputs)) continue;
      dataset.dispose();
      this.#open.delete(key);
    }
  }
}

/** What decides how a source is read: normalization comes later. */
const asRead = ({ feeds = {}, ...source }: DataSource): object => ({
  ...source,
  normalization: null,
  feeds: Object.entries(feeds).map(([id, feed]) => [id, { ...feed, normalization: null }]),
});

/** Changes when the file does; '' for one that is not there, which reading it will report. */
async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${file} ${mtimeMs} ${size} ${ino}`;
  } catch {
    return '';
  }
}
