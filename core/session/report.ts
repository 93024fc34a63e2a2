// The report of a model: a row per layer with its output, parameters, work and memory, and what they come to. As Markdown or CSV to take along.
import type { PartialShape } from '../tensor/shape';
import { addWork, NO_PROFILE, type NodeProfile, type StepProfile } from './profile';
import type { ModelInfo, NodeInfo } from './session';
import { MEMORY_PARTS, partsShown, type DeviceNeed } from './training-memory';
import { showSeconds } from '../units';

/** A row; null for what is not known yet. */
export interface LayerReport {
  /** In the flat graph. */
  readonly id: string;
  readonly name: string;
  readonly layer: string;
  readonly outputs: readonly (PartialShape | null)[];
  /** Elements of its own parameters; those tied to another layer's count there. */
  readonly parameters: number | null;
  /** Of one pass forward. */
  readonly flops: number | null;
  /** Bytes of its outputs. */
  readonly activationBytes: number | null;
  /** Measured in a training step; null where none was measured, or nothing runs for it. */
  readonly cost: NodeProfile | null;
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

export const layerReports = (
  { nodes }: Pick<ModelInfo, 'nodes'>,
  profile: StepProfile | null = null,
): readonly LayerReport[] =>
  nodes.map((node) => ({
    id: node.id,
    name: node.name,
    layer: node.layer,
    outputs: node.layer === 'output' ? node.inputs : node.outputs,
    parameters: parameterCount(node),
    flops: node.flops,
    activationBytes: node.activationBytes,
    cost: profile?.nodes[node.id] ?? null,
  }));

const shapeText = (shape: PartialShape | null): string =>
  shape === null ? '?' : shape.length === 0 ? 'scalar' : shape.map((size) => size ?? '?').join('×');
export const outputText = ({ outputs }: Pick<LayerReport, 'outputs'>): string =>
  outputs.map(shapeText).join(', ');

const TITLES = ['layer', 'type', 'output', 'parameters', 'FLOPs', 'activation bytes'] as const;
/** Of a training step of the profile's batch. */
const COST_TITLES = ['forward µs', 'backward µs', 'backward FLOPs', 'memory bytes', 'kept bytes'] as const;

const titlesOf = (profile: StepProfile | null): readonly string[] =>
  profile ? [...TITLES, ...COST_TITLES] : TITLES;

const microseconds = (seconds: number): string => (seconds * 1e6).toFixed(1);

function costCells(cost: NodeProfile): readonly string[] {
  const { forward, backward, kept } = cost;
  return [
    microseconds(forward.seconds),
    microseconds(backward.seconds),
    String(Math.round(backward.flops)),
    String(forward.bytes + backward.bytes),
    String(kept),
  ];
}

const cellsOf = (row: LayerReport, unknown: string, profile: StepProfile | null): readonly string[] => [
  row.name,
  row.layer,
  outputText(row),
  ...[row.parameters, row.flops, row.activationBytes].map((value) =>
    value === null ? unknown : String(value),
  ),
  ...(profile ? costCells(row.cost ?? NO_PROFILE) : []),
];

const sumOf = (rows: readonly LayerReport[]): number | null =>
  rows.reduce<number | null>(
    (sum, { activationBytes }) => (sum === null || activationBytes === null ? null : sum + activationBytes),
    0,
  );

/** All layers together; `kept` included. */
const costOf = (rows: readonly LayerReport[]): NodeProfile =>
  rows.reduce(
    (sum, { cost }) => ({
      ...sum,
      forward: addWork(sum.forward, cost?.forward ?? NO_PROFILE.forward),
      backward: addWork(sum.backward, cost?.backward ?? NO_PROFILE.backward),
      kept: sum.kept + (cost?.kept ?? 0),
    }),
    NO_PROFILE,
  );

/** A table with a line of totals; with a profile what each layer costs in a training step, and what no layer does. */
export function reportMarkdown(info: ModelInfo, profile: StepProfile | null = null): string {
  const rows = layerReports(info, profile);
  const { parameters, flops } = info.totals;
  const costs = profile ? costCells(costOf(rows)) : [];
  const totals = [parameters, flops, sumOf(rows), ...costs].map((value) => `**${value ?? '?'}**`);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(titlesOf(profile)),
    line(titlesOf(profile).map((_, at) => (at < 3 ? '---' : '---:'))),
    ...rows.map((row) => line(cellsOf(row, '?', profile))),
    line(['**total**', '', '', ...totals]),
    '',
    ...(profile ? [stepText(profile), ''] : []),
  ].join('\n');
}

/** "A step of 64 samples on cpu takes 4.13 ms (median of 21): ..." */
export function stepText({ batch, device, seconds, steps, parts }: StepProfile): string {
  const { data, loss, update, other } = parts;
  const rest = Object.entries({ 'taking samples': data, 'loss and metrics': loss, optimizer: update, other })
    .map(([title, value]) => `${title} ${showSeconds(value)}`)
    .join(', ');
  return (
    `A training step of ${batch} samples on ${device} takes ${showSeconds(seconds)} (median of ${steps}); of it no layer's: ${rest}. ` +
    'Where ops of several layers run as one, what is done on the way counts with the layer it is done in; the rest is told by their number of ops.'
  );
}

/** What a run is predicted to hold on each device, part by part, and what the last run held; null where none ran. */
export function memoryMarkdown(needs: readonly DeviceNeed[], measured: number | null): string {
  const columns = needs.flatMap(({ name, need }) => (need ? [{ name, ...need }] : []));
  const batch = columns[0]?.batch ?? 0;
  const line = (what: string, cells: readonly (string | number | null)[]): string =>
    `| ${[what, ...cells.map((cell) => cell ?? '?')].join(' | ')} |`;
  return [
    line(
      `memory of a run, batches of ${batch}`,
      columns.map(({ name }) => `${name.replaceAll('|', '\\|')}, bytes`),
    ),
    line(
      '---',
      columns.map(() => '---:'),
    ),
    ...partsShown(columns).map((part) =>
      line(
        MEMORY_PARTS[part],
        columns.map(({ memory }) => memory[part]),
      ),
    ),
    line(
      '**predicted**',
      columns.map(({ memory }) => memory.total),
    ),
    line(
      'the device may give',
      columns.map(({ limit }) => limit),
    ),
    '',
    ...needs.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`, ''])),
    ...(measured === null ? [] : [`Measured during the last run: ${measured} bytes.`, '']),
  ].join('\n');
}

/** RFC 4180; an unknown number is empty. */
export function reportCsv(info: ModelInfo, profile: StepProfile | null = null): string {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [titlesOf(profile), ...layerReports(info, profile).map((row) => cellsOf(row, '', profile))]
    .map((cells) => `${cells.map(cell).join(',')}\n`)
    .join('');
}
