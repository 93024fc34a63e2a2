// The model as data for window and command line: shapes, parameters with state and provenance, costs and problems.
import type { GraphNode } from '#core/document/project';
import { activationBytes, nodeFlops, nodeTensors, sumKnown } from '#core/graph/cost';
import { diagnoseInTurns } from '#core/graph/diagnose';
import { inferInTurns, type Inference, type NodeInference, type Sizes } from '#core/graph/infer';
import { FROM_WEIGHTS, provenanceOf } from '#core/graph/provenance';
import { choicesFor } from '#core/graph/tensor-checks';
import { isBorrowed } from '#core/graph/tensor-options';
import type { TensorSpec } from '#core/layers/declaration';
import { isLazy, Parameter, type LayerModule, type Provenance } from '#core/nn/index';
import { impliedSizes } from '#core/nn/solve-sizes';
import type { ModelInfo, NodeInfo, ParameterInfo } from '#core/session/session';
import { elementSize } from '#core/tensor/dtype';
import { numel, type Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';
import type { Turned } from '#core/turns';

import { isUninitialized, type LayerSet } from './layer-set';
import { Memory, type LayerState, type Lookup } from './memory';
import { stateOf } from './states';

type Samples = Readonly<Record<string, Shape>>;

/** What the session knows beside the layers themselves. */
export interface Facts {
  readonly revision: number;
  /** Shapes of the last sample by input node name. */
  readonly sample: Samples;
  readonly unreached: readonly string[];
}

/** Sizes that a layer has found out, those that a part of its tensors came with included. */
function foundSizes(layer: LayerModule): ReadonlyMap<string, Provenance> {
  const { declaration, params, provenance } = layer;
  if (!isUninitialized(layer)) return provenance;
  const shapes = layer.tensorSpecs().flatMap(({ name }) => {
    const tensor = layer.tensor(name);
    return tensor && !isLazy(tensor) ? [[name, tensor.shape] as const] : [];
  });
  const implied = Object.entries(impliedSizes(declaration, params, new Map(shapes))).map(
    ([param, size]) => [param, { param, size, explanation: FROM_WEIGHTS }] as const,
  );
  return new Map([...implied, ...provenance]);
}

const sizesOf = (layer: LayerModule): Sizes =>
  Object.fromEntries([...foundSizes(layer).values()].map(({ param, size }) => [param, size] as const));

/** In turns, as all that goes over every node of a graph. */
export function* inferModel(set: LayerSet, inputs: Samples): Turned<Inference> {
  const known = new Map<string, Sizes>();
  for (const [node, layer] of set.entries()) {
    known.set(node.id, sizesOf(layer));
    yield;
  }
  return yield* inferInTurns(set.graph, { inputs, known });
}

/**
 * `sample` may be another one than was fed: what the model would look like with it. `memory` is of an earlier description of the same
 * layers with the same sample and values; nodes that say the same again are the very same objects.
 */
export function* describeModel(
  set: LayerSet,
  facts: Facts,
  {
    sample = facts.sample,
    memory = new Memory(),
  }: { readonly sample?: Samples; readonly memory?: Memory } = {},
): Turned<ModelInfo> {
  const layers = new Map<string, LayerState>();
  const known = new Map<string, Sizes>();
  for (const [node, layer] of set.entries()) {
    const state = memory.layer(layer, sizesOf);
    layers.set(node.id, state);
    known.set(node.id, state.sizes);
    yield;
  }
  const inference = yield* inferInTurns(set.graph, { inputs: sample, known }, memory.inference);
  memory.inference = inference;
  const problems = yield* diagnoseInTurns(inference);
  const nodes: NodeInfo[] = [];
  for (const node of set.graph.nodes) {
    const inferred = inference.nodes.get(node.id);
    const state = layers.get(node.id) ?? null;
    if (inferred)
      nodes.push(
        memory.node(inferred, state, inference.nodes, (lookup) => describeNode(set, lookup, inferred, state)),
      );
    yield;
  }
  const parameters = nodes.flatMap((node) => node.parameters);
  // A tied parameter is the one it is tied to.
  const own = parameters.filter(({ tied_to }) => tied_to === undefined);
  const trainable = own.filter(({ kind }) => kind.endsWith('parameter'));
  const sizeOf = ({ shape }: ParameterInfo): number | null => {
    const known = shape.filter((size) => size !== null);
    return known.length === shape.length ? numel(known) : null;
  };
  yield;
  const used = set.plan.used;
  yield;
  const running = nodes.filter(({ id }) => used.has(id));
  return {
    revision: facts.revision,
    nodes,
    problems,
    totals: {
      parameters: sumKnown(trainable.map(sizeOf)),
      uninitialized: parameters.filter(({ state }) => state === 'uninitialized').length,
      flops: sumKnown(running.map(({ flops }) => flops)),
      bytes: sumKnown(
        own.map((parameter) => {
          const size = sizeOf(parameter);
          return size === null ? null : size * elementSize(parameter.dtype);
        }),
      ),
    },
    unreached: facts.unreached,
  };
}

function describeNode(
  set: LayerSet,
  nodes: Lookup,
  inferred: NodeInference,
  state: LayerState | null,
): NodeInfo {
  const { node } = inferred;
  const layer = set.layer(node.id);
  return {
    id: node.id,
    name: node.name,
    layer: node.layer,
    inputs: inferred.inputs.map(({ shape }) => shape),
    outputs: inferred.outputs,
    parameters: layer ? describeTensors(nodes, inferred, layer) : [],
    sizes: state?.sizes ?? {},
    flops: nodeFlops(inferred),
    activationBytes: activationBytes(inferred, set.dtype),
  };
}

function describeTensors(nodes: Lookup, inferred: NodeInference, layer: LayerModule): ParameterInfo[] {
  const { node, declaration, params } = inferred;
  const waits = new Map(
    (params ? (declaration?.tensors?.(params) ?? []) : []).map((spec) => [spec.name, spec.waitsFor]),
  );
  const explained = explanations(nodes, inferred, layer);
  return nodeTensors(inferred).flatMap((spec): ParameterInfo[] => {
    const tensor = layer.tensor(spec.name);
    if (!tensor) return [];
    const key = `${node.name}.${spec.name}`;
    const isWaiting = isLazy(tensor);
    const waitsFor = waits.get(spec.name) ?? null;
    const provenance = waitsFor === null ? '' : explained(waitsFor);
    return [
      {
        key,
        node: node.id,
        name: spec.name,
        kind: isWaiting ? `uninitialized_${spec.kind}` : spec.kind,
        state: isWaiting ? 'uninitialized' : (stateOf(layer, spec.name) ?? 'materialized'),
        dtype: tensor.dtype,
        shape: isWaiting ? spec.shape : tensor.shape,
        waitsFor: isWaiting ? waitsFor : null,
        provenance: provenance !== '' || isWaiting ? provenance : 'every size is given',
        ...choicesOf(node, layer, spec),
      },
    ];
  });
}

const isFrozen = (tensor: Tensor | null): boolean => tensor instanceof Parameter && !tensor.requiresGrad;

/** A tie that is not in effect (it does not fit) is a problem of the graph, and not shown as one. */
function choicesOf(
  node: GraphNode,
  layer: LayerModule,
  spec: TensorSpec,
): Pick<ParameterInfo, 'frozen' | 'tied_to' | 'initializer' | 'part_of'> {
  const { tied_to, initializer } = choicesFor(node, spec);
  const { name, partOf } = spec;
  return {
    ...(partOf === undefined ? {} : { part_of: partOf.tensor }),
    ...(isFrozen(layer.tensor(name)) ? { frozen: true } : {}),
    ...(tied_to !== undefined && isBorrowed(layer, name) ? { tied_to } : {}),
    ...(initializer === undefined ? {} : { initializer: initializer.kind }),
  };
}

/** What the layer remembers of each of its sizes, in the graph's words while the graph still says the same. */
function explanations(nodes: Lookup, inferred: NodeInference, layer: LayerModule): (param: string) => string {
  const sizes = foundSizes(layer);
  const known = new Map<string, string>();
  const explain = (param: string): string => {
    const now = provenanceOf({ nodes }, inferred, param);
    const found = sizes.get(param);
    if (!found) return now;
    const size = Array.isArray(found.size) ? found.size.join('×') : String(found.size);
    const remembered = `${param} = ${size}, ${found.explanation}`;
    const isSame = inferred.shapeProblems.length === 0 && now.startsWith(`${param} = ${size},`);
    return isSame && found.explanation !== FROM_WEIGHTS ? now : remembered;
  };
  // Of a stack hundreds of tensors wait for the same size.
  return (param) => {
    const text = known.get(param) ?? explain(param);
    known.set(param, text);
    return text;
  };
}
