// Amounts as people read them.

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `312 B`, `4.5 KiB`, `1.2 MiB`. */
export function showBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[power]}`;
}

const TIME_UNITS = [
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
] as const;

/** `1.24 ms`, `38 µs`, `0`. */
export function showSeconds(seconds: number): string {
  if (seconds === 0) return '0';
  const [scale, unit] = TIME_UNITS.find(([least]) => seconds >= least) ?? [1e-9, 'ns'];
  return `${Number((seconds / scale).toPrecision(3))} ${unit}`;
}
