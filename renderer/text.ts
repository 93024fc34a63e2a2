// The window's texts in the user's language. What shows them is made anew when the language changes (renderer/app.tsx).
import type { ErrorData } from '#core/errors';
import { inWords, type Words } from '#core/graph/provenance';
import { helpIn } from '#core/text/help';
import { saidIn } from '#core/text/said';
import { textIn, type Language, type TextKey, type TextValues } from '#core/text/text';

import { languageOf, useApp } from './stores/app';

/** The text of a key in the language of now, its values filled in. */
export const t = <Key extends TextKey>(key: Key, ...values: TextValues<Key>): string =>
  textIn(languageOf(useApp.getState()), key, ...values);

/** Draws a component anew for another language, where the app does not make it anew: on the canvas. */
export const useLanguage = (): Language => useApp(languageOf);

/** Help of a declaration (an optimizer's option, a metric's summary) in the language of now; English where it has no translation. */
export const helpText = (help: string): string => helpIn(languageOf(useApp.getState()), help);

/** What was said in English where it was found out (a problem, a repair, an error) in the language of now, as far as it is known. */
export const saidText = (said: string): string => saidIn(languageOf(useApp.getState()), said);

/** What went wrong and, in brackets, what to do. */
export const faultText = ({ message, hint }: Pick<ErrorData, 'message' | 'hint'>): string =>
  `${saidText(message)}${hint === undefined ? '' : ` (${saidText(hint)})`}`;

/** The words that say where a size comes from. */
export const whyWords = (): Words => ({
  from: t('why.from'),
  sample: (shape) => t('why.sample', { shape }),
  weights: t('why.weights'),
});

/** Where a tensor's size comes from, as the engine said it, in the language of now. */
export const provenanceText = (said: string): string => saidText(inWords(said, whyWords()));
