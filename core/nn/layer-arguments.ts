// How Python binds the arguments of a layer's call: positions and keywords to the ports it names, with Python's TypeErrors.
import { TorchError } from '../errors';
import { Tensor } from '../tensor/tensor';
import { CallParams, callArguments } from './call-params';
import type { LayerModule } from './layer-module';
import type { Keywords } from './module-types';
import { noAttribute } from './python-names';

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

/** The method that PyTorch's error names, by class. */
const FIRST_CALLS: readonly (readonly [RegExp, string])[] = [
  [/\.Linear$/, 'LazyLinear'],
  [/\.Conv(Transpose)?[123]d$/, '_LazyConvXdMixin'],
  [/\.(Batch|Instance)Norm[123]d$/, '_LazyNormBase'],
];

/** The same for the first call of a lazy layer, whose arguments go to `initialize_parameters` before they go to forward. */
export function bindFirstArguments(
  layer: LayerModule,
  inputs: readonly unknown[],
  keywords: Keywords,
): readonly unknown[] {
  const [, owner] = FIRST_CALLS.find(([pattern]) => pattern.test(layer.declaration.torch ?? '')) ?? [];
  if (owner === undefined) return bindArguments(layer, inputs, keywords);
  const refuse = (what: string): never => {
    throw new TorchError('TypeError', `${owner}.initialize_parameters() ${what}`);
  };
  // That of convolutions takes and ignores further ones.
  const isOpen = owner === '_LazyConvXdMixin';
  const unknown = Object.keys(keywords).find((name) => name !== 'input');
  if (unknown !== undefined && !isOpen) refuse(`got an unexpected keyword argument '${unknown}'`);
  const hasKeyword = Object.hasOwn(keywords, 'input');
  if (hasKeyword && inputs.length > 0) refuse("got multiple values for argument 'input'");
  if (inputs.length > 1 && !isOpen)
    refuse(`takes 2 positional arguments but ${inputs.length + 1} were given`);
  if (inputs.length === 0 && !hasKeyword) refuse("missing 1 required positional argument: 'input'");
  const input = hasKeyword ? keywords.input : inputs[0];
  if (!(input instanceof Tensor))
    throw new TorchError('AttributeError', noAttribute(input, isOpen ? 'dim' : 'shape'));
  return [input];
}

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
export function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length <= 2) return quoted.join(' and ');
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1) ?? ''}`;
}
