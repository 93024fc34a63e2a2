// What an edit is refused with when it names what is not there, or an id that is.
import { LazuliError } from '../errors';

type Thing = 'node' | 'edge' | 'note';

export const missing = (what: Thing, id: string): LazuliError =>
  new LazuliError('graph_invalid', `there is no ${what} with the id '${id}'`, { where: `${what} ${id}` });
export const taken = (what: Thing, id: string): LazuliError =>
  new LazuliError('graph_invalid', `a ${what} with the id '${id}' exists already`, {
    where: `${what} ${id}`,
  });
