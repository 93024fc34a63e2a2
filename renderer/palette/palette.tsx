// The palette: every layer of the catalogue by category, with search. Drag one to the canvas; Enter or a double click inserts it
// after the selection. Arrow keys move through the list.
import { Search } from 'lucide-react';
import { memo, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import { layerTitle } from '#core/graph/resolve';
import { LAYERS, type LayerDeclaration } from '#core/layers/index';
import type { Category } from '#core/layers/declaration';

import { insertLayer } from '../actions/insert';
import { CategoryIcon } from '../chrome/category-icon';
import { Hint } from '../chrome/icon-button';
import { helpText, t } from '../text';
import { DRAGGED_LAYER } from './drag';
import { categoryTitle, spokenOf } from './layer-text';
import { searchLayers } from './search';
import './palette.css';

export function Palette(): JSX.Element {
  const [query, setQuery] = useState('');
  // The list is one stop of the Tab key: the item last walked to, else the first.
  const [walked, setWalked] = useState<string | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const found = searchLayers(LAYERS, query, spokenOf);
  const groups =
    query.trim() === ''
      ? byCategory(found)
      : [{ title: t('palette.found', { count: found.length }), layers: found }];

  const stop = found.find(({ type }) => type === walked)?.type ?? found[0]?.type;

  const moveFocus = (event: KeyboardEvent): void => {
    if (!['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key)) return;
    const isInField = event.target instanceof HTMLInputElement;
    if (isInField && event.key !== 'ArrowDown') return;
    const items = [...(list.current?.querySelectorAll<HTMLElement>('.palette-item') ?? [])];
    const at = items.findIndex((item) => item === document.activeElement);
    const places = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    const next = items[places[event.key as keyof typeof places]];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  return (
    <nav className="palette" aria-label={t('common.layers')} onKeyDown={moveFocus}>
      <div className="palette-search">
        <Search size={14} aria-hidden />
        <input
          type="search"
          aria-label={t('palette.searchLayers')}
          placeholder={t('palette.searchLayers')}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
          }}
          onKeyDown={(event) => {
            const [best] = found;
            if (event.key === 'Enter' && best) insertLayer(best.type);
            if (event.key === 'Escape') setQuery('');
          }}
        />
      </div>
      <div className="palette-list" ref={list}>
        {groups.map(({ title, layers }) => (
          <section key={title} aria-label={title}>
            <h2 className="section-title">{title}</h2>
            {layers.map((layer) => (
              <PaletteItem key={layer.type} layer={layer} isStop={layer.type === stop} onFocus={setWalked} />
            ))}
          </section>
        ))}
        {found.length === 0 ? <p className="palette-empty">{t('palette.noLayer', { query })}</p> : null}
      </div>
      <p className="palette-foot">{t('palette.dragToTheCanvas')}</p>
    </nav>
  );
}

const PaletteItem = memo(function PaletteItem({
  layer,
  isStop,
  onFocus,
}: {
  readonly layer: LayerDeclaration;
  readonly isStop: boolean;
  readonly onFocus: (type: string) => void;
}): JSX.Element {
  return (
    <Hint text={<HintText layer={layer} />} side="right">
      <button
        type="button"
        className="palette-item"
        tabIndex={isStop ? 0 : -1}
        draggable
        onFocus={() => {
          onFocus(layer.type);
        }}
        onDragStart={(event) => {
          event.dataTransfer.setData(DRAGGED_LAYER, layer.type);
          event.dataTransfer.effectAllowed = 'copy';
        }}
        onDoubleClick={() => {
          insertLayer(layer.type);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          insertLayer(layer.type);
        }}
      >
        <CategoryIcon category={layer.category} />
        <span className="palette-name">{layerTitle(layer)}</span>
      </button>
    </Hint>
  );
});

function HintText({ layer }: { readonly layer: LayerDeclaration }): JSX.Element {
  return (
    <>
      {helpText(layer.summary)}
      {layer.torch === null ? null : <span className="tooltip-detail">{layer.torch}</span>}
    </>
  );
}

function byCategory(
  layers: readonly LayerDeclaration[],
): readonly { readonly title: string; readonly layers: readonly LayerDeclaration[] }[] {
  const groups = new Map<Category, LayerDeclaration[]>();
  for (const layer of layers) groups.set(layer.category, [...(groups.get(layer.category) ?? []), layer]);
  return [...groups].map(([category, members]) => ({ title: categoryTitle(category), layers: members }));
}
