// One picture of the data, pixel by pixel: drawn at its own size and scaled without smoothing.
import { useEffect, useRef, type JSX } from 'react';
import type { DataPreview } from '#core/session/session';
import { t } from '../text';

type PictureItem = Pick<
  Extract<DataPreview['items'][number], { readonly kind: 'picture' }>,
  'width' | 'height' | 'channels' | 'pixels'
>;

/** `target` is what the data says about it. */
export function Picture({
  item,
  target,
}: {
  readonly item: PictureItem;
  readonly target: string;
}): JSX.Element {
  const ref = useRef<HTMLCanvasElement>(null);
  const { width, height } = item;
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (context) context.putImageData(new ImageData(toRgba(item), item.width, item.height), 0, 0);
  }, [item]);
  return (
    <canvas
      ref={ref}
      className="picture"
      width={width}
      height={height}
      role="img"
      aria-label={t('data.sampleOf', { target })}
    />
  );
}

/** Row-major pixels, `[height, width, channels]`, as RGBA. */
export function toRgba({ pixels, width, height, channels }: PictureItem): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < width * height; at++) {
    for (let channel = 0; channel < 3; channel++)
      rgba[at * 4 + channel] = pixels[at * channels + (channels === 3 ? channel : 0)] ?? 0;
    rgba[at * 4 + 3] = 255;
  }
  return rgba;
}
