// What a model of characters writes after a prompt, for the Predictions panel: asked for in pieces, so that it grows on the screen.
import { create } from 'zustand';
import { errorToData, type ErrorData } from '#core/errors';
import { INITIAL_TEXT, type TextRequest } from '#core/session/generated';

import { call } from '../client';

interface WrittenState {
  readonly request: TextRequest;
  /** What the text on the screen began with. */
  readonly prompt: string;
  readonly text: string;
  readonly isWriting: boolean;
  readonly error: ErrorData | null;
}

export const useWritten = create<WrittenState>(() => ({
  request: INITIAL_TEXT,
  prompt: '',
  text: '',
  isWriting: false,
  error: null,
}));

export const changeRequest = (change: Partial<TextRequest>): void =>
  useWritten.setState(({ request }) => ({ request: { ...request, ...change } }));

/** Characters of one call. */
const PIECE = 48;

/** Writes until there are as many characters as asked for, or it is stopped. */
export async function write(): Promise<void> {
  const { request, isWriting } = useWritten.getState();
  if (isWriting) return;
  const { prompt } = request;
  useWritten.setState({ prompt, text: '', isWriting: true, error: null });
  try {
    let text = '';
    while (text.length < request.characters && useWritten.getState().isWriting) {
      const characters = Math.min(PIECE, request.characters - text.length);
      text += await call('model.generate', { ...request, prompt: prompt + text, characters });
      useWritten.setState({ text });
    }
  } catch (error) {
    useWritten.setState({ error: errorToData(error) });
  } finally {
    useWritten.setState({ isWriting: false });
  }
}

/** Ends after the piece in progress. */
export const stopWriting = (): void => useWritten.setState({ isWriting: false });
