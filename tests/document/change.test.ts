// Edits as changes: what the window tells the main process gives there the very project the window shows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { applyChange, changeBetween } from '#core/document/change';
import type { GraphEdge, GraphNode, Project } from '#core/document/project';
import { projectChangeSchema, sharedId } from '#core/document/schema';
import { TEMPLATES } from '#core/document/templates';
import { LazuliError } from '#core/errors';
import { applyEdit } from '#core/graph/edits';
import { ModelListener, ModelTeller } from '#core/session/model-change';
import { drain } from '#core/turns';
import type { ModelInfo } from '#core/session/session';

const { project } = TEMPLATES.find(({ name }) => name === 'digits') as { project: Project };

const node = (at: number): GraphNode => ({
  id: `n${at}`,
  name: `relu${at}`,
  layer: 'relu',
  params: {},
  position: { x: at, y: 0 },
});
const edge = (at: number): GraphEdge => ({
  id: `e${at}`,
  from: { node: `n${at}`, port: 'output' },
  to: { node: `n${at + 1}`, port: 'input' },
});
// Items are the same objects wherever they occur, as in a document that is edited.
const NODES = Array.from({ length: 8 }, (_, at) => node(at));
const EDGES = Array.from({ length: 8 }, (_, at) => edge(at));
const NOTES = [{ id: 'k', text: 'why', position: { x: 0, y: 0 }, size: { width: 100, height: 50 } }];

const projects = fc
  .record({
    nodes: fc.subarray(NODES),
    edges: fc.shuffledSubarray(EDGES),
    name: fc.constantFrom('a', 'b'),
    isNoted: fc.boolean(),
    direction: fc.constantFrom('right', undefined),
  })
  .map(({ nodes, edges, name, isNoted, direction }): Project => ({
    ...project,
    name,
    graph: {
      nodes,
      edges,
      ...(isNoted ? { notes: NOTES } : {}),
      ...(direction === 'right' ? { direction } : {}),
    },
  }));

describe('a change of the document', () => {
  it('turns any project into any other, and passes the schema as it is sent', () => {
    fc.assert(
      fc.property(projects, projects, (before, after) => {
        const sent = projectChangeSchema.parse(structuredClone(changeBetween(before, after)));
        expect(applyChange(structuredClone(before), sent)).toEqual(after);
      }),
    );
  });

  it('holds one node for an edit of one node, and nothing for none', () => {
    const { graph } = applyEdit(project.graph, {
      kind: 'rename_node',
      id: project.graph.nodes[2]?.id ?? '',
      name: 'renamed',
    });
    const { nodes, ...rest } = changeBetween(project, { ...project, graph });
    expect(nodes).toMatchObject({ at: 2, removed: 1, added: [{ name: 'renamed' }] });
    expect(rest).toEqual({});
    expect(changeBetween(project, { ...project })).toEqual({});
  });

  it('of another project is refused, and an id that is given twice is found', () => {
    const change = { nodes: { at: 100, removed: 1, added: [] } };
    expect(() => applyChange(project, change)).toThrow(LazuliError);
    const first = project.graph.nodes[0] as GraphNode;
    const doubled = applyChange(project, { nodes: { at: 0, removed: 0, added: [first] } });
    expect(sharedId(doubled.graph)).toMatch(`'${first.id}' is given twice`);
    expect(sharedId(project.graph)).toBeNull();
  });
});

describe('the picture of the model as a change', () => {
  const picture = (names: readonly string[], revision: number): ModelInfo => ({
    revision,
    nodes: names.map((name) => ({
      id: name, name, layer: 'relu', inputs: [], outputs: [], parameters: [], flops: 0, activationBytes: 0,
    })),
    problems: [],
    totals: { parameters: 0, uninitialized: 0, flops: 0, bytes: 0 },
    unreached: [],
  }); // prettier-ignore

  it('is heard as it was told; nodes that say the same keep their identity', () => {
    const [teller, listener] = [new ModelTeller(), new ModelListener()];
    const hear = (model: ModelInfo) =>
      drain(listener.hear(teller.tell(structuredClone(model), listener.version)));
    const first = hear(picture(['a', 'b', 'c'], 1));
    const second = hear(picture(['a', 'x', 'c', 'd'], 2));
    expect(first).toEqual(picture(['a', 'b', 'c'], 1));
    expect(second).toEqual(picture(['a', 'x', 'c', 'd'], 2));
    expect(second.nodes[0]).toBe(first.nodes[0]);
  });

  it('is told whole to a window that missed one', () => {
    const [teller, listener] = [new ModelTeller(), new ModelListener()];
    drain(listener.hear(teller.tell(picture(['a', 'b'], 1), listener.version)));
    teller.tell(picture(['z'], 2), null);
    const change = teller.tell(picture(['a', 'b'], 3), listener.version);
    expect(change).toMatchObject({ since: null, nodes: { at: 0, removed: 0 } });
    expect(drain(listener.hear(change))).toEqual(picture(['a', 'b'], 3));
  });
});
