// The first items of the project's data as the main process reads them. Follows the description of the data, a moment after it changed.
import { create } from 'zustand';
import { errorToData, type ErrorData } from '#core/errors';
import type { DataSource } from '#core/document/project';
import type { DataPreview } from '#core/session/session';

import { call } from '../client';

interface PreviewState {
  /** The description the preview (or the error) belongs to. */
  readonly source: DataSource | null;
  readonly preview: DataPreview | null;
  readonly error: ErrorData | null;
  readonly isLoading: boolean;
}

const EMPTY: PreviewState = { source: null, preview: null, error: null, isLoading: false };

export const usePreview = create<PreviewState>(() => EMPTY);

/** Items shown. */
export const PREVIEW_COUNT = 48;

/** Reads the first items of `source`; an answer that a newer request has overtaken is dropped. */
export async function loadPreview(source: DataSource | null): Promise<void> {
  if (usePreview.getState().source === source) return;
  if (source === null) {
    usePreview.setState(EMPTY);
    return;
  }
  usePreview.setState(({ source: last, preview }) => ({
    source,
    isLoading: true,
    error: null,
    // Another file's items would mislead; the same file's stay until the new ones are there.
    preview: last?.file === source.file ? preview : null,
  }));
  try {
    const preview = await call('data.preview', source, { from: 0, count: PREVIEW_COUNT });
    if (usePreview.getState().source === source)
      usePreview.setState({ preview, isLoading: false, error: null });
  } catch (error) {
    if (usePreview.getState().source === source)
      usePreview.setState({ preview: null, isLoading: false, error: errorToData(error) });
  }
}
