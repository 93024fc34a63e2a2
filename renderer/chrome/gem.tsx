// The sign of Lazuli: a cut stone in lapis blue with one vein of gold.
import type { JSX } from 'react';

export function Gem({ size = 20 }: { readonly size?: number }): JSX.Element {
  return (
    <svg className="gem" width={size} height={size} viewBox="0 0 24 24" aria-hidden>
      <path className="gem-left" d="M12 1.5 3 7v10l9 5.5z" />
      <path className="gem-right" d="M12 1.5 21 7v10l-9 5.5z" />
      <path className="gem-face" d="M12 6.5 16.8 9.5v5L12 17.5 7.2 14.5v-5z" />
      <path className="gem-vein" d="M4.6 15.4 10 13l2.6-3.2 6.9-2.3" />
    </svg>
  );
}
