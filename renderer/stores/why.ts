// Where the numbers of the graph that is shown come from, in words. Found out when somebody asks, as by hovering: never for a whole graph.
import { explainOutput, explainParam, explainTensor } from '#core/graph/provenance';
import { flattened } from '#core/graph/flatten';
import type { Inference, NodeInference } from '#core/graph/infer';
import type { NodeInfo } from '#core/session/session';

import { nodeOf, scopePath, shownGraph, useDocument } from './document';
import { useLive } from './live';
import { useModel } from './model';
import { portsOfComposite, sourceBehind } from './views';
import { t, whyWords } from '../text';

type Explain = (inference: Inference, node: NodeInference) => string;

/** `path` leads to a node of the flat graph. */
function inferredAt(path: string, explain: Explain): string {
  const { inference } = useLive.getState();
  const node = inference?.nodes.get(path);
  return inference && node ? explain(inference, node) : '';
}

const inferred = (id: string, explain: Explain): string =>
  inferredAt(scopePath(useDocument.getState()) + id, explain);

const ofOutput =
  (output: number): Explain =>
  (inference, node) =>
    explainOutput(inference, node, output, whyWords()).join('\n');

/** Every size of an output, one line each; of a block's, from the layer inside that gives it. */
export function whyOutput(id: string, output: number): string {
  const shown = useDocument.getState();
  const { inference } = useLive.getState();
  const graph = shownGraph(shown);
  const node = nodeOf(graph, id);
  const top = shown.project?.graph;
  if (!inference || !top || !node) return '';
  const path = scopePath(shown);
  if (inference.nodes.has(path + id)) return inferred(id, ofOutput(output));
  const port = portsOfComposite(top, node).outputs[output];
  const source =
    port === undefined ? null : sourceBehind({ path, whole: flattened(top), inference }, { node: id, port });
  return source ? ofOutput(source.output)(inference, source.from) : '';
}

/** The same of an output of a node anywhere in the model, by its id in the flat graph. */
export const whyOutputAt = (path: string, output: number): string => inferredAt(path, ofOutput(output));

/** Every size of all outputs; of an end, which has none, those that come in. */
export function whyResult(id: string): string {
  const outputs = useLive.getState().views.get(id)?.outputs ?? [];
  return outputs.length === 0 ? whyInput(id, 0) : outputs.map((_shape, at) => whyOutput(id, at)).join('\n');
}

const ofInput =
  (input: number): Explain =>
  (inference, { inputs }) => {
    const source = inputs[input]?.source;
    const from = source && inference.nodes.get(source.node);
    return from ? ofOutput(source.output)(inference, from) : '';
  };

/** Every size that comes in at an input. */
export const whyInput = (id: string, input: number): string => inferred(id, ofInput(input));

/** The same of an input of a node anywhere in the model. */
export const whyInputAt = (path: string, input: number): string => inferredAt(path, ofInput(input));

/** A size that was left blank. */
export const whyParam = (id: string, param: string): string =>
  inferred(id, (inference, node) => explainParam(inference, node, param, whyWords()));

const ofTensor =
  (tensor: string): Explain =>
  (inference, node) =>
    explainTensor(inference, node, tensor, whyWords()).join('\n');

/** Every size of a tensor of a node on the canvas. */
export const whyTensor = (id: string, tensor: string): string => inferred(id, ofTensor(tensor));

/** The same of a node anywhere in the model, by its id in the flat graph. */
export const whyTensorAt = (path: string, tensor: string): string => inferredAt(path, ofTensor(tensor));

const MOST_TOLD = 8;

/** The nodes that make up most of a total, largest first. */
export function whyTotal(of: (node: NodeInfo) => number, show: (value: number) => string): string {
  const parts = (useModel.getState().model?.nodes ?? [])
    .map((node) => ({ name: node.name, value: of(node) }))
    .filter(({ value }) => value > 0)
    .toSorted((a, b) => b.value - a.value);
  const rest = parts.length - MOST_TOLD;
  return [
    ...parts.slice(0, MOST_TOLD).map(({ name, value }) => `${show(value)} ${t('why.from')} '${name}'`),
    ...(rest > 0 ? [t('ask.andMore', { count: rest })] : []),
  ].join('\n');
}
