// The sign of a layer's category, in the category's colour, or of a block: on cards, in the palette and in searches.
import {
  Activity,
  Blocks,
  Combine,
  Droplets,
  Eye,
  Grid3x3,
  Hash,
  LogIn,
  Repeat,
  ScanLine,
  Shapes,
  Shrink,
  SlidersVertical,
  Target,
  CircleHelp,
  type LucideIcon,
} from 'lucide-react';
import type { JSX } from 'react';
import type { Category } from '#core/layers/declaration';

const ICONS: Readonly<Record<Category, LucideIcon>> = {
  'input/output': LogIn,
  linear: Grid3x3,
  convolution: ScanLine,
  pooling: Shrink,
  normalization: SlidersVertical,
  activation: Activity,
  recurrent: Repeat,
  attention: Eye,
  shape: Shapes,
  regularization: Droplets,
  embedding: Hash,
  arithmetic: Combine,
  loss: Target,
};

export function CategoryIcon({
  category,
  isBlock = false,
}: {
  readonly category: Category | null;
  readonly isBlock?: boolean;
}): JSX.Element {
  const Icon = isBlock ? Blocks : category === null ? CircleHelp : ICONS[category];
  return (
    <span className="category-icon" data-category={category} aria-hidden>
      <Icon size={13} strokeWidth={2} />
    </span>
  );
}
