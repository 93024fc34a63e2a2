// Storage that holds nothing: tensors on `meta` have a shape and a dtype and no values.
import { LazuliError } from '../errors';
import type { Storage } from './storage';

export class MetaStorage implements Storage {
  readonly device = 'meta';
  readonly isDisposed = false;
  constructor(readonly bytes: number) {}

  read(): never {
    throw new LazuliError('uninitialized', 'Cannot copy out of meta tensor; no data!');
  }
  write(): never {
    throw new LazuliError('uninitialized', 'Cannot copy into meta tensor; it holds no data');
  }
  copy(): MetaStorage {
    return new MetaStorage(this.bytes);
  }
  assign(): void {}
  dispose(): void {}
}
