// What the user sets for every project and every start, once: the settings dialog, the file they are kept in and the calls that
// change them are derived from this table. Their texts are `setting.<name>` and `setting.<name>.help` of core/text.
import { LANGUAGES } from './text/text';

export const SECTIONS = ['appearance', 'canvas', 'training', 'runs'] as const;
export type Section = (typeof SECTIONS)[number];

/** One of a few words, each with a text `setting.<name>.<word>`. */
interface Choice<Word extends string = string> {
  readonly kind: 'choice';
  readonly section: Section;
  readonly words: readonly Word[];
  readonly initial: Word;
}
interface Switch {
  readonly kind: 'switch';
  readonly section: Section;
  readonly initial: boolean;
}
/** A whole number from 1 on, or null for none. */
interface Limit {
  readonly kind: 'limit';
  readonly section: Section;
  readonly most: number;
  readonly initial: number | null;
}
export type Preference = Choice | Switch | Limit;

const choice = <const Words extends readonly string[]>(
  section: Section,
  words: Words,
  initial: Words[number],
): Choice<Words[number]> => ({ kind: 'choice', section, words, initial });
const toggle = (section: Section, initial: boolean): Switch => ({ kind: 'switch', section, initial });
const limit = (section: Section, most: number): Limit => ({ kind: 'limit', section, most, initial: null });

const languages = Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[];

export const PREFERENCES = {
  language: choice('appearance', ['system', ...languages], 'system'),
  theme: choice('appearance', ['system', 'light', 'dark'], 'system'),
  contrast: choice('appearance', ['system', 'normal', 'more'], 'system'),
  snapping: toggle('canvas', true),
  notifications: toggle('training', true),
  tensorboard: toggle('training', false),
  keptRuns: limit('runs', 100_000),
  keptMegabytes: limit('runs', 100_000_000),
} satisfies Readonly<Record<string, Preference>>;

export type PreferenceName = keyof typeof PREFERENCES;

type ValueOf<P> =
  P extends Choice<infer Word> ? Word : P extends Switch ? boolean : P extends Limit ? number | null : never;

export type Preferences = { readonly [name in PreferenceName]: ValueOf<(typeof PREFERENCES)[name]> };

export const PREFERENCE_NAMES = Object.keys(PREFERENCES) as readonly PreferenceName[];

export const INITIAL_PREFERENCES = Object.fromEntries(
  PREFERENCE_NAMES.map((name) => [name, PREFERENCES[name].initial]),
) as Preferences;
