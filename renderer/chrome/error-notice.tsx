// What went wrong, where it happened in a panel: its text, what to do, and perhaps a button that does it.
import { CircleAlert } from 'lucide-react';
import type { JSX, ReactNode } from 'react';
import type { ErrorData } from '#core/errors';

import { saidText } from '../text';

/** `where`: the place, for errors whose text does not name it. */
export function ErrorNotice({
  error,
  where,
  children,
}: {
  readonly error: Pick<ErrorData, 'message' | 'hint'>;
  readonly where?: string | undefined;
  readonly children?: ReactNode;
}): JSX.Element {
  return (
    <div className="notice is-error" role="alert">
      <CircleAlert size={15} aria-hidden />
      <span>
        {saidText(error.message)}
        {where === undefined ? null : <span className="notice-fix">{saidText(where)}</span>}
        {error.hint === undefined ? null : <span className="notice-fix">{saidText(error.hint)}</span>}
      </span>
      {children}
    </div>
  );
}
