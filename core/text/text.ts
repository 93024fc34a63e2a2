// The window's texts in a language. English is complete and its keys are the type; what another language lacks stands in English.
import { DE } from './de';
import { EN } from './en';

export type TextKey = keyof typeof EN;

/** What a translator writes: any of the keys. */
export type Translation = { readonly [key in TextKey]?: string };

/** By the name each has in itself. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const TABLES: Readonly<Record<Language, Translation>> = { en: EN, de: DE };

/** The names in braces of a text: `{count}`, and `{count:layer|layers}`, which stands for the word the number asks for. */
type NamesIn<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer Number}:${string}` ? Number : Name) | NamesIn<Rest>
  : never;

export type TextValues<Key extends TextKey> = [NamesIn<(typeof EN)[Key]>] extends [never]
  ? []
  : [values: { readonly [name in NamesIn<(typeof EN)[Key]>]: string | number }];

const HOLE = /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g;

/**
 * A whole number as the language groups it. Where that would be with points, a narrow space stands instead: figures have a decimal point
 * everywhere, and 1.797 beside 0.002 would be read as less than two.
 */
export const groupedIn = (language: Language, value: number): string =>
  FORMATS[language]
    .formatToParts(value)
    .map(({ type, value: part }) => (type === 'group' && part === '.' ? '\u202F' : part))
    .join('');

/** Made once: making one takes a hundred times as long as using it. */
const FORMATS: Readonly<Record<Language, Intl.NumberFormat>> = {
  en: new Intl.NumberFormat('en'),
  de: new Intl.NumberFormat('de'),
};

/** The text of a key, its values filled in. */
export function textIn<Key extends TextKey>(
  language: Language,
  key: Key,
  ...[values]: TextValues<Key>
): string {
  const text: string = TABLES[language][key] ?? EN[key];
  if (values === undefined) return text;
  const given: Readonly<Record<string, string | number>> = values;
  return text.replaceAll(HOLE, (_hole, name: string, one: string | undefined, other: string | undefined) => {
    const value = given[name] ?? '';
    if (one !== undefined && other !== undefined) return value === 1 ? one : other;
    return typeof value === 'number' ? groupedIn(language, value) : value;
  });
}

/** The language to use: the chosen one, or that of a locale such as `de-AT`. */
export function languageFor(choice: Language | 'system', locale: string): Language {
  if (choice !== 'system') return choice;
  const [language = ''] = locale.toLowerCase().split(/[-_]/);
  return language in LANGUAGES ? (language as Language) : 'en';
}
