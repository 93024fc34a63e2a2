// What nodes choose for their tensors, checked against the graph: located problems.
import type { Graph, GraphNode, TensorOptions } from '../document/project';
import type { TensorSpec } from '../layers/declaration';
import { nearest } from '../layers/suggest';
import type { Initializer } from '../nn/initializer';
import { findInitializer, INITIALIZERS } from '../nn/initializers';
import type { Problem } from '../session/session';
import { formatShape, type PartialShape } from '../tensor/shape';
import { nodeTensors } from './cost';
import type { Inference, NodeInference } from './infer';
import { checkParametrization, isTieable, sharedOptions, wordsFor } from './parametrizations';

type Draft = Pick<Problem, 'code' | 'where' | 'node' | 'message' | 'fixes'> &
  Partial<Pick<Problem, 'expected' | 'got'>>;

/** The node and tensor that `tied_to` names; null when no node has that name. */
export function ownerOf(
  graph: Graph,
  key: string,
): { readonly node: GraphNode; readonly name: string } | null {
  // Names inside blocks have dots themselves.
  const node = graph.nodes.find(({ name }) => key.startsWith(`${name}.`));
  return node ? { node, name: key.slice(node.name.length + 1) } : null;
}

/** Whether two shapes agree wherever both are known. */
export const couldBeEqual = (a: PartialShape, b: PartialShape): boolean =>
  a.length === b.length &&
  a.every((size, axis) => size === null || (b[axis] ?? null) === null || size === b[axis]);

/** What a node chooses for one tensor; the parts of a weight share what is chosen for the weight. */
export function choicesFor({ tensors = {} }: GraphNode, { name, partOf }: TensorSpec): TensorOptions {
  const own = tensors[name] ?? {};
  if (!partOf) return own;
  const { initializer, tied_to: _tie, ...shared } = sharedOptions(tensors[partOf.tensor] ?? {});
  // The other parts follow from the main one.
  const start = partOf.role === 'main' && initializer ? { initializer } : {};
  return { ...shared, ...start, ...own };
}

/** Everything wrong with the choices of one node. */
export function checkTensors(inference: Inference, inferred: NodeInference): Draft[] {
  const { node } = inferred;
  const specs = nodeTensors(inferred);
  if (specs.length === 0 && inferred.params === null) return [];
  const about = { code: 'parameter_invalid', where: `node '${node.name}'`, node: node.id };
  return Object.entries(node.tensors ?? {}).flatMap(([name, options]) => {
    const spec =
      specs.find((each) => each.name === name) ??
      specs.find(({ partOf }) => partOf?.tensor === name && partOf.role === 'main');
    const found =
      spec && isTieable(spec)
        ? checkChoices(inference, node, spec, name, options)
        : [noParameter(node, name, specs)];
    return found.flatMap((each) => (each === null ? [] : [{ ...about, ...each }]));
  });
}

function noParameter(node: GraphNode, name: string, specs: readonly TensorSpec[]): Fault {
  const names = specs
    .filter(({ kind }) => kind === 'parameter')
    .map((each) => each.partOf?.tensor ?? each.name);
  return {
    message: `'${node.name}' chooses options for its '${name}', which is no parameter of it.`,
    expected: names.length > 0 ? [...new Set(names)].join(', ') : 'no options',
    got: name,
    fixes: [`Take the options of '${name}' away.`],
  };
}

/** `name` is the tensor's, or that of the weight whose main part the spec is. */
function checkChoices(
  inference: Inference,
  node: GraphNode,
  spec: TensorSpec,
  name: string,
  options: TensorOptions,
): readonly (Fault | null)[] {
  const key = `${node.name}.${name}`;
  const { tied_to } = options;
  const { partOf } = spec;
  return [
    checkInitializer(options, spec, key),
    partOf?.tensor === name ? null : checkParametrization(options, spec, key),
    tied_to === undefined
      ? null
      : spec.name === name
        ? checkTie(inference, node, spec, tied_to)
        : {
            message: `${key} is tied to ${tied_to} and has ${wordsFor(options)}, which makes it other parameters.`,
            got: tied_to,
            fixes: [`Take the tie of ${key} away.`, `Take its ${wordsFor(options, '')} away.`],
          },
  ];
}

type Fault = Pick<Draft, 'message' | 'fixes'> & Partial<Draft>;

/** What is wrong with the chosen initializer for a tensor of this shape; null when nothing is. */
export function checkInitializer(
  { initializer }: TensorOptions,
  spec: TensorSpec,
  key: string,
): Fault | null {
  if (initializer === undefined) return null;
  const row = findInitializer(initializer.kind);
  const kinds = INITIALIZERS.map(({ kind }) => kind);
  if (!row) {
    const meant = nearest(initializer.kind, kinds);
    return {
      message: `${key}: there is no initializer '${initializer.kind}'.`,
      expected: `one of ${kinds.join(', ')}`,
      got: initializer.kind,
      fixes: meant === null ? [] : [`Did you mean ${meant}?`],
    };
  }
  if (spec.shape.length < row.leastRank)
    return {
      message: `${key}: ${row.kind} needs a tensor of at least ${row.leastRank} axes, and this one has ${formatShape(spec.shape)}.`,
      expected: `${row.leastRank} axes`,
      got: formatShape(spec.shape),
      fixes: ['Choose zeros, constant, uniform or normal.'],
    };
  const wrong = Object.keys(row.numbers).find(
    (name) => initializer[name] !== undefined && !Number.isFinite(initializer[name]),
  );
  if (wrong !== undefined)
    return {
      message: `${key}: ${wrong} of ${row.kind} is no number.`,
      expected: 'a number',
      got: JSON.stringify(initializer[wrong]),
      fixes: [`Leave ${wrong} out: it is then ${row.numbers[wrong]}.`],
    };
  const range = rangeFault(row.make(numbersOf(initializer)));
  return range === null ? null : { message: `${key}: ${range}.`, fixes: [] };
}

/** Numbers with which the fill would be refused. */
function rangeFault(initializer: Initializer): string | null {
  switch (initializer.kind) {
    case 'uniform':
      return initializer.from <= initializer.to ? null : 'uniform needs from at most to';
    case 'normal':
      return initializer.std >= 0 ? null : 'normal needs a std of at least 0';
    case 'trunc_normal':
      return initializer.a < initializer.b && initializer.std > 0
        ? null
        : 'trunc_normal needs a below b and a std above 0';
    default:
      return null;
  }
}

function checkTie(inference: Inference, node: GraphNode, spec: TensorSpec, to: string): Fault | null {
  const key = `${node.name}.${spec.name}`;
  const fixes = [`Take the tie of ${key} away.`];
  const owner = ownerOf(inference.graph, to);
  const source = owner ? inference.nodes.get(owner.node.id) : undefined;
  const other = source && nodeTensors(source).find(({ name }) => name === owner?.name);
  if (!owner || !other || !isTieable(other) || other.kind !== spec.kind)
    return { message: `${key} is tied to '${to}', which is no parameter of the graph.`, got: to, fixes };
  if (to === key) return { message: `${key} is tied to itself.`, got: to, fixes };
  const further = owner.node.tensors?.[owner.name]?.tied_to;
  if (further !== undefined)
    return {
      message: `${key} is tied to ${to}, which is tied itself.`,
      got: to,
      fixes: [`Tie it to ${further}.`, ...fixes],
    };
  if (couldBeEqual(spec.shape, other.shape)) return null;
  const [expected, got] = [formatShape(spec.shape), formatShape(other.shape)];
  return {
    code: 'shape_mismatch',
    message: `${key} is tied to ${to}, but it has the shape ${expected} and ${to} has ${got}.`,
    expected,
    got,
    fixes,
  };
}

/** The numbers of a choice, its kind left out. */
export const numbersOf = ({
  kind: _,
  ...rest
}: NonNullable<TensorOptions['initializer']>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
