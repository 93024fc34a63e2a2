// The Parameters panel: every tensor of the model with its figures, and one of them in full.
import { useDeferredValue, useEffect, useMemo, useState, type JSX } from 'react';
import { Boxes, Search } from 'lucide-react';

import { figuresOf, useFigures, wantNoFigures } from '../../stores/figures';
import { allParameters, useModel } from '../../stores/model';
import { t } from '../../text';
import { listTensors, needsFigures, SHOWN_NAMES, type ColumnName, type Shown } from './listing';
import { TensorDetailView, type DetailView } from './tensor-detail';
import { TensorTable } from './tensor-table';
import './parameters.css';

export function ParametersPanel(): JSX.Element {
  const model = useModel((state) => state.model);
  const version = useDeferredValue(useFigures((state) => state.version));
  const all = useMemo(() => allParameters(model), [model]);
  const [text, setText] = useState('');
  const [shown, setShown] = useState<Shown>('all');
  const [order, setOrder] = useState<ColumnName>('key');
  const [selected, setSelected] = useState<string | null>(null);
  const [view, setView] = useState<DetailView>('distribution');
  useEffect(() => wantNoFigures, []);
  const basis = needsFigures({ shown, order }) ? version : 0;
  const listed = useMemo(
    () => listTensors(all, { text, shown, order }, figuresOf),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the figures behind `figuresOf` change with the version
    [all, text, shown, order, basis],
  );
  const current = listed.find(({ key }) => key === selected) ?? listed[0] ?? null;
  if (all.length === 0)
    return (
      <div className="panel-empty">
        <Boxes size={22} aria-hidden className="muted" />
        <p>{t('parameters.parametersAndBuffersOf')}</p>
      </div>
    );
  return (
    <div className="browser">
      <div className="browser-list">
        <div className="browser-bar">
          <label className="browser-search">
            <Search size={13} aria-hidden />
            <input
              className="field-input"
              type="search"
              placeholder={t('parameters.searchTensors')}
              aria-label={t('parameters.searchTensors')}
              value={text}
              onChange={({ target }) => setText(target.value)}
            />
          </label>
          <select
            className="field-select"
            aria-label={t('parameters.whichTensors')}
            value={shown}
            onChange={({ target }) => setShown(target.value as Shown)}
          >
            {SHOWN_NAMES.map((name) => (
              <option key={name} value={name}>
                {t(`tensor.shown.${name}`)}
              </option>
            ))}
          </select>
          <span className="muted" role="status">
            {t('tensor.listed', { count: listed.length, all: all.length })}
          </span>
        </div>
        <TensorTable
          all={all}
          listed={listed}
          selected={current?.key ?? null}
          order={order}
          onOrder={setOrder}
          onSelect={setSelected}
        />
      </div>
      {current ? <TensorDetailView key={current.key} info={current} view={view} onView={setView} /> : null}
    </div>
  );
}
