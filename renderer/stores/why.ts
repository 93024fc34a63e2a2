// Where the numbers of the graph that is shown come from, in words. Found out when somebody asks, as by hovering: never for a whole graph.
import { explainOutput, explainParam, explainTensor } from '#core/graph/provenance';
import type { Inference, NodeInference } from '#core/graph/infer';
import type { NodeInfo } from '#core/session/session';

import { scopePath, useDocument } from './document';
import { useLive } from './live';
import { useModel } from './model';
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

/** Every size of an output, one line each. */
export const whyOutput = (id: string, output: number): string =>
  inferred(id, (inference, node) => explainOutput(inference, node, output, whyWords()).join('\n'));

/** Every size of all outputs; of an end, which has none, those that come in. */
export const whyResult = (id: string): string =>
  inferred(id, (_, { outputs }) =>
    outputs.length === 0 ? whyInput(id, 0) : outputs.map((_shape, at) => whyOutput(id, at)).join('\n'),
  );

/** Every size that comes in at an input. */
export const whyInput = (id: string, input: number): string =>
  inferred(id, (inference, { inputs }) => {
    const source = inputs[input]?.source;
    const from = source && inference.nodes.get(source.node);
    return from ? explainOutput(inference, from, source.output, whyWords()).join('\n') : '';
  });

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
