// How `lazuli probe` reads a call: inputs by place or by name, in the order of PyTorch's forward, tuples included.
import { LazuliError } from '../errors';
import type { LayerDeclaration } from './declaration';
import { depthOf, type ProbeArray } from './probe-arrays';

/** Gradients in the form the inputs were given in: a list, or by name; a tuple's are a list. */
export type ProbeGradients = readonly (ProbeArray | null)[] | Readonly<Record<string, ProbeArray | null>>;

/** A call as the layer's own ports have it. */
export interface ProbeCall {
  /** By port; null where nothing is given. */
  readonly values: readonly unknown[];
  /** Arguments of PyTorch's forward that are params here (`need_weights`). */
  readonly params: Readonly<Record<string, unknown>>;
  gradients(found: readonly (ProbeArray | null)[]): ProbeGradients;
}

type Called = Pick<LayerDeclaration, 'inputs' | 'torchForward'>;

/** An argument of PyTorch's forward: its name and the ports its values go to; none where it is a param. */
interface Argument {
  readonly name: string;
  readonly ports: readonly number[];
}

function argumentsOf({ inputs, torchForward = [] }: Called): readonly Argument[] {
  const placeOf = (port: string): number => inputs.findIndex(({ name }) => name === port);
  return torchForward.map((item) =>
    typeof item === 'string'
      ? { name: item, ports: [placeOf(item)].filter((at) => at >= 0) }
      : { name: item.name, ports: item.ports.map(placeOf) },
  );
}

/** Throws `usage` for a name the layer does not have. */
export function readCall(layer: Called, inputs: unknown): ProbeCall {
  const forward = argumentsOf(layer);
  if (!Array.isArray(inputs)) return callByName(layer, forward, inputs as Readonly<Record<string, unknown>>);
  const list: readonly unknown[] = inputs;
  const pairs = list.map((value, at): [Argument, unknown] => [
    isTorchOrder(layer, forward, list) && forward[at]
      ? argumentFor(forward[at], value, list)
      : { name: String(at), ports: [at] },
    value,
  ]);
  const call = spread(pairs);
  return { ...call, gradients: (found) => pairs.map(([argument]) => gathered(argument, found)) };
}

/** The order of forward's arguments instead of the ports': told by a tuple, a switch among the tensors, or their number. */
function isTorchOrder(layer: Called, forward: readonly Argument[], list: readonly unknown[]): boolean {
  return (
    list.some((value, at) => {
      const argument = forward[at];
      if (!argument) return false;
      if (argument.ports.length > 1 && value === null) return depthOf(list[at + 1]) < depthOf(list[0]) - 1;
      return isTuple(argument, value, list) || (argument.ports.length === 0 && typeof value === 'boolean');
    }) || list.length > layer.inputs.length
  );
}

/** A pair of tensors where the first input has one axis less: an lstm's (h_0, c_0). */
const isTuple = ({ ports }: Argument, value: unknown, [first]: readonly unknown[]): boolean =>
  ports.length > 1 &&
  Array.isArray(value) &&
  value.length === ports.length &&
  depthOf(value) === depthOf(first) + 1;

const argumentFor = (argument: Argument, value: unknown, list: readonly unknown[]): Argument =>
  argument.ports.length > 1 && value !== null && !isTuple(argument, value, list)
    ? { ...argument, ports: argument.ports.slice(0, 1) }
    : argument;

function callByName(
  layer: Called,
  forward: readonly Argument[],
  inputs: Readonly<Record<string, unknown>>,
): ProbeCall {
  const known = [...layer.inputs.map(({ name }, at) => ({ name, ports: [at] })), ...forward];
  const pairs = Object.entries(inputs).map(([name, value]): [Argument, unknown] => {
    const argument = forward.find((item) => item.name === name && Array.isArray(value) && item.ports.length > 1)
      ?? known.find((item) => item.name === name); // prettier-ignore
    if (argument) return [argument, value];
    throw new LazuliError('usage', `inputs: there is no input '${name}'`, {
      where: `inputs.${name}`,
      expected: known.map((item) => item.name).join(', '),
      got: name,
    });
  });
  return {
    ...spread(pairs),
    gradients: (found) =>
      Object.fromEntries(pairs.map(([argument]) => [argument.name, gathered(argument, found)])),
  };
}

function spread(pairs: readonly (readonly [Argument, unknown])[]): Omit<ProbeCall, 'gradients'> {
  const values: unknown[] = [];
  const params: Record<string, unknown> = {};
  for (const [{ name, ports }, value] of pairs) {
    if (ports.length === 0 && value !== null) params[name] = value;
    ports.forEach((port, at) => {
      values[port] = ports.length > 1 && Array.isArray(value) ? (value as unknown[])[at] : value;
    });
  }
  return { values: Array.from(values, (value) => value ?? null), params };
}

function gathered({ ports }: Argument, found: readonly (ProbeArray | null)[]): ProbeArray | null {
  const gradients = ports.map((port) => found[port] ?? null);
  if (gradients.length === 1) return gradients[0] ?? null;
  const known = gradients.filter((gradient) => gradient !== null);
  return known.length === 0 || known.length < gradients.length ? null : known;
}
