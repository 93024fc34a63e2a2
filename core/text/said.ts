// What is said in English where it is found out (problems of a graph, repairs, errors of the engine), in another language. English is
// written once, where it is said; here its words are the key, with a name in braces for each value they were filled with.
import { DE_SAID } from './de-said';
import { DE_SAID_ENGINE } from './de-said-engine';
import type { Language } from './text';

/**
 * By the English sentence as its source has it, without a full stop: `{name}` for a value that stays as it is, `{~name}` for one that is
 * words of this table again. What is not found stays English.
 */
export type SaidTable = Readonly<Record<string, string>>;

const TABLES: Readonly<Partial<Record<Language, SaidTable>>> = { de: { ...DE_SAID, ...DE_SAID_ENGINE } };

interface Phrase {
  readonly pattern: RegExp;
  readonly translation: string;
}

const HOLE = /\{~?(\w+)\}/g;

const escape = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

function phrasesOf(table: SaidTable): readonly Phrase[] {
  return Object.entries(table).map(([english, translation]) => {
    const parts = english.split(HOLE);
    const source = parts.map((part, at) => (at % 2 === 0 ? escape(part) : `(?<${part}>[^]+?)`)).join('');
    return { pattern: new RegExp(`^${source}$`), translation };
  });
}

const phrases = new Map<Language, readonly Phrase[]>();
const known = new Map<string, string>();
const MOST_KNOWN = 5_000;

/** The sentence in a language, as far as its table knows it. */
export function saidIn(language: Language, english: string): string {
  const table = TABLES[language];
  if (!table) return english;
  const key = `${language} ${english}`;
  const found = known.get(key) ?? translate(language, table, english);
  if (known.size > MOST_KNOWN) known.clear();
  known.set(key, found);
  return found;
}

function translate(language: Language, table: SaidTable, english: string): string {
  const stop = english.endsWith('.') ? '.' : '';
  const text = stop === '' ? english : english.slice(0, -1);
  const all = phrases.get(language) ?? phrasesOf(table);
  phrases.set(language, all);
  for (const { pattern, translation } of all) {
    const found = pattern.exec(text) ?? pattern.exec(lower(text));
    if (!found) continue;
    const filled = translation.replaceAll(HOLE, (hole, name: string) => {
      const value = found.groups?.[name] ?? '';
      return hole.startsWith('{~') ? saidIn(language, value) : value;
    });
    const isCapital = /^\p{Lu}/u.test(text) && !translation.startsWith('{');
    return `${isCapital ? upper(filled) : filled}${stop}`;
  }
  return english;
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
