// Help that stands in declarations (layers, optimizers, losses, schedulers, metrics and their options), in other languages: English is
// where it is declared, and its text is the key.
import { DE_HELP } from './de-help';
import { DE_LAYERS } from './de-layers';
import { DE_LAYERS_MORE } from './de-layers-more';
import type { Language } from './text';

const TABLES: Readonly<Partial<Record<Language, Readonly<Record<string, string>>>>> = {
  de: { ...DE_HELP, ...DE_LAYERS, ...DE_LAYERS_MORE },
};

/** English where there is no translation. */
export const helpIn = (language: Language, help: string): string => TABLES[language]?.[help] ?? help;
