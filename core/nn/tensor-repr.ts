// A tensor printed as PyTorch prints it, with its default options: precision 4, at most 1000 elements, lines of 80.
// Source: torch/_tensor_str.py. Integers, booleans and real floats; other dtypes print their shape only.
import { getDefaultDType } from '../tensor/default-dtype';
import { DTYPES } from '../tensor/dtype';
import { readElement } from '../tensor/elements';
import { printTensorsBy, Tensor } from '../tensor/tensor';
import { denseBytes } from './tensor-memory';

const PRECISION = 4;
const THRESHOLD = 1000;
const EDGE = 3;
const LINE = 80;

type Element = number | bigint;
interface Formatter {
  readonly width: number;
  format(value: Element): string;
}

/** `1.0000e-05`, with Python's exponent of at least two digits. */
const scientific = (value: number): string =>
  value.toExponential(PRECISION).replace(/e([+-])(\d)$/, 'e$10$2');
const plainText = (value: number): string =>
  Number.isNaN(value) ? 'nan' : value === Infinity ? 'inf' : value === -Infinity ? '-inf' : '';

/** toFixed rounds halves of the decimal text away from zero; C's printf rounds the exact binary value, as toFixed does too. */
const fixed = (value: number): string => value.toFixed(PRECISION);

function floatFormatter(values: readonly number[]): Formatter {
  const nonzero = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  let width = 1;
  let format: (value: number) => string = (value) => `${value}.`;
  if (nonzero.length > 0) {
    const largest = Math.max(...nonzero);
    const smallest = Math.min(...nonzero);
    const isWhole = nonzero.every(Number.isInteger);
    const isWide = largest / smallest > 1000 || largest > 1e8;
    if (isWhole) format = isWide ? scientific : (value) => `${Object.is(value, -0) ? '-0' : value}.`;
    else format = isWide || smallest < 1e-4 ? scientific : fixed;
  }
  const text = (value: number): string => plainText(value) || format(value);
  const finite = values.filter((value) => Number.isFinite(value) && value !== 0);
  for (const value of finite) width = Math.max(width, text(value).length);
  if (values.some((value) => !Number.isFinite(value)))
    for (const value of values) width = Math.max(width, text(value).length);
  return { width, format: (value) => text(Number(value)) };
}

function formatterFor(tensor: Tensor, values: readonly Element[]): Formatter {
  if (DTYPES[tensor.dtype].kind === 'float') return floatFormatter(values.map(Number));
  const text = (value: Element): string =>
    tensor.dtype === 'bool' ? (Number(value) === 0 ? 'False' : 'True') : String(value);
  return { width: Math.max(1, ...values.map((value) => text(value).length)), format: text };
}

/** Elements of each axis that are printed; null stands for the dots of a summary. */
const shownIndices = (size: number, isSummary: boolean): (number | null)[] => {
  const all = Array.from({ length: size }, (_, index) => index);
  return isSummary && size > 2 * EDGE ? [...all.slice(0, EDGE), null, ...all.slice(-EDGE)] : all;
};

/** The tensor's text: `tensor([1., 2.], requires_grad=True)`; a custom type by its name, and `Parameter(...)` round it if it is one. */
export function tensorRepr(tensor: Tensor, isParameter = Boolean(Reflect.get(tensor, 'isParam'))): string {
  const prototype = Object.getPrototypeOf(tensor) as object;
  const name = tensor.constructor.name;
  if (prototype === Tensor.prototype || name === 'Parameter') return textOf(tensor, 'tensor(');
  const text = textOf(tensor, `${name}(`);
  return isParameter ? `Parameter(${text})` : text;
}
printTensorsBy(tensorRepr);

function textOf(tensor: Tensor, prefix: string): string {
  const { shape, dtype } = tensor;
  const suffixes = suffixesOf(tensor);
  if (tensor.device === 'meta' || DTYPES[dtype].kind === 'complex' || DTYPES[dtype].kind === 'opaque')
    return withSuffixes(prefix, '...', [
      `device='${tensor.device}'`,
      `size=(${tupleText(shape)})`,
      ...suffixes,
    ]);
  if (tensor.numel() === 0)
    return withSuffixes(prefix, '[]', [
      ...(shape.length === 1 ? [] : [`size=(${tupleText(shape)})`]),
      ...suffixes,
    ]);
  const bytes = denseBytes(tensor);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = DTYPES[dtype].bytes;
  const at = (place: number): Element => readElement(view, place * size, dtype);
  const isSummary = tensor.numel() > THRESHOLD;
  const places: number[] = [];
  collect(shape, isSummary, 0, 0, places);
  const formatter = formatterFor(tensor, places.map(at));
  return withSuffixes(
    prefix,
    body(shape, isSummary, 0, 0, prefix.length, (place) => cell(formatter, at(place)), formatter.width),
    suffixes,
  );
}

const cell = (formatter: Formatter, value: Element): string =>
  formatter.format(value).padStart(formatter.width);
const tupleText = (shape: readonly number[]): string =>
  shape.length === 1 ? `${shape[0] ?? 0},` : shape.join(', ');

function suffixesOf({ dtype, gradFn, requiresGrad, device }: Tensor): string[] {
  const isDefault = dtype === getDefaultDType() || dtype === 'int64' || dtype === 'bool';
  return [
    ...(device === 'gpu' ? ["device='cuda:0'"] : []),
    ...(isDefault ? [] : [`dtype=torch.${dtype}`]),
    ...(gradFn ? [`grad_fn=<${gradFn.name}>`] : requiresGrad ? ['requires_grad=True'] : []),
  ];
}

function collect(
  shape: readonly number[],
  isSummary: boolean,
  axis: number,
  start: number,
  places: number[],
): void {
  const size = shape[axis];
  if (size === undefined) return void places.push(start);
  for (const index of shownIndices(size, isSummary))
    if (index !== null) collect(shape, isSummary, axis + 1, start + index * inner(shape, axis), places);
}

const inner = (shape: readonly number[], axis: number): number =>
  shape.slice(axis + 1).reduce((product, size) => product * size, 1);

function body(
  shape: readonly number[],
  isSummary: boolean,
  axis: number,
  start: number,
  indent: number,
  show: (place: number) => string,
  width: number,
): string {
  if (axis === shape.length) return show(start);
  const indices = shownIndices(shape[axis] ?? 0, isSummary);
  const step = inner(shape, axis);
  if (axis === shape.length - 1) {
    const cells = indices.map((index) => (index === null ? ' ...' : show(start + index)));
    const perLine = Math.max(1, Math.floor((LINE - indent) / (width + 2)));
    const lines: string[] = [];
    for (let at = 0; at < cells.length; at += perLine) lines.push(cells.slice(at, at + perLine).join(', '));
    return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
  }
  const rows = indices.map((index) =>
    index === null ? '...' : body(shape, isSummary, axis + 1, start + index * step, indent + 1, show, width),
  );
  const gap = `,${'\n'.repeat(shape.length - axis - 1)}${' '.repeat(indent + 1)}`;
  return `[${rows.join(gap)}]`;
}

/** Adds the suffixes, on a new line where they would pass the line's end. */
function withSuffixes(prefix: string, text: string, suffixes: readonly string[]): string {
  let result = prefix + text;
  // PyTorch counts two columns more than there are.
  let length = result.length - result.lastIndexOf('\n') + 1;
  for (const suffix of suffixes) {
    if (length + suffix.length + 2 > LINE) {
      result += `,\n${' '.repeat(prefix.length)}${suffix}`;
      length = prefix.length + suffix.length;
    } else {
      result += `, ${suffix}`;
      length += suffix.length + 2;
    }
  }
  return `${result})`;
}
