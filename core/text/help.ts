// Help that stands in declarations (options of optimizers, losses, schedulers, metrics), in other languages: English is where it is
// declared, and its text is the key.
import { DE_HELP } from './de-help';
import type { Language } from './text';

const TABLES: Readonly<Partial<Record<Language, Readonly<Record<string, string>>>>> = { de: DE_HELP };

/** English where there is no translation, as for layers. */
export const helpIn = (language: Language, help: string): string => TABLES[language]?.[help] ?? help;
