// A card's one line of params: what PyTorch demands and what differs from the palette's first value, in the declaration's order.
import type { LayerDeclaration, ParamSpec } from '#core/layers/declaration';

import { t } from '../text';

/** `16` for 16, `3×5` for [3, 5], `3` for [3, 3]; words as they are. */
export function showParam(value: unknown): string {
  if (value === null || value === undefined) return t('param.none');
  if (typeof value === 'boolean') return t(value ? 'param.on' : 'param.off');
  if (Array.isArray(value)) {
    const items = (value as unknown[]).map((item) => (item === null ? '?' : JSON.stringify(item)));
    return items.length > 0 && items.every((item) => item === items[0]) ? (items[0] ?? '') : items.join('×');
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}

const isShown = (spec: ParamSpec, value: unknown): boolean => {
  if (spec.isInferred === true) return value !== null;
  return spec.torchDefault === undefined || JSON.stringify(value) !== JSON.stringify(spec.initial);
};

/** `out_channels 16 · kernel_size 3 · padding 1`; '' when there is nothing to say. */
export function paramSummary(
  declaration: LayerDeclaration,
  params: Readonly<Record<string, unknown>>,
): string {
  return Object.entries(declaration.params)
    .map(([name, spec]) => ({ name, spec, value: name in params ? params[name] : spec.initial }))
    .filter(({ spec, value }) => isShown(spec, value))
    .map(({ name, value }) => `${name} ${showParam(value)}`)
    .join(' · ');
}
