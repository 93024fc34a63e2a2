// What is asked of a model of characters that writes on, and what may be asked at once.

export interface TextRequest {
  /** What the text begins with; the model sees as much of its end as a sample has characters. */
  readonly prompt: string;
  /** How many to write. */
  readonly characters: number;
  /** Scores are divided by it before the draw: 0 takes the likeliest character, 1 draws by the model's probabilities. */
  readonly temperature: number;
  /** Draws are the same for the same seed and place in the text: writing in pieces gives the same as at once. */
  readonly seed: number;
}

export const TEXT_LIMITS = { prompt: 100_000, characters: 10_000, temperature: 10 } as const;

export const INITIAL_TEXT: TextRequest = { prompt: '', characters: 300, temperature: 0.7, seed: 0 };
