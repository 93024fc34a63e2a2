// Values as colours: from the negative colour through the background to the positive one, by their share of the largest.

export interface Scale {
  /** The absolute value that gets the full colour. */
  readonly largest: number;
  readonly negative: Rgb;
  readonly zero: Rgb;
  readonly positive: Rgb;
  /** What is not finite. */
  readonly bad: Rgb;
}
export type Rgb = readonly [number, number, number];

const blend = (from: Rgb, to: Rgb, share: number, channel: number): number =>
  (from[channel] ?? 0) + ((to[channel] ?? 0) - (from[channel] ?? 0)) * share;

/** RGBA of `count` values. */
export function colour(
  values: ArrayLike<number>,
  count: number,
  scale: Scale,
): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(count * 4);
  for (let at = 0; at < count; at++) {
    const value = values[at] ?? NaN;
    const share = scale.largest > 0 ? Math.min(1, Math.abs(value) / scale.largest) : 0;
    const full = value < 0 ? scale.negative : scale.positive;
    for (let channel = 0; channel < 3; channel++)
      rgba[at * 4 + channel] = Number.isFinite(value)
        ? blend(scale.zero, full, share, channel)
        : (scale.bad[channel] ?? 0);
    rgba[at * 4 + 3] = 255;
  }
  return rgba;
}

/** Kernels of a convolution weight as one picture: a column per output channel, a row per input channel, a pixel between. */
export interface Tiling {
  readonly outputs: number;
  readonly inputs: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** The tiles of a weight `[out, in, ..., kernel height, kernel width]`; null for what has no kernels worth a picture. */
export function tilingOf(shape: readonly number[], most: number): Tiling | null {
  if (shape.length < 3) return null;
  const [outputs = 1, ...rest] = shape;
  const tileWidth = rest.at(-1) ?? 1;
  const tileHeight = rest.length > 1 ? (rest.at(-2) ?? 1) : 1;
  const inputs = rest.slice(0, -2).reduce((product, size) => product * size, 1);
  if (tileWidth * tileHeight < 2 || inputs === 0) return null;
  const fitting = Math.floor(most / (inputs * tileWidth * tileHeight));
  return { outputs: Math.min(outputs, Math.max(1, fitting)), inputs, tileWidth, tileHeight };
}

/** Colours of the tiles laid out, transparent between them. */
export function paintTiles(
  values: ArrayLike<number>,
  { outputs, inputs, tileWidth, tileHeight }: Tiling,
  scale: Scale,
): { readonly width: number; readonly height: number; readonly rgba: Uint8ClampedArray<ArrayBuffer> } {
  const width = outputs * (tileWidth + 1) - 1;
  const height = inputs * (tileHeight + 1) - 1;
  const rgba = new Uint8ClampedArray(width * height * 4);
  const colours = colour(values, outputs * inputs * tileWidth * tileHeight, scale);
  for (let tile = 0; tile < outputs * inputs; tile++) {
    const left = Math.floor(tile / inputs) * (tileWidth + 1);
    const top = (tile % inputs) * (tileHeight + 1);
    for (let y = 0; y < tileHeight; y++) {
      const from = (tile * tileHeight + y) * tileWidth * 4;
      rgba.set(colours.subarray(from, from + tileWidth * 4), ((top + y) * width + left) * 4);
    }
  }
  return { width, height, rgba };
}

/** Maps of one size side by side, in as square a block as their number allows; each goes down the columns. */
export function mapsTiling([channels = 1, height = 1, width = 1]: readonly number[]): Tiling {
  let rows = Math.floor(Math.sqrt(channels));
  while (rows > 1 && channels % rows !== 0) rows--;
  return {
    outputs: channels / Math.max(rows, 1),
    inputs: Math.max(rows, 1),
    tileWidth: width,
    tileHeight: height,
  };
}
