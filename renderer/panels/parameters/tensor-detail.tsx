// One tensor in full: its figures, distribution, picture and values, and what can be done with it.
import { Copy, Dices, Locate } from 'lucide-react';
import { useEffect, useState, type JSX } from 'react';
import type { TensorDetail, TensorFigures } from '#core/session/parameters';
import type { ParameterInfo } from '#core/session/session';
import { formatShape } from '#core/tensor/shape';

import { copyTensor, reinitialize } from '../../actions/parameters';
import { focusNode } from '../../canvas/focus-node';
import { Explained } from '../../chrome/explained';
import { IconButton } from '../../chrome/icon-button';
import { call } from '../../client';
import { useFigures, valuesStamp } from '../../stores/figures';
import { useRun } from '../../stores/run';
import { showError } from '../../stores/toasts';
import { whyTensorAt } from '../../stores/why';
import { showCount, showLoss } from '../format';
import { provenanceText, t } from '../../text';
import { Histogram } from './histogram';
import { notFinite } from './listing';
import { TensorPicture } from './tensor-picture';
import { ValueGrid } from './value-grid';

/** Each has a text `tensor.view.<name>`. */
const VIEWS = ['distribution', 'picture', 'values'] as const;
export type DetailView = (typeof VIEWS)[number];

interface TensorDetailProps {
  readonly info: ParameterInfo;
  readonly view: DetailView;
  readonly onView: (view: DetailView) => void;
}

export function TensorDetailView({ info, view, onView }: TensorDetailProps): JSX.Element {
  const detail = useDetail(info);
  const isRunning = useRun(({ state }) => state !== 'idle');
  const { key, shape, state, provenance, waitsFor } = info;
  const hasValues = state !== 'uninitialized';
  return (
    <section className="tensor-detail" aria-label={t('tensor.details', { key })}>
      <header>
        <h3 title={key}>{key}</h3>
        <span className="shape">
          <Explained text={formatShape(shape)} why={() => whyTensorAt(info.node, info.name)} />
        </span>
        <IconButton
          label={t('tensorDetail.showOnTheCanvas')}
          icon={Locate}
          className="is-small"
          onClick={() => focusNode(info.node)}
        />
        <IconButton
          label={t('tensorDetail.copyAsNumpy')}
          icon={Copy}
          className="is-small"
          isDisabled={!hasValues}
          onClick={() => void copyTensor(info)}
        />
        <IconButton
          label={t('common.initializeAnew')}
          icon={Dices}
          className="is-small"
          isDisabled={!hasValues || isRunning || info.tied_to !== undefined}
          onClick={() => void reinitialize([info])}
        />
      </header>
      <div className="tensor-line">
        <p className="muted tensor-story">
          {hasValues
            ? `${t(`tensor.state.${state}`)} · ${provenanceText(provenance)}`
            : waitsFor === null
              ? t('tensor.state.uninitialized')
              : t('parameter.waits', { what: waitsFor })}
        </p>
        <div className="segments" role="group" aria-label={t('common.view')}>
          {VIEWS.map((name) => (
            <button key={name} type="button" aria-pressed={view === name} onClick={() => onView(name)}>
              {t(`tensor.view.${name}`)}
            </button>
          ))}
        </div>
      </div>
      {hasValues && detail ? (
        <>
          <Figures figures={detail.figures} />
          <div className="tensor-view">
            {view === 'distribution' ? <Histogram detail={detail} /> : null}
            {view === 'picture' ? <TensorPicture info={info} detail={detail} /> : null}
            {view === 'values' ? <ValueGrid info={info} canEdit={!isRunning} /> : null}
          </div>
        </>
      ) : null}
    </section>
  );
}

/** Asked anew when the values change; the old ones stay on the screen until then. */
function useDetail(info: ParameterInfo): TensorDetail | null {
  const [detail, setDetail] = useState<TensorDetail | null>(null);
  // Figures that arrive tell that values changed.
  useFigures((state) => state.version);
  const stamp = info.state === 'uninitialized' ? null : valuesStamp();
  const { node, name } = info;
  useEffect(() => {
    if (stamp === null) return undefined;
    let isWanted = true;
    call('parameters.detail', { node, name }).then(
      (found) => {
        if (isWanted) setDetail(found);
      },
      (error: unknown) => {
        if (isWanted) showError(t('told.notShown', { name }), error);
      },
    );
    return () => {
      isWanted = false;
    };
  }, [node, name, stamp]);
  return detail;
}

function Figures({ figures }: { readonly figures: TensorFigures }): JSX.Element {
  const { count, norm, mean, std, min, max, zeros } = figures;
  const bad = notFinite(figures);
  return (
    <dl className="tensor-figures">
      <Figure name={t('tensor.elements')} value={showCount(count)} />
      <Figure name={t('tensor.norm')} value={showLoss(norm)} />
      <Figure name={t('tensor.meanStd')} value={`${showLoss(mean)} ± ${showLoss(std)}`} />
      <Figure name={t('tensor.range')} value={`${showLoss(min)} … ${showLoss(max)}`} />
      <Figure name={t('tensor.zeros')} value={showCount(zeros)} />
      {bad > 0 ? <Figure name="NaN, Inf" value={showCount(bad)} isBad /> : null}
    </dl>
  );
}

function Figure({
  name,
  value,
  isBad = false,
}: {
  readonly name: string;
  readonly value: string;
  readonly isBad?: boolean;
}): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={isBad ? 'is-bad' : undefined}>{value}</dd>
    </div>
  );
}
