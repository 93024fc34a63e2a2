// Repairs that set a number: of the layer itself, so that it divides or fits, or of a layer above, so that what arrives is what is wanted.
import type { Graph, GraphNode } from '../document/project';
import { findLayer } from '../layers';
import type { Problem } from '../session/session';
import { edgesInto } from './order';
import type { EditRepair } from './repairs';

/** How many layers above are looked at, and how many of them offered. */
const LOOKED_AT = 40;
const OFFERED = 4;

export function sizeRepairs(graph: Graph, node: GraphNode, problem: Problem): readonly EditRepair[] {
  switch (problem.code) {
    case 'parameter_invalid':
      return dividing(node, problem);
    case 'shape_mismatch':
      return [...dividing(node, problem), ...upstream(graph, node, problem), ...fittingKernel(node, problem)];
    default:
      return [];
  }
}

const numbersIn = (text = ''): readonly number[] => (text.match(/\d+/g) ?? []).map(Number);

const set = ({ id, name }: GraphNode, param: string, value: unknown): EditRepair => ({
  label: `Set ${param} of '${name}' to ${Array.isArray(value) ? value.join('×') : String(value)}`,
  edit: { kind: 'set_param', id, param, value },
});

/** Its params that are whole numbers or lists of them, blank ones left out, with the values they have. */
function integersOf({ layer, params }: GraphNode): readonly (readonly [param: string, value: unknown])[] {
  return Object.entries(findLayer(layer)?.params ?? {}).flatMap(([param, spec]) => {
    if (spec.widget !== 'integer' && spec.widget !== 'integers') return [];
    try {
      const value = Object.hasOwn(params, param) ? spec.parse(params[param]) : spec.initial;
      return value === null ? [] : [[param, value] as const];
    } catch {
      return [];
    }
  });
}

/** `a multiple of 4`: the nearest above and below; `a divisor of 6`: the nearest ones. */
function dividing(node: GraphNode, { message, expected = '', got }: Problem): readonly EditRepair[] {
  const [, kind, number] = /^a (multiple|divisor) of (\d+)/.exec(expected) ?? [];
  const [whole, value] = [Number(number), Number(numbersIn(got)[0])];
  if (kind === undefined || !(whole > 0) || !(value > 0)) return [];
  const down = Math.floor(value / whole) * whole;
  const fitting =
    kind === 'multiple'
      ? [down + whole, ...(down > 0 ? [down] : [])]
      : Array.from({ length: Math.min(whole, 4096) }, (_, at) => at + 1)
          .filter((each) => whole % each === 0)
          .toSorted((a, b) => Math.abs(a - value) - Math.abs(b - value))
          .slice(0, 2);
  return integersOf(node)
    .filter(([param, now]) => now === value && message.includes(param))
    .flatMap(([param]) => fitting.map((each) => set(node, param, each)));
}

/** The kernel cut to the picture it gets. */
function fittingKernel(node: GraphNode, { expected, got }: Problem): readonly EditRepair[] {
  if (expected !== 'an input at least as large as the kernel') return [];
  const sizes = numbersIn(got);
  return integersOf(node)
    .filter(([param]) => param === 'kernel_size')
    .map(([param, now]) => {
      const kernel = Array.isArray(now) ? now.map(Number) : sizes.map(() => Number(now));
      const cut = kernel.map((size, at) => Math.min(size, sizes[at] ?? size));
      return set(node, param, cut.every((size) => size === cut[0]) ? cut[0] : cut);
    });
}

/** Numbers of what was wanted in the place of those that came, in the nearest layers above that have them as a size. */
function upstream(graph: Graph, node: GraphNode, { expected, got }: Problem): readonly EditRepair[] {
  const pairs = differences(numbersIn(expected), numbersIn(got));
  const found: EditRepair[] = [];
  for (const above of nodesAbove(graph, node))
    for (const [wanted, came] of pairs)
      for (const [param, now] of integersOf(above))
        if (now === came && found.length < OFFERED) found.push(set(above, param, wanted));
  return found;
}

/** What is wanted and what came, number by number; of two branches that meet either may change. */
function differences(
  expected: readonly number[],
  got: readonly number[],
): readonly (readonly [number, number])[] {
  if (expected.length !== got.length) {
    const [wanted] = expected;
    return wanted === undefined ? [] : got.slice(0, 4).map((came) => [wanted, came] as const);
  }
  const pairs = got.flatMap((came, at) => {
    const wanted = expected[at];
    return wanted === undefined || wanted === came ? [] : [[wanted, came] as const];
  });
  return got.length > 1 ? [...pairs, ...pairs.map(([a, b]) => [b, a] as const)] : pairs;
}

/** The nodes that lead to this one, nearest first. */
function nodesAbove(graph: Graph, node: GraphNode): readonly GraphNode[] {
  const byId = new Map(graph.nodes.map((each) => [each.id, each]));
  const seen = new Set([node.id]);
  const open = [node.id];
  const found: GraphNode[] = [];
  for (let id = open.shift(); id !== undefined && found.length < LOOKED_AT; id = open.shift())
    for (const { from } of edgesInto(graph, id)) {
      const above = byId.get(from.node);
      if (!above || seen.has(above.id)) continue;
      seen.add(above.id);
      open.push(above.id);
      found.push(above);
    }
  return found;
}
