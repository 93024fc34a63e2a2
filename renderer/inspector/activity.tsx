// What the selected layer does with the sample: its values, the gradient of the loss there, silent and saturated units, the maps of
// the first sample. Computed only while the section is open; while training again after each epoch.
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type JSX } from 'react';
import type { FirstSample, OutputActivity } from '#core/session/activity';
import type { TensorDetail } from '#core/session/parameters';
import { formatShape } from '#core/tensor/shape';

import { showCount, showLoss, showShare } from '../panels/format';
import { scaleOf } from '../panels/parameters/colours';
import { Histogram } from '../panels/parameters/histogram';
import { mapsTiling, paintTiles, type Tiling } from '../panels/parameters/pixels';
import { largestOf } from '../panels/parameters/tensor-picture';
import { watchActivity, type FoundActivity } from '../stores/activity';
import { scopePath, useDocument } from '../stores/document';
import { coloursOf, useApp } from '../stores/app';
import { useModel } from '../stores/model';
import { useUi } from '../stores/ui';
import { Attention } from './attention-maps';
import { NodeCosts } from './node-costs';
import './activity.css';
import { faultText, t } from '../text';

export function ActivitySection({ id }: { readonly id: string }): JSX.Element {
  const isOpen = useUi((state) => state.isActivityOpen);
  const Icon = isOpen ? ChevronDown : ChevronRight;
  return (
    <section aria-label={t('activity.title')}>
      <h3 className="section-title">
        <button
          type="button"
          className="fold"
          aria-expanded={isOpen}
          onClick={() => useUi.setState({ isActivityOpen: !isOpen })}
        >
          <Icon size={14} aria-hidden />
          {t('activity.title')}
        </button>
      </h3>
      {isOpen ? <NodeCosts id={id} /> : null}
      {isOpen ? <Shown id={id} /> : null}
    </section>
  );
}

function Shown({ id }: { readonly id: string }): JSX.Element {
  const found = useActivity(id);
  if (found === null) return <p className="muted small">{t('activity.computing')}</p>;
  if ('error' in found) return <p className="muted small">{faultText(found.error)}</p>;
  const { samples, outputs, attention, no_gradient } = found.activity;
  return (
    <>
      <p className="muted small">
        {t('activity.samples', { count: samples })}
        {no_gradient === null ? '' : ` ${t('activity.noGradient', { why: no_gradient })}`}
      </p>
      {outputs.map((output) => (
        <Output key={output.port} output={output} isNamed={outputs.length > 1} />
      ))}
      {attention.map((maps) => (
        <Attention key={maps.name} maps={maps} />
      ))}
    </>
  );
}

/** Asked anew when the values or the graph change; what was found last stays until then. */
function useActivity(id: string): FoundActivity | null {
  const node = useDocument(scopePath) + id;
  const graph = useDocument((state) => state.project?.graph);
  const model = useModel((state) => state.model);
  const [found, setFound] = useState<FoundActivity | null>(null);
  useEffect(() => watchActivity(node, setFound), [node, graph, model]);
  return found;
}

function Output({
  output,
  isNamed,
}: {
  readonly output: OutputActivity;
  readonly isNamed: boolean;
}): JSX.Element {
  const { port, shape, values, gradient, silent, saturated, first } = output;
  return (
    <div className="activity" role="group" aria-label={t('activity.output', { port })}>
      {isNamed ? (
        <h4>
          {port} <span className="shape">{formatShape(shape)}</span>
        </h4>
      ) : null}
      {values ? (
        <Distribution title={t('activity.values')} detail={values} />
      ) : (
        <p className="muted small">{t('activity.noNumbers')}</p>
      )}
      {silent && silent.units > 0 ? (
        <p className="small is-gold">{t('activity.silent', { count: silent.units, of: silent.of })}</p>
      ) : null}
      {saturated !== null ? (
        <p className={saturated > 0.5 ? 'small is-gold' : 'small muted'}>
          {t('activity.saturated', { share: showShare(saturated) })}
        </p>
      ) : null}
      {gradient ? <Distribution title={t('activity.gradient')} detail={gradient} /> : null}
      {first && values ? <Maps first={first} largest={largestOf(values)} /> : null}
    </div>
  );
}

function Distribution({
  title,
  detail,
}: {
  readonly title: string;
  readonly detail: TensorDetail;
}): JSX.Element {
  const { mean, std, zeros, count, nan, positive_infinity, negative_infinity } = detail.figures;
  const bad = nan + positive_infinity + negative_infinity;
  return (
    <div className="activity-distribution" role="group" aria-label={title}>
      <h5>{title}</h5>
      <Histogram detail={detail} />
      <p className="small muted">
        {showLoss(mean)} ± {showLoss(std)}
        {zeros > 0 ? ` · ${t('activity.zero', { share: showShare(zeros / count) })}` : ''}
        {bad > 0 ? (
          <strong className="is-bad"> · {t('activity.bad', { count: showCount(bad) })}</strong>
        ) : null}
      </p>
    </div>
  );
}

/** The maps of the first sample in a block, a matrix as it is, a row as one line. */
function Maps({ first, largest }: { readonly first: FirstSample; readonly largest: number }): JSX.Element {
  const ref = useRef<HTMLCanvasElement>(null);
  const colours = useApp(coloursOf);
  const tiling = useMemo(() => tilingOf(first), [first]);
  const { outputs, inputs, tileWidth, tileHeight } = tiling;
  const width = outputs * (tileWidth + 1) - 1;
  const height = inputs * (tileHeight + 1) - 1;
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    const painted = paintTiles(first.values, tiling, scaleOf(largest));
    context?.putImageData(new ImageData(painted.rgba, painted.width, painted.height), 0, 0);
  }, [first, tiling, largest, colours]);
  const { shape, channels } = first;
  const [count = 1] = shape;
  const part =
    count < channels ? t('picture.firstOf', { shown: count, count: channels }) : t('picture.all', { count });
  const caption =
    shape.length === 3
      ? t('activity.maps', { part, size: `${tileHeight}×${tileWidth}` })
      : formatShape(shape);
  return (
    <figure className="activity-maps">
      <canvas
        ref={ref}
        width={width}
        height={height}
        role="img"
        aria-label={t('activity.first', { what: caption })}
      />
      <figcaption className="small muted">{t('activity.first', { what: caption })}</figcaption>
    </figure>
  );
}

function tilingOf({ shape }: FirstSample): Tiling {
  if (shape.length === 3) return mapsTiling(shape);
  const [height = 1] = shape;
  return { outputs: 1, inputs: 1, tileHeight: shape.length < 2 ? 1 : height, tileWidth: shape.at(-1) ?? 1 };
}
