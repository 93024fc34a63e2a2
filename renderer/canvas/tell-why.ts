// Hovering a number on a card tells where it comes from. One listener of the canvas writes the tooltip when the pointer gets there; the
// cards themselves know nothing of it.
import type { PointerEvent } from 'react';

import { whyResult, whyTensor } from '../stores/why';

export function tellWhy({ target }: PointerEvent): void {
  if (!(target instanceof Element)) return;
  const shape = target.closest<HTMLElement>('.card-footer .shape, .chip-shape');
  const id = shape?.closest('.react-flow__node')?.getAttribute('data-id');
  if (!shape || id === null || id === undefined) return;
  const tensor = shape.closest('.chip')?.querySelector('.chip-name')?.textContent;
  const why = tensor === undefined || tensor === null ? whyResult(id) : whyTensor(id, tensor);
  // Without a title of its own a number keeps that of what is around it.
  if (why === '') shape.removeAttribute('title');
  else shape.title = why;
}
