// What the verbs over a project share: opening it with data and settings from flags, sample shapes, and summaries.
import type { DataSource, Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseRename, renamer, type RenameRule } from '#core/nn/rename';
import { parameterCount } from '#core/session/report';
import type { ModelInfo, ParameterInfo, WeightOptions, WeightVerdict } from '#core/session/session';
import type { Shape } from '#core/tensor/shape';
import type { SaveOptions } from '#engine/convert';
import { ModelSession, readProjectFile } from '#engine/index';

import { dataFromFlags } from './data';
import { bytes, clean, count, table, type Paint } from './text';
import type { OptionSpec, Options, VerbCall } from './verb';

export const SAMPLE_OPTIONS: readonly OptionSpec[] = [
  {
    flag: 'sample',
    value: '[input=]file',
    help: 'a data file; its first samples are the batch (default: the project’s data); of several inputs input=file for each',
    isRepeatable: true,
  },
  {
    flag: 'shape',
    value: 'x=64x1x8x8',
    help: 'a batch of this shape instead; without a name where there is one input',
    isRepeatable: true,
  },
];

/** How the keys of a weights file become the model's. */
export const RENAME_OPTIONS: readonly OptionSpec[] = [
  {
    flag: 'strip-prefix',
    value: 'text',
    help: 'take this off the keys of the weights that start with it, as in module.',
    isRepeatable: true,
  },
  {
    flag: 'rename',
    value: 'rule',
    help: 'rewrite keys of the weights, as in ^backbone\\.=>encoder. (a regular expression; after --strip-prefix)',
    isRepeatable: true,
  },
];

export const WEIGHT_OPTIONS: readonly OptionSpec[] = [
  ...RENAME_OPTIONS,
  { flag: 'partial', help: 'load what fits; missing and unexpected keys are left alone' },
];

export const SAVE_OPTION: OptionSpec = {
  flag: 'initialized-only',
  help: 'leave uninitialized entries out of the written file (torch.load refuses a .pt that has some)',
};

export const saveOptions = (options: Options): SaveOptions => ({
  uninitialized: options.isSet('initialized-only') ? 'skip' : 'keep',
});

/** How a weights file is taken. Throws `usage` for a rule that cannot be used. */
export function weightOptions(options: Options): WeightOptions {
  const strips = options.all('strip-prefix').map((prefix): RenameRule => ({ kind: 'strip', prefix }));
  const rules = [...strips, ...options.all('rename').map(parseRename)];
  renamer(rules);
  return { rules, partial: options.isSet('partial') };
}

export interface OpenedModel {
  readonly session: ModelSession;
  readonly project: Project;
  /** The data named by `--data` or `--sample`, or null for the project's own. */
  readonly source: DataSource | null;
}

/** Opens a project, passes its session to `body` and frees everything afterwards. */
export async function withModel<T>(
  { args, options }: VerbCall,
  change: (project: Project) => Project,
  body: (model: OpenedModel) => Promise<T>,
): Promise<T> {
  const read = await readProjectFile(args.required(0));
  const { folder } = read;
  const source = await dataFromFlags(read, options, options.isSet('sample') ? 'sample' : 'data');
  const project = change(read.project);
  const session = await ModelSession.open(project, { folder });
  try {
    return await body({ session, project, source });
  } finally {
    await session.dispose();
  }
}

/** `--shape x=64x1x8x8` for each input, or `--shape 64x1x8x8` for the only one; null without the flag. */
export function shapesFrom(
  options: Options,
  inputNames: readonly string[],
): Readonly<Record<string, Shape>> | null {
  const given = options.all('shape');
  if (given.length === 0) return null;
  const shapes: Record<string, Shape> = {};
  for (const text of given) {
    const [, name, sizes = ''] = /^(?:([^=]*)=)?(.*)$/.exec(text) ?? [];
    const input = name ?? (inputNames.length === 1 ? inputNames[0] : undefined);
    if (input === undefined || !inputNames.includes(input))
      throw new LazuliError(
        'usage',
        name === undefined ? 'which input has this shape?' : `there is no input '${name}'`,
        {
          where: `--shape ${text}`,
          expected: inputNames.map((each) => `${each}=...`).join(', ') || 'a graph with an input node',
          got: text,
        },
      );
    if (!/^\d+([x×,]\d+)*$/.test(sizes))
      throw new LazuliError('usage', `--shape: '${sizes}' is not a shape`, {
        where: '--shape',
        expected: 'sizes joined by x, as in 64x1x8x8',
        got: sizes,
      });
    shapes[input] = sizes.split(/[x×,]/).map(Number);
  }
  const missing = inputNames.filter((name) => !Object.hasOwn(shapes, name));
  if (missing.length > 0)
    throw new LazuliError(
      'usage',
      `no shape is given for the input ${missing.map((name) => `'${name}'`).join(', ')}`,
      { where: '--shape', expected: missing.map((name) => `--shape ${name}=...`).join(' ') },
    );
  return shapes;
}

export const inputNamesOf = ({ graph }: Project): readonly string[] =>
  graph.nodes.filter(({ layer }) => layer === 'input').map(({ name }) => name);

const parameterDocument = (parameter: ParameterInfo) => ({
  name: parameter.key,
  kind: parameter.kind,
  state: parameter.state,
  dtype: parameter.dtype,
  shape: parameter.shape,
  waits_for: parameter.waitsFor,
  provenance: parameter.provenance,
  ...(parameter.frozen === undefined ? {} : { frozen: parameter.frozen }),
  ...(parameter.tied_to === undefined ? {} : { tied_to: parameter.tied_to }),
  ...(parameter.initializer === undefined ? {} : { initializer: parameter.initializer }),
  ...(parameter.part_of === undefined ? {} : { part_of: parameter.part_of }),
});

/** The summary as CLI.md fixes it. */
export const summaryDocument = (info: ModelInfo, weights?: readonly WeightVerdict[]) => ({
  nodes: info.nodes.map((node) => ({
    id: node.id,
    name: node.name,
    layer: node.layer,
    inputs: node.inputs,
    outputs: node.outputs,
    parameters: node.parameters.map(parameterDocument),
    flops: node.flops,
    activation_bytes: node.activationBytes,
  })),
  totals: info.totals,
  problems: info.problems,
  ...(weights ? { weights } : {}),
});

export const shapeText = (shape: readonly (number | null)[] | null): string =>
  shape === null ? '?' : shape.length === 0 ? 'scalar' : shape.map((size) => size ?? '?').join('×');

/** What was chosen for a tensor: ", frozen, tied to emb.weight". */
const choicesText = ({ frozen, tied_to, initializer }: ParameterInfo): string =>
  [
    ...(frozen === true ? ['frozen'] : []),
    ...(tied_to === undefined ? [] : [`tied to ${tied_to}`]),
    ...(initializer === undefined ? [] : [`starts as ${initializer}`]),
  ]
    .map((text) => `, ${text}`)
    .join('');

const MARKS = { uninitialized: '○', materialized: '●', loaded: '●', trained: '●' } as const;

/** Nodes with shapes and parameters, totals, problems, and what a weights file would do. */
export function summaryText(info: ModelInfo, paint: Paint, weights?: readonly WeightVerdict[]): string {
  const rows = info.nodes.flatMap((node) => {
    const own = node.parameters.map((parameter) => {
      const { name, shape, state, waitsFor } = parameter;
      const waits = waitsFor === null ? '' : `, waits for ${waitsFor}`;
      return `${MARKS[state]} ${name} ${shapeText(shape)} ${state}${waits}${choicesText(parameter)}`;
    });
    const outputs = node.layer === 'output' ? node.inputs : node.outputs;
    const size = parameterCount(node);
    const total = size === 0 ? '' : count(size);
    const [first = '', ...rest] = own;
    const flops = node.flops === null || node.flops === 0 ? '' : count(node.flops);
    return [
      [node.name, node.layer, outputs.map(shapeText).join(', '), total, flops, first],
      ...rest.map((text) => ['', '', '', '', '', text]),
    ];
  });
  const columns = [
    { title: 'node' },
    { title: 'layer' },
    { title: 'output' },
    { title: 'parameters', align: 'right' as const },
    { title: 'FLOPs', align: 'right' as const },
    { title: 'tensors' },
  ];
  const { totals, problems } = info;
  const verdicts = (weights ?? []).map(({ key, verdict, expected, got, from }) => [
    from === undefined ? key : `${key} (${from})`,
    verdict,
    shapeText(expected),
    shapeText(got),
  ]);
  return [
    table(columns, rows, paint),
    '',
    `parameters ${count(totals.parameters)}, uninitialized ${count(totals.uninitialized)}, FLOPs ${count(totals.flops)}, size ${bytes(totals.bytes)}`,
    ...(verdicts.length > 0
      ? [
          '',
          table(
            [{ title: 'weight' }, { title: 'verdict' }, { title: 'expected' }, { title: 'got' }],
            verdicts,
            paint,
          ),
        ]
      : []),
    ...problems.map(({ severity, message, fixes }) => {
      const head = paint(severity === 'error' ? 'red' : 'yellow', `${severity}:`);
      return [`\n${head} ${clean(message)}`, ...fixes.map((fix) => `  - ${clean(fix)}`)].join('\n');
    }),
  ].join('\n');
}
