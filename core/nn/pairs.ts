// The entries that ModuleDict and ParameterDict take over: of a record, or pairs; refused in PyTorch's words.
import { TorchError } from '../errors';
import { shortTypeName } from './python-names';

interface Words {
  /** The method, as its TypeError names it. */
  readonly call: string;
  /** Whose elements are wrong. */
  readonly element: string;
}

/** Key and value of each entry. A record's stand in its own order. */
export function pairsOf(given: unknown, { call, element }: Words): readonly (readonly [string, unknown])[] {
  if (typeof given !== 'object' || given === null)
    throw new TorchError(
      'TypeError',
      `${call} should be called with an iterable of key/value pairs, but got ${shortTypeName(given)}`,
    );
  if (!(Symbol.iterator in given)) return Object.entries(given);
  return [...(given as Iterable<unknown>)].map((item, index) => {
    if (!Array.isArray(item))
      throw new TorchError(
        'TypeError',
        `${element} update sequence element #${index} should be Iterable; is${shortTypeName(item)}`,
      );
    if (item.length !== 2)
      throw new TorchError(
        'ValueError',
        `${element} update sequence element #${index} has length ${item.length}; 2 is required`,
      );
    return item as [string, unknown];
  });
}
