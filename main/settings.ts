// What the app remembers between starts: the user's settings, recent files, window bounds. Damaged settings are replaced, never fatal.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Preferences } from '#core/preferences';
import { preferencesSchema } from '#core/preferences-schema';
import { validate } from '#core/validate';
import { z } from 'zod';

const boundsSchema = z.object({
  x: z.number().int().exactOptional(),
  y: z.number().int().exactOptional(),
  width: z.number().int().min(400).max(20_000),
  height: z.number().int().min(300).max(20_000),
  /** It filled the screen; the rest is what it goes back to. */
  isMaximized: z.boolean().exactOptional(),
});

const placesSchema = z.object({
  recent: z.array(z.string().max(4096)).max(20).catch([]),
  bounds: boundsSchema.catch({ width: 1440, height: 900 }),
  /** The tour of a first start was taken, or not wanted. */
  isTourOver: z.boolean().catch(false),
});

export type WindowBounds = z.infer<typeof boundsSchema>;
type Places = z.infer<typeof placesSchema>;

const RECENT_LIMIT = 10;

export class Settings {
  #preferences: Preferences;
  #places: Places;

  constructor(readonly file: string) {
    const content = readJson(file);
    this.#preferences = validate(preferencesSchema, content).data ?? preferencesSchema.parse({});
    this.#places = validate(placesSchema, content).data ?? placesSchema.parse({});
  }

  get preferences(): Preferences {
    return this.#preferences;
  }
  prefer(change: Partial<Preferences>): void {
    this.#preferences = { ...this.#preferences, ...change };
    this.#save({});
  }

  get bounds(): WindowBounds {
    return this.#places.bounds;
  }
  set bounds(bounds: WindowBounds) {
    this.#save({ bounds });
  }

  get isTourOver(): boolean {
    return this.#places.isTourOver;
  }
  set isTourOver(isTourOver: boolean) {
    this.#save({ isTourOver });
  }

  /** Absolute paths, newest first. */
  get recent(): readonly string[] {
    return this.#places.recent;
  }
  addRecent(path: string): void {
    this.#save({ recent: [path, ...this.recent.filter((other) => other !== path)].slice(0, RECENT_LIMIT) });
  }
  removeRecent(path: string): void {
    this.#save({ recent: this.recent.filter((other) => other !== path) });
  }

  #save(change: Partial<Places>): void {
    this.#places = { ...this.#places, ...change };
    try {
      mkdirSync(dirname(this.file), { recursive: true });
      const temporary = `${this.file}.${process.pid}.tmp`;
      writeFileSync(temporary, JSON.stringify({ ...this.#preferences, ...this.#places }, null, 2));
      renameSync(temporary, this.file);
    } catch {
      // Settings are a convenience: a full or read-only disk must not stop the work in the window.
    }
  }
}

function readJson(file: string): object {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null ? content : {};
  } catch {
    return {};
  }
}
