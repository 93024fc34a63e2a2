// The window's texts in the user's language. What shows them is made anew when the language changes (renderer/app.tsx).
import { inWords, type Words } from '#core/graph/provenance';
import { helpIn } from '#core/text/help';
import { textIn, type Language, type TextKey, type TextValues } from '#core/text/text';

import { languageOf, useApp } from './stores/app';

/** The text of a key in the language of now, its values filled in. */
export const t = <Key extends TextKey>(key: Key, ...values: TextValues<Key>): string =>
  textIn(languageOf(useApp.getState()), key, ...values);

/** Draws a component anew for another language, where the app does not make it anew: on the canvas. */
export const useLanguage = (): Language => useApp(languageOf);

/** Help of a declaration (an optimizer's option, a metric's summary) in the language of now; English where it has no translation. */
export const helpText = (help: string): string => helpIn(languageOf(useApp.getState()), help);

/** The words that say where a size comes from. */
export const whyWords = (): Words => ({
  from: t('why.from'),
  sample: (shape) => t('why.sample', { shape }),
  weights: t('why.weights'),
});

/** Where a tensor's size comes from, as the engine said it, in the language of now. */
export const provenanceText = (said: string): string => inWords(said, whyWords());
