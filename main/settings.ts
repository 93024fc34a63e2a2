// What the app remembers between starts: recent files, theme, window bounds. Damaged settings are replaced, never fatal.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { z } from 'zod';

const boundsSchema = z.object({
  x: z.number().int().exactOptional(),
  y: z.number().int().exactOptional(),
  width: z.number().int().min(400).max(20_000),
  height: z.number().int().min(300).max(20_000),
});

const settingsSchema = z.object({
  theme: z.enum(['light', 'dark', 'system']).catch('system'),
  recent: z.array(z.string().max(4096)).max(20).catch([]),
  tensorboard: z.boolean().catch(false),
  bounds: boundsSchema.catch({ width: 1440, height: 900 }),
});

export type WindowBounds = z.infer<typeof boundsSchema>;
type SettingsData = z.infer<typeof settingsSchema>;

const RECENT_LIMIT = 10;

export class Settings {
  #data: SettingsData;

  constructor(readonly file: string) {
    this.#data = settingsSchema.parse(readJson(file));
  }

  get theme(): SettingsData['theme'] {
    return this.#data.theme;
  }
  set theme(theme: SettingsData['theme']) {
    this.#save({ theme });
  }

  /** Runs are written as TensorBoard events too. */
  get tensorboard(): boolean {
    return this.#data.tensorboard;
  }
  set tensorboard(tensorboard: boolean) {
    this.#save({ tensorboard });
  }

  get bounds(): WindowBounds {
    return this.#data.bounds;
  }
  set bounds(bounds: WindowBounds) {
    this.#save({ bounds });
  }

  /** Absolute paths, newest first. */
  get recent(): readonly string[] {
    return this.#data.recent;
  }
  addRecent(path: string): void {
    this.#save({ recent: [path, ...this.recent.filter((other) => other !== path)].slice(0, RECENT_LIMIT) });
  }
  removeRecent(path: string): void {
    this.#save({ recent: this.recent.filter((other) => other !== path) });
  }

  #save(change: Partial<SettingsData>): void {
    this.#data = { ...this.#data, ...change };
    try {
      mkdirSync(dirname(this.file), { recursive: true });
      const temporary = `${this.file}.${process.pid}.tmp`;
      writeFileSync(temporary, JSON.stringify(this.#data, null, 2));
      renameSync(temporary, this.file);
    } catch {
      // Settings are a convenience: a full or read-only disk must not stop the work in the window.
    }
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) ?? {};
  } catch {
    return {};
  }
}
