// What the window calls a category of layers, and says of a layer, in the user's language.
import type { Category } from '#core/layers/declaration';
import type { LayerDeclaration } from '#core/layers/index';
import type { TextKey } from '#core/text/text';

import { helpText, t } from '../text';

const TITLES: Readonly<Record<Category, Extract<TextKey, `category.${string}`>>> = {
  'input/output': 'category.ends',
  linear: 'category.linear',
  convolution: 'category.convolution',
  pooling: 'category.pooling',
  normalization: 'category.normalization',
  activation: 'category.activation',
  recurrent: 'category.recurrent',
  attention: 'category.attention',
  shape: 'category.shape',
  regularization: 'category.regularization',
  embedding: 'category.embedding',
  arithmetic: 'category.arithmetic',
  loss: 'category.loss',
};

export const categoryTitle = (category: Category): string => t(TITLES[category]);

/** What a search reads of a layer beside its English names. */
export const spokenOf = ({
  category,
  summary,
}: LayerDeclaration): { readonly category: string; readonly summary: string } => ({
  category: categoryTitle(category),
  summary: helpText(summary),
});
