// The colours of compared runs, as names of tokens: told apart also by who sees red and green alike, one after the other.
const TOKENS = [
  '--lapis', '--gold-line', '--cat-pooling', '--cat-regularization', '--cat-normalization', '--cat-activation',
  '--cat-convolution', '--cat-io',
] as const; // prettier-ignore

/** The colour of the run that was chosen at this place. */
export const runColor = (at: number): string => TOKENS[at % TOKENS.length] ?? '--lapis';
