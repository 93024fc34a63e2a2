// A tensor as a picture: kernels of a convolution one by one, any other as a matrix of means. Negative values in gold, positive in
// blue, what is not finite in red.
import { useEffect, useRef, useState, type JSX } from 'react';
import { BROWSER_LIMITS, matrixSize, type TensorDetail } from '#core/session/parameters';
import type { ParameterInfo } from '#core/session/session';

import { call } from '../../client';
import { refOf } from '../../stores/figures';
import { coloursOf, useApp } from '../../stores/app';
import { showError } from '../../stores/toasts';
import { t } from '../../text';
import { showLoss } from '../format';
import { scaleOf } from './colours';
import { colour, paintTiles, tilingOf, type Tiling } from './pixels';

interface Painted {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  readonly caption: string;
}

export function TensorPicture({
  info,
  detail,
}: {
  readonly info: ParameterInfo;
  readonly detail: TensorDetail;
}): JSX.Element {
  const ref = useRef<HTMLCanvasElement>(null);
  const colours = useApp(coloursOf);
  const [painted, setPainted] = useState<Painted | null>(null);
  useEffect(() => {
    let isWanted = true;
    paint(info, detail).then(
      (found) => {
        if (isWanted) setPainted(found);
      },
      (error: unknown) => showError(t('told.notDrawn', { key: info.key }), error),
    );
    return () => {
      isWanted = false;
    };
  }, [info, detail, colours]);
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (painted && context)
      context.putImageData(new ImageData(painted.rgba, painted.width, painted.height), 0, 0);
  }, [painted]);
  const largest = largestOf(detail);
  return (
    <figure className="tensor-picture">
      {painted ? (
        <canvas
          ref={ref}
          width={painted.width}
          height={painted.height}
          role="img"
          aria-label={`${info.key}: ${painted.caption}`}
        />
      ) : null}
      <figcaption>
        <span>{painted?.caption}</span>
        <span className="colour-scale">
          {showLoss(-largest)}
          <i aria-hidden />
          {showLoss(largest)}
        </span>
      </figcaption>
    </figure>
  );
}

export const largestOf = ({ figures: { min, max } }: TensorDetail): number =>
  Number.isNaN(min) ? 0 : Math.max(Math.abs(min), Math.abs(max));

async function paint(info: ParameterInfo, detail: TensorDetail): Promise<Painted | null> {
  const shape = info.shape.map((size) => size ?? 0);
  const tiling = tilingOf(shape, BROWSER_LIMITS.values);
  return (tiling && (await paintKernels(info, shape, tiling, detail))) ?? paintMatrix(shape, detail);
}

async function paintKernels(
  info: ParameterInfo,
  shape: readonly number[],
  tiling: Tiling,
  detail: TensorDetail,
): Promise<Painted | null> {
  const { columns } = matrixSize(shape);
  if (columns * tiling.outputs > BROWSER_LIMITS.values) return null;
  const range = { row: 0, rows: tiling.outputs, column: 0, columns };
  const { values } = await call('parameters.values', refOf(info), range);
  const [outputs = 0] = shape;
  const part =
    tiling.outputs < outputs
      ? t('picture.firstOf', { shown: tiling.outputs, count: outputs })
      : t('picture.all', { count: outputs });
  const size = `${tiling.tileHeight}×${tiling.tileWidth}`;
  const caption = t('picture.kernels', { part, inputs: tiling.inputs, size });
  return { ...paintTiles(values, tiling, scaleOf(largestOf(detail))), caption };
}

function paintMatrix(shape: readonly number[], detail: TensorDetail): Painted | null {
  const { rows, columns, values } = detail.grid;
  if (rows * columns === 0) return null;
  const size = matrixSize(shape.length < 2 ? [1, ...shape] : shape);
  const isWhole = size.rows === rows && size.columns === columns;
  const whole = `${size.rows}×${size.columns}`;
  const cell = `${Math.ceil(size.rows / rows)}×${Math.ceil(size.columns / columns)}`;
  const caption = isWhole ? whole : t('picture.means', { size: whole, cell });
  return {
    width: columns,
    height: rows,
    rgba: colour(values, rows * columns, scaleOf(largestOf(detail))),
    caption,
  };
}
