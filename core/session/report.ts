// The report of a model: a row per layer with its output, parameters, work and memory, and what they come to. As Markdown or CSV to take along.
import type { PartialShape } from '../tensor/shape';
import type { ModelInfo, NodeInfo } from './session';

/** A row; null for what is not known yet. */
export interface LayerReport {
  readonly name: string;
  readonly layer: string;
  readonly outputs: readonly (PartialShape | null)[];
  /** Elements of its own parameters; those tied to another layer's count there. */
  readonly parameters: number | null;
  /** Of one pass forward. */
  readonly flops: number | null;
  /** Bytes of its outputs. */
  readonly activationBytes: number | null;
}

/** Elements of a node's own parameters; null while a size of one is unknown. */
export function parameterCount({ parameters }: NodeInfo): number | null {
  let sum = 0;
  for (const { kind, tied_to, shape } of parameters) {
    if (!kind.endsWith('parameter') || tied_to !== undefined) continue;
    for (const size of shape) if (size === null) return null;
    sum += shape.reduce<number>((product, size) => product * (size ?? 0), 1);
  }
  return sum;
}

export const layerReports = ({ nodes }: Pick<ModelInfo, 'nodes'>): readonly LayerReport[] =>
  nodes.map((node) => ({
    name: node.name,
    layer: node.layer,
    outputs: node.layer === 'output' ? node.inputs : node.outputs,
    parameters: parameterCount(node),
    flops: node.flops,
    activationBytes: node.activationBytes,
  }));

const shapeText = (shape: PartialShape | null): string =>
  shape === null ? '?' : shape.length === 0 ? 'scalar' : shape.map((size) => size ?? '?').join('×');
export const outputText = ({ outputs }: Pick<LayerReport, 'outputs'>): string =>
  outputs.map(shapeText).join(', ');

const TITLES = ['layer', 'type', 'output', 'parameters', 'FLOPs', 'activation bytes'] as const;

const cellsOf = (row: LayerReport, unknown: string): readonly string[] => [
  row.name,
  row.layer,
  outputText(row),
  ...[row.parameters, row.flops, row.activationBytes].map((value) =>
    value === null ? unknown : String(value),
  ),
];

const sumOf = (rows: readonly LayerReport[]): number | null =>
  rows.reduce<number | null>(
    (sum, { activationBytes }) => (sum === null || activationBytes === null ? null : sum + activationBytes),
    0,
  );

/** A table with a line of totals. */
export function reportMarkdown(info: ModelInfo): string {
  const rows = layerReports(info);
  const { parameters, flops } = info.totals;
  const totals = [parameters, flops, sumOf(rows)].map((value) => `**${value ?? '?'}**`);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(TITLES),
    line(['---', '---', '---', '---:', '---:', '---:']),
    ...rows.map((row) => line(cellsOf(row, '?'))),
    line(['**total**', '', '', ...totals]),
    '',
  ].join('\n');
}

/** RFC 4180; an unknown number is empty. */
export function reportCsv(info: ModelInfo): string {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [TITLES, ...layerReports(info).map((row) => cellsOf(row, ''))]
    .map((cells) => `${cells.map(cell).join(',')}\n`)
    .join('');
}
