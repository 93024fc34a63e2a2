// A number with a tooltip that tells where it comes from, found out when the pointer gets there.
import { useState, type JSX } from 'react';

interface ExplainedProps {
  readonly text: string;
  /** '' where nothing is known. */
  readonly why: () => string;
}

export function Explained({ text, why }: ExplainedProps): JSX.Element {
  const [told, setTold] = useState('');
  return (
    <span
      title={told === '' ? undefined : told}
      onPointerEnter={() => {
        setTold(why());
      }}
    >
      {text}
    </span>
  );
}
