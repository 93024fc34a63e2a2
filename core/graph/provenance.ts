// Where a size comes from, found by asking: an axis of an output depends on those input axes whose loss makes it unknown.
import type { EdgeShape } from '../layers/declaration';
import type { PartialShape } from '../tensor/shape';
import type { Inference, NodeInference, NodeInput } from './infer';
import { isInputLayer } from './resolve';

/** Where nodes are looked up: an inference, or what stands in for one. */
interface Known {
  readonly nodes: Pick<Inference['nodes'], 'get'>;
}

/** One axis of one input of a node. */
export interface AxisRef {
  readonly input: number;
  readonly axis: number;
}

const without = (shapes: readonly EdgeShape[], { input, axis }: AxisRef): EdgeShape[] =>
  shapes.map((shape, at) =>
    at === input && shape ? shape.map((size, on) => (on === axis ? null : size)) : shape,
  );

const axesOf = (inputs: readonly NodeInput[]): AxisRef[] =>
  inputs.flatMap(({ shape }, input) => (shape ?? []).map((_, axis) => ({ input, axis })));

/** The input axes that decide axis `axis` of output `output`; none when the node's params alone do. */
export function dependencies(node: NodeInference, output: number, axis: number): AxisRef[] {
  const { declaration, effective, inputs } = node;
  if (!declaration || !effective) return [];
  const shapes = inputs.map((input) => input.shape);
  return axesOf(inputs).filter((ref) => {
    const result = declaration.infer(effective, without(shapes, ref));
    return 'outputs' in result && (result.outputs[output]?.[axis] ?? null) === null;
  });
}

/** The input axes that decide a blank param (`in_features`: the last axis of the only input). */
export function axesOfParam(node: NodeInference, param: string): AxisRef[] {
  const { declaration, effective, inputs } = node;
  if (!declaration?.inferSizes || !effective) return [];
  const blank = { ...effective, [param]: null };
  const shapes = inputs.map((input) => input.shape);
  const ask = declaration.inferSizes.bind(declaration);
  if (ask(blank, shapes)[param] === undefined) return [];
  return axesOf(inputs).filter((ref) => ask(blank, without(shapes, ref))[param] === undefined);
}

/** A place sizes come from: the axes of one output of a node, with their sizes multiplied into the value. */
export interface Origin {
  readonly node: NodeInference;
  readonly output: number;
  readonly axes: readonly number[];
  /** `[8, 6, 6]` where the node folds several input axes into one, else null. */
  readonly factors: readonly number[] | null;
}

/** Follows axes of a node's inputs upstream, past nodes that only pass them on, to the node that made them. */
export function originOf(inference: Known, node: NodeInference, refs: readonly AxisRef[]): Origin | null {
  const [first] = refs;
  const source = first && node.inputs[first.input]?.source;
  const from = source && inference.nodes.get(source.node);
  if (!from || !source) return null;
  const axes = refs.filter((ref) => ref.input === first.input).map((ref) => ref.axis);
  const before = axes.flatMap((axis) => dependencies(from, source.output, axis));
  const shape = from.outputs[source.output] ?? null;
  if (isPassedOn(from, shape, axes, before)) return originOf(inference, from, before);
  return { node: from, output: source.output, axes, factors: factorsOf(from, shape, axes, before) };
}

/** True when each axis is just the same axis of the same size of the only input (activations, dropout, batch norm). */
function isPassedOn(
  node: NodeInference,
  shape: EdgeShape,
  axes: readonly number[],
  before: readonly AxisRef[],
): boolean {
  const input = node.inputs[before[0]?.input ?? 0];
  if (before.length !== axes.length || !input?.shape || input.shape.length !== shape?.length) return false;
  const isSame = before.every((ref, at) => ref.axis === axes[at] && ref.input === before[0]?.input);
  return isSame && input.shape.every((size, axis) => size === shape[axis]);
}

function factorsOf(
  node: NodeInference,
  shape: EdgeShape,
  axes: readonly number[],
  before: readonly AxisRef[],
): number[] | null {
  const [axis] = axes;
  if (axes.length !== 1 || axis === undefined || before.length < 2) return null;
  const sizes = before.map((ref) => node.inputs[ref.input]?.shape?.[ref.axis] ?? null);
  const known = sizes.filter((size) => size !== null);
  const product = known.reduce((total, size) => total * size, 1);
  return known.length === sizes.length && product === (shape?.[axis] ?? null) ? known : null;
}

/** `288 = 8·6·6 from 'flatten'`, `3 from the sample's 3×8×8`, or '' when the axes come from nowhere known. */
export function explainAxes(inference: Inference, node: NodeInference, refs: readonly AxisRef[]): string {
  const origin = originOf(inference, node, refs);
  if (!origin) return '';
  const product = origin.factors ? ` = ${origin.factors.join('·')}` : '';
  return `${product} from ${nameOf(origin)}`;
}

/** Where a size comes from that the model's weights brought. */
export const FROM_WEIGHTS = 'from the loaded weights';

/** The words of these sentences, in the reader's language. */
export interface Words {
  readonly from: string;
  /** `the sample's 3×8×8`. */
  readonly sample: (shape: string) => string;
  readonly weights: string;
}

const ENGLISH: Words = { from: 'from', sample: (shape) => `the sample's ${shape}`, weights: FROM_WEIGHTS };

/** What `provenanceOf` said, in other words: with the model it travels in English. */
export const inWords = (said: string, { from, sample, weights }: Words): string =>
  said
    .replace(/, from the sample's (.+)$/, (_, shape: string) => `, ${from} ${sample(shape)}`)
    .replace(new RegExp(`, ${FROM_WEIGHTS}$`), `, ${weights}`)
    .replaceAll(", from '", `, ${from} '`);

/**
 * "in_features = 288, from 'flatten' 8·6·6, from 'conv1', from the sample's 3×8×8": the chain behind a size, at most three
 * links: what folded it, the node that made its factors, and the sample where they depend on it. '' while unknown.
 */
export function provenanceOf(inference: Known, node: NodeInference, param: string): string {
  const size = node.effective?.[param];
  if (typeof size !== 'number' && !Array.isArray(size)) return '';
  const links: string[] = [];
  let origin = originOf(inference, node, axesOfParam(node, param));
  const samples = new Set<string>();
  for (let current = origin; current; current = origin) {
    if (isInputLayer(current.node.declaration)) {
      samples.add(`from ${ENGLISH.sample(sampleShape(current))}`);
      break;
    }
    const fold = current.factors ? ` ${current.factors.join('·')}` : '';
    if (links.length < 2) links.push(`from '${current.node.node.name}'${fold}`);
    const refs = current.axes.flatMap((axis) => dependencies(current.node, current.output, axis));
    origin = originOf(inference, current.node, refs);
  }
  return [`${param} = ${Array.isArray(size) ? size.join('×') : String(size)}`, ...links, ...samples].join(
    ', ',
  );
}

/**
 * "512 = 32·4·4 from 'flatten' ← 'pool1' ← the sample's 1×8×8": one line per known axis of an output, the batch left out; a size that the
 * layer's own params give ends there. What a hover over a shape says.
 */
export function explainOutput(
  inference: Inference,
  node: NodeInference,
  output: number,
  words: Words,
): readonly string[] {
  const shape = node.outputs[output] ?? [];
  return shape.flatMap((size, axis) => {
    if (axis === 0 || size === null) return [];
    const refs = dependencies(node, output, axis);
    const factors = factorsOf(node, shape, [axis], refs);
    const product = factors ? ` = ${factors.join('·')}` : '';
    const start: Origin = { node, output, axes: [axis], factors };
    const own = isPassedOn(node, shape, [axis], refs) ? [] : [nameOf(start, words)];
    const links = [...own, ...linksBehind(inference, start, refs, words)];
    return [`${size}${product}${links.length > 0 ? ` ${words.from} ${links.join(' ← ')}` : ''}`];
  });
}

/** The same of a size that a blank param of the node found out; '' where it is given, or not known. */
export function explainParam(inference: Inference, node: NodeInference, param: string, words: Words): string {
  const size = node.sizes[param];
  const refs = axesOfParam(node, param);
  const origin = originOf(inference, node, refs);
  if (size === undefined || !origin) return '';
  const product = origin.factors ? ` = ${origin.factors.join('·')}` : '';
  const start: Origin = { node, output: 0, axes: [], factors: null };
  const links = linksBehind(inference, start, refs, words).join(' ← ');
  return `${Array.isArray(size) ? size.join('×') : String(size)}${product} ${words.from} ${links}`;
}

/** The same of a tensor: one line per known axis; one that the layer's own params give ends there. */
export function explainTensor(
  inference: Inference,
  node: NodeInference,
  tensor: string,
  words: Words,
): readonly string[] {
  const { declaration, effective } = node;
  if (!declaration?.tensors || !effective) return [];
  const shapeWith = (params: Readonly<Record<string, unknown>>): PartialShape =>
    declaration.tensors?.(params).find(({ name }) => name === tensor)?.shape ?? [];
  const blanks = Object.keys(node.sizes).map((param) => ({
    param,
    shape: shapeWith({ ...effective, [param]: null }),
  }));
  return shapeWith(effective).flatMap((size, axis) => {
    if (size === null) return [];
    const from = blanks.find(({ shape }) => (shape[axis] ?? null) === null);
    const own = `${size} ${words.from} ${nameOf({ node, output: 0, axes: [axis], factors: null }, words)}`;
    const why = from === undefined ? own : explainParam(inference, node, from.param, words);
    return why === '' ? [] : [why];
  });
}

/** The nodes a size was handed on from, nearest first; the last is the sample where it depends on it. */
function linksBehind(
  inference: Inference,
  start: Origin,
  refs: readonly AxisRef[],
  words: Words,
): readonly string[] {
  const links: string[] = [];
  let origin = originOf(inference, start.node, refs);
  for (let current = origin; current && links.length < MOST_LINKS; current = origin) {
    links.push(nameOf(current, words));
    if (isInputLayer(current.node.declaration)) break;
    const behind = current.axes.flatMap((axis) => dependencies(current.node, current.output, axis));
    origin = originOf(inference, current.node, behind);
  }
  return links;
}

const MOST_LINKS = 8;

const nameOf = (origin: Origin, words = ENGLISH): string =>
  isInputLayer(origin.node.declaration) ? words.sample(sampleShape(origin)) : `'${origin.node.node.name}'`;

function sampleShape({ node, output }: Origin): string {
  const shape: PartialShape = node.outputs[output] ?? [];
  return (shape.length > 1 ? shape.slice(1) : shape).map((size) => size ?? '?').join('×');
}
