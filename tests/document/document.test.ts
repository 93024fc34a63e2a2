// Project files: parse and serialize are inverse, line-diffable, keep what they do not know, and refuse what breaks the schema.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { filesOf } from '#core/document/data-files';
import { CURRENT_VERSION, migrate, MIGRATIONS, versionAfter } from '#core/document/migrations';
import { parseProject } from '#core/document/parse';
import { serializeProject } from '#core/document/serialize';
import { findTemplate, TEMPLATES } from '#core/document/templates';
import { diagnose, isRunnable } from '#core/graph/diagnose';
import { flattenGraph } from '#core/graph/flatten';
import { inferGraph } from '#core/graph/infer';
import { LazuliError } from '#core/errors';

const digits = findTemplate('digits')?.project;
if (!digits) throw new Error('the template digits is gone');
const text = serializeProject(digits);
const edited = (change: (document: Record<string, unknown>) => void): string => {
  const document = JSON.parse(text) as Record<string, unknown>;
  change(document);
  return JSON.stringify(document);
};
const refusal = (source: string): LazuliError => {
  try {
    parseProject(source, 'p.lazuli');
  } catch (error) {
    if (error instanceof LazuliError) return error;
    throw error;
  }
  throw new Error('accepted');
};

test.each(TEMPLATES.map((template) => [template.name, template.project] as const))(
  'the template %s survives writing and reading, and its graph can run',
  (name, project) => {
    expect(parseProject(serializeProject(project))).toEqual(project);
    if (name !== 'blank') expect(isRunnable(diagnose(inferGraph(flattenGraph(project.graph))))).toBe(true);
  },
);

test.each(['digits', 'iris', 'fashion-mnist', 'pairs'])(
  'examples/%s is the template, written out',
  (name) => {
    const written = readFileSync(new URL(`../../examples/${name}/${name}.lazuli`, import.meta.url), 'utf8');
    const template = findTemplate(name);
    expect(template && serializeProject(template.project)).toBe(written);
  },
);

test('one node and one edge per line, so that a moved node changes one line', () => {
  const [first, ...rest] = digits.graph.nodes;
  if (!first) throw new Error('no node');
  const moved = {
    ...digits,
    graph: { ...digits.graph, nodes: [{ ...first, position: { x: 7, y: 7 } }, ...rest] },
  };
  const before = text.split('\n');
  const after = serializeProject(moved).split('\n');
  expect(after.length).toBe(before.length);
  expect(after.filter((line, at) => line !== before[at])).toEqual([expect.stringContaining('"input"')]);
});

test('the order of params does not depend on the order they were set in', () => {
  const withParams = (params: Record<string, unknown>): string => {
    const nodes = digits.graph.nodes.map((node) => (node.name === 'conv1' ? { ...node, params } : node));
    return serializeProject({ ...digits, graph: { ...digits.graph, nodes } });
  };
  expect(withParams({ a: 1, b: 2 })).toBe(withParams({ b: 2, a: 1 }));
});

test('fields of a later minor version are kept, at every level', () => {
  const source = edited((document) => {
    document['author'] = 'someone';
    Object.assign(document['training'] as object, { warmup: 5 });
    Object.assign((document['graph'] as { nodes: object[] }).nodes[0] ?? {}, { color: 'red' });
  });
  const written = JSON.parse(serializeProject(parseProject(source))) as Record<string, unknown>;
  expect(written['author']).toBe('someone');
  expect(written['training']).toMatchObject({ warmup: 5 });
  expect((written['graph'] as { nodes: object[] }).nodes[0]).toMatchObject({ color: 'red' });
});

test.each([
  [
    'a newer version',
    (d: Record<string, unknown>) => (d['version'] = CURRENT_VERSION + 1),
    'newer Lazuli',
    'version',
  ],
  ['no version', (d: Record<string, unknown>) => delete d['version'], 'which version', 'version'],
  ['another format', (d: Record<string, unknown>) => (d['format'] = 'other'), 'not a Lazuli project', ''],
  ['a missing part', (d: Record<string, unknown>) => delete d['training'], 'training', 'training'],
  ['a wrong type', (d: Record<string, unknown>) => (d['name'] = 5), 'name', 'name'],
  [
    'a wrong number',
    (d: Record<string, unknown>) => Object.assign(d['training'] as object, { epochs: 0 }),
    'epochs',
    'training.epochs',
  ],
  [
    'a scale of 0',
    (d: Record<string, unknown>) =>
      Object.assign(d['data'] as object, { normalization: { kind: 'scale', offset: 0, scale: 0 } }),
    'divides by zero',
    'data.normalization.scale',
  ],
  [
    'an id given twice',
    (d: Record<string, unknown>) =>
      Object.assign((d['graph'] as { nodes: object[] }).nodes[1] ?? {}, { id: 'n1' }),
    "'n1' is given twice",
    'graph.nodes[1].id',
  ],
])('%s is refused with its place', (_title, change, message, where) => {
  const error = refusal(edited(change));
  expect(error.code).toBe('project_invalid');
  expect(error.message).toContain(message);
  expect(error.details.where).toContain(where);
  expect(JSON.stringify(error.toData())).not.toContain('undefined');
});

test('migrations are numbered without gaps and named once', () => {
  expect(MIGRATIONS.map(({ to }) => to)).toEqual(MIGRATIONS.map((_, at) => at + 2));
  expect(new Set(MIGRATIONS.map(({ name }) => name)).size).toBe(MIGRATIONS.length);
});

test('every step from an older version is applied, in order', () => {
  const steps = [
    { to: 2, name: 'first', up: (d: object) => ({ ...d, trail: ['first'] }) },
    {
      to: 3,
      name: 'second',
      up: (d: object) => ({ ...d, trail: [...(Reflect.get(d, 'trail') as string[]), 'second'] }),
    },
  ];
  expect(versionAfter(steps)).toBe(3);
  expect(migrate({ version: 1 }, 'x', steps)).toEqual({ version: 3, trail: ['first', 'second'] });
  expect(migrate({ version: 2, trail: [] }, 'x', steps)).toEqual({ version: 3, trail: ['second'] });
  expect(migrate({ version: 3 }, 'x', steps)).toEqual({ version: 3 });
});

test.each([1, 2])('a file of version %i opens as it was', (version) => {
  const old = text.replace(/"version": \d+/, `"version": ${version}`);
  expect(serializeProject(parseProject(old))).toBe(text);
});

test('a source of a slot is one output, input or target', () => {
  const { loss } = digits.training;
  const withSlots = (slots: object): string =>
    serializeProject({
      ...digits,
      training: { ...digits.training, loss: { ...loss, slots: slots as never } },
    });
  expect(parseProject(withSlots({ input: { output: 'n1' } })).training.loss.slots).toEqual({
    input: { output: 'n1' },
  });
  expect(refusal(withSlots({ input: { output: 'n1', target: 'x' } })).message).toContain(
    'training.loss.slots.input',
  );
});

test('every file that data names is known: a window may name only those it was given', () => {
  const source = {
    file: 'a.npy',
    targetFile: 'b.npy',
    feeds: { x: { file: 'c.npy' }, y: {} },
    targets: { z: { kind: 'class', file: 'd.npy' } },
    format: 'npy',
    targetKind: 'class',
    normalization: { kind: 'none' },
  } as const;
  expect(filesOf(source)).toEqual(['a.npy', 'b.npy', 'c.npy', 'd.npy']);
});

test('einsum’s two inputs of version 4 become the first and the second of its one port, also inside blocks', () => {
  const to = (port: string) => ({ node: 'e', port });
  const from = { node: 'x', port: 'output' };
  const edges = [
    { id: 'b', from, to: to('other') },
    { id: 'c', from, to: { node: 'f', port: 'other' } },
    { id: 'a', from, to: to('input') },
  ];
  const moved = [
    { id: 'a', from, to: to('inputs') },
    { id: 'c', from, to: { node: 'f', port: 'other' } },
    { id: 'b', from, to: to('inputs') },
  ];
  const nodes = [
    { id: 'e', layer: 'einsum' },
    { id: 'f', layer: 'matmul' },
  ];
  const project = (list: object[]) => ({
    graph: { nodes, edges: list, blocks: [{ id: 'k', graph: { nodes, edges: list } }] },
  });
  expect(migrate({ ...project(edges), version: 4 } as never, 'x')).toEqual({
    ...project(moved),
    version: CURRENT_VERSION,
  });
});
