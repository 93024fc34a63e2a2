// Unsaved work, kept apart from the project's file: one folder, per document two generations of a checked text and perhaps its
// parameter values, beside the project that names them: edits made since do not lose them. What is damaged is set aside and never restored. What the user sees of it is main/recovery.ts.
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';

import { parseHistory, type KeptHistory } from '#core/document/history';
import { parseProject } from '#core/document/parse';
import type { Project } from '#core/document/project';
import { serializeProject } from '#core/document/serialize';
import { LazuliError } from '#core/errors';
import { z } from 'zod';

import { readText, writeTextAtomically } from './files';

/** Where a document lives: its file (null while it was never saved) and the folder its data paths start from. */
export interface DocumentPlace {
  readonly file: string | null;
  readonly folder: string | null;
}

const metaSchema = z.object({
  format: z.literal('lazuli-backup'),
  /** 2 has a line with the history of changes before the project. */
  version: z.literal([1, 2]),
  /** Orders backups whatever the clock says. */
  sequence: z.number().int().min(1),
  file: z.string().nullable(),
  folder: z.string().nullable(),
  sha256: z.string().length(64),
});

/** Parameter values, and the project as it was when they were kept: the keys of a weights file are that project's. */
export interface KeptValues {
  /** Absolute path of a weights file. */
  readonly file: string;
  readonly project: Project;
}

export interface FoundBackup extends DocumentPlace {
  readonly key: string;
  readonly sequence: number;
  readonly project: Project;
  /** The changes that led to it; null where none are kept or they do not belong to it. */
  readonly history: KeptHistory | null;
  readonly values: KeptValues | null;
  /** The newest generation was damaged and set aside: this is the one before. */
  readonly isOlder: boolean;
}

const CURRENT = '.backup';
const PREVIOUS = '.previous';
/** Ends of the two files of kept values, after the document's key and a number that grows. The second makes it whole. */
const VALUES = '.pt';
const VALUES_OF = '.project';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export class BackupStore {
  #sequence = 0;
  /** Keys of documents that are open: theirs are no leftovers. */
  readonly #open = new Set<string>();

  private constructor(readonly folder: string) {}

  /** A store over `folder`, made when it is missing; a folder that cannot be read is told at the first write. */
  static async open(folder: string): Promise<BackupStore> {
    const store = new BackupStore(folder);
    for (const { sequence } of await store.list()) store.#sequence = Math.max(store.#sequence, sequence);
    return store;
  }

  /** The backup of a document that was just opened, or of one that goes on from a leftover. */
  backup(key: string = randomUUID()): Backup {
    this.#open.add(key);
    return new Backup(this, key);
  }

  /** For Backup alone. */
  next(): number {
    return ++this.#sequence;
  }

  release(key: string): void {
    this.#open.delete(key);
  }

  /** What was left by documents that are not open, newest first. Damaged generations are set aside under another name. */
  async list(): Promise<readonly FoundBackup[]> {
    const names = new Set(await this.#names());
    const keys = new Set(
      [...names].flatMap((name) =>
        [CURRENT, PREVIOUS].flatMap((end) => (name.endsWith(end) ? name.slice(0, -end.length) : [])),
      ),
    );
    const found: FoundBackup[] = [];
    for (const key of keys) {
      if (this.#open.has(key)) continue;
      const newest = names.has(key + CURRENT) ? await this.#read(key, CURRENT) : null;
      const usable = newest ?? (names.has(key + PREVIOUS) ? await this.#read(key, PREVIOUS) : null);
      if (!usable) continue;
      const values = await this.#values(slotsOf(key, names));
      found.push({ ...usable, key, values, isOlder: usable !== newest });
    }
    return found.sort((a, b) => b.sequence - a.sequence);
  }

  /** Deletes a leftover the user does not want, or one whose document is saved. Damaged ones stay aside. */
  async discard(key: string): Promise<void> {
    const files = [CURRENT, PREVIOUS].map((end) => key + end);
    await this.#remove([...files, ...slotsOf(key, await this.#names()).flatMap(filesOf)]);
  }

  /** For Backup alone: deletes values of this document older than those of `slot`. */
  async discardValuesBefore(key: string, slot: string): Promise<void> {
    const slots = slotsOf(key, await this.#names());
    await this.#remove(slots.slice(slots.indexOf(slot) + 1).flatMap(filesOf));
  }

  /** For Backup alone. */
  discardSlot(slot: string): Promise<void> {
    return this.#remove(filesOf(slot));
  }

  async #names(): Promise<readonly string[]> {
    return readdir(this.folder).catch(() => []);
  }

  async #remove(names: readonly string[]): Promise<void> {
    for (const name of names) await unlink(path.join(this.folder, name)).catch(() => undefined);
  }

  /** The newest values whose project can be read. */
  async #values(slots: readonly string[]): Promise<KeptValues | null> {
    for (const slot of slots) {
      const of = path.join(this.folder, slot + VALUES_OF);
      try {
        return {
          file: path.join(this.folder, slot + VALUES),
          project: parseProject(await readText(of), of),
        };
      } catch {
        // Ended between the two files: the values before are still there.
      }
    }
    return null;
  }

  /** One generation, or null after it was set aside as damaged. */
  async #read(key: string, end: string): Promise<Omit<FoundBackup, 'key' | 'values' | 'isOlder'> | null> {
    const file = path.join(this.folder, key + end);
    try {
      const text = await readText(file);
      const [first, body] = cutLine(text);
      const meta = metaSchema.parse(JSON.parse(first));
      if (sha256(body) !== meta.sha256)
        throw new LazuliError('file_refused', `${file} does not match its checksum`, { where: file });
      const { sequence, file: of, folder } = meta;
      const [before, document] = meta.version === 1 ? ['', body] : cutLine(body);
      const project = parseProject(document, file);
      return { sequence, file: of, folder, project, history: readHistory(before, project) };
    } catch {
      await rename(file, path.join(this.folder, `${key}.damaged-${randomUUID().slice(0, 8)}`)).catch(
        () => undefined,
      );
      return null;
    }
  }
}

/** The first line of a text, and the rest. */
function cutLine(text: string): readonly [string, string] {
  const line = text.indexOf('\n');
  return [text.slice(0, line), text.slice(line + 1)];
}

/** The history of changes kept with a project; null for one that cannot be read: the project is worth more. */
export function readHistory(text: string | null, project: Project): KeptHistory | null {
  if (text === null || text === '') return null;
  try {
    return parseHistory(text, project);
  } catch {
    return null;
  }
}

const filesOf = (slot: string): readonly string[] => [slot + VALUES, slot + VALUES_OF];

/** Names, without their ends, of the values kept for a document, newest first. */
function slotsOf(key: string, names: Iterable<string>): readonly string[] {
  const numbers = new Set<number>();
  for (const name of names)
    for (const end of filesOf('')) {
      const number =
        name.startsWith(`${key}.`) && name.endsWith(end) ? name.slice(key.length + 1, -end.length) : '';
      if (/^\d+$/.test(number)) numbers.add(Number(number));
    }
  return [...numbers].sort((a, b) => b - a).map((number) => `${key}.${number}`);
}

/** The backup of one open document. */
export class Backup {
  #written = '';
  /** What that was made of: projects are never changed in place. */
  #of: { readonly project: Project; readonly history: string | null } | null = null;

  constructor(
    readonly store: BackupStore,
    readonly key: string,
  ) {}

  /**
   * Keeps parameter values in place of those before; `save` writes them as a weights file and returns the project its keys
   * are named after. Throws what `save` throws, or `write_failed`; those before are then still there. Returns what names them.
   */
  async keepValues(save: (file: string) => Promise<Project>): Promise<string> {
    await this.prepare();
    const slot = `${this.key}.${this.store.next()}`;
    const at = path.join(this.store.folder, slot);
    const project = await save(at + VALUES);
    await writeTextAtomically(at + VALUES_OF, serializeProject(project));
    await this.store.discardValuesBefore(this.key, slot);
    return slot;
  }

  /** Deletes the values that `keepValues` named so: the document was saved, or given up, while they were written. */
  discardValues(slot: string): Promise<void> {
    return this.store.discardSlot(slot);
  }

  /** Writes a generation, `history` being one line, and keeps the one before; the same text again is not written. Throws `write_failed`. */
  async write(
    project: Project,
    { file, folder }: DocumentPlace,
    history: string | null = null,
  ): Promise<void> {
    if (this.#of?.project === project && this.#of.history === history) return;
    const body = `${history ?? ''}\n${serializeProject(project)}`;
    const hash = sha256(body);
    if (hash === this.#written) {
      this.#of = { project, history };
      return;
    }
    await this.prepare();
    const current = path.join(this.store.folder, this.key + CURRENT);
    const meta: z.infer<typeof metaSchema> = {
      format: 'lazuli-backup',
      version: 2,
      sequence: this.store.next(),
      file,
      folder,
      sha256: hash,
    };
    const next = `${current}.next`;
    await writeTextAtomically(next, `${JSON.stringify(meta)}\n${body}`);
    await this.#keepPrevious(current);
    await rename(next, current);
    this.#written = hash;
    this.#of = { project, history };
  }

  /** A copy, so that there is a newest generation at every moment; without one the new text is worth more than the old. */
  async #keepPrevious(current: string): Promise<void> {
    const previous = path.join(this.store.folder, this.key + PREVIOUS);
    try {
      await copyFile(current, `${previous}.next`);
      await rename(`${previous}.next`, previous);
    } catch {
      await unlink(`${previous}.next`).catch(() => undefined);
    }
  }

  /** Makes the folder. Throws `write_failed`. */
  async prepare(): Promise<void> {
    try {
      await mkdir(this.store.folder, { recursive: true });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LazuliError('write_failed', `${this.store.folder} could not be made: ${reason}`, {
        where: this.store.folder,
      });
    }
  }

  /** The document is saved, or its changes are not wanted: nothing is left behind. */
  async discard(): Promise<void> {
    this.#written = '';
    this.#of = null;
    await this.store.discard(this.key);
  }

  /** The document is closed; what it left is a leftover from now on. */
  release(): void {
    this.store.release(this.key);
  }
}
