// How Python binds the arguments of a layer's call: positions and keywords to the ports it names, with Python's TypeErrors.
import { TorchError } from '../errors';
import { CallParams, callArguments } from './call-params';
import type { LayerModule } from './layer-module';
import type { Keywords } from './module-types';

/** The inputs in port order. Layers with a variadic port, which PyTorch has no class for, take them as they are. */
export function bindArguments(
  layer: LayerModule,
  inputs: readonly unknown[],
  keywords: Keywords,
): readonly unknown[] {
  const ports = layer.declaration.inputs;
  if (ports.some(({ isVariadic }) => isVariadic === true)) return inputs;
  const refuse = (what: string): never => {
    throw new TorchError('TypeError', `${layer.constructor.name}.forward() ${what}`);
  };
  const further = callArguments(layer);
  const names = [...ports.map(({ name }) => name), ...further];
  const bound: unknown[] = [...inputs];
  for (const [name, value] of Object.entries(keywords)) {
    const at = names.indexOf(name);
    if (at < 0) return refuse(`got an unexpected keyword argument '${name}'`);
    if (at < inputs.length) return refuse(`got multiple values for argument '${name}'`);
    bound[at] = value;
  }
  // Layers of several ports have further arguments in PyTorch: only those of one are counted.
  if (ports.length === 1 && inputs.length > names.length) {
    const most = names.length + 1;
    const taken = further.length > 0 ? `from 2 to ${most}` : String(most);
    return refuse(`takes ${taken} positional arguments but ${inputs.length + 1} were given`);
  }
  const missing = ports.filter(({ isOptional }, at) => isOptional !== true && bound[at] === undefined);
  if (missing.length > 0)
    return refuse(
      `missing ${missing.length} required positional argument${missing.length > 1 ? 's' : ''}: ${listed(missing.map(({ name }) => name))}`,
    );
  if (bound.length <= ports.length || further.length === 0) return bound;
  const params = further.map((name, at) => [name, bound[ports.length + at]] as const);
  return [...bound.slice(0, ports.length), new CallParams(Object.fromEntries(params))];
}

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length <= 2) return quoted.join(' and ');
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1) ?? ''}`;
}
