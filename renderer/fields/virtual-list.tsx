// A list of any length of which only the rows in view are elements of the page. Rows have one height; short lists are drawn whole.
import { useState, type JSX, type ReactNode } from 'react';

interface VirtualListProps {
  readonly count: number;
  /** Pixels of one row. */
  readonly rowHeight: number;
  /** Pixels the list takes at most, in its own scroll box. */
  readonly height: number;
  readonly className: string;
  readonly label: string;
  readonly row: (index: number) => ReactNode;
}

const WHOLE = 150;
const AROUND = 6;

export function VirtualList({
  count,
  rowHeight,
  height,
  className,
  label,
  row,
}: VirtualListProps): JSX.Element {
  const [top, setTop] = useState(0);
  const indices = Array.from({ length: count <= WHOLE ? count : 0 }, (_, index) => index);
  if (count <= WHOLE)
    return (
      <ul className={className} aria-label={label}>
        {indices.map((index) => row(index))}
      </ul>
    );
  const first = Math.max(0, Math.floor(top / rowHeight) - AROUND);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + AROUND);
  return (
    <div
      className="virtual-list"
      style={{ height }}
      onScroll={({ currentTarget }) => {
        setTop(currentTarget.scrollTop);
      }}
    >
      <ul
        className={className}
        aria-label={label}
        style={{ paddingTop: first * rowHeight, paddingBottom: (count - last) * rowHeight }}
      >
        {Array.from({ length: last - first }, (_, at) => row(first + at))}
      </ul>
    </div>
  );
}
