// Saves what `torch.save` saves, byte for byte, streaming every storage.
import { LazuliError } from '../../errors';
import { encodeText } from '../bytes';
import { writePickle } from '../pickle/write';
import type { PickleValue } from '../pickle/values';
import { persistentIds } from '../pickle/walk';
import type { ByteSink, StateDictContent, StorageSource } from '../weights';
import { serializationId } from '../zip/identifier';
import { ZipWriter } from '../zip/write';
import { buildTree, TorchStateDict, type TorchValue } from './build';
import type { TorchTree } from './tree';

export interface TorchWriteOptions {
  /** The archive's directory: torch uses the file's base name without its last extension. Default `archive`. */
  readonly directory?: string;
  /** Whose record set to write: torch 2.14 has `.format_version` and `.storage_alignment`. Default `2.14`. */
  readonly version?: '2.6' | '2.14';
  /**
   * Uninitialized entries: `keep` writes torch's form, which stock `torch.load` refuses unless the two classes are
   * allowed; `skip` leaves them out. Default `keep`.
   */
  readonly uninitialized?: 'keep' | 'skip';
}

/** What `torch.save(module.state_dict(), path)` writes. Source: spec/torch-semantics.md sections 9 and 10. */
export async function writeTorch(
  sink: ByteSink,
  content: StateDictContent,
  options: TorchWriteOptions = {},
): Promise<void> {
  const skips = options.uninitialized === 'skip';
  const entries = skips ? content.entries.filter((entry) => entry.storage !== null) : content.entries;
  await writeTorchValue(sink, new TorchStateDict({ ...content, entries }), options);
}

/** What `torch.save(value, path)` writes: checkpoints of dicts, lists, scalars, tensors and state dicts. */
export async function writeTorchValue(
  sink: ByteSink,
  value: TorchValue,
  options: TorchWriteOptions = {},
): Promise<void> {
  const { root, storages } = buildTree(value);
  await writeArchive(sink, root, storages, options);
}

/** Saves an object tree that was read, storages in their order of first use. Throws `not_supported` for TorchScript. */
export async function writeTorchTree(
  sink: ByteSink,
  tree: TorchTree,
  options: TorchWriteOptions = {},
): Promise<void> {
  if (tree.format === 'torchscript')
    throw new LazuliError('not_supported', 'TorchScript programs cannot be written');
  const sources = new Map<string, StorageSource>();
  for (const id of persistentIds(tree.root)) {
    const storage = tree.storages.resolve(id, 'the object tree');
    sources.set(storage.key, storage.source);
  }
  const keys = [...sources.keys()];
  if (keys.some((key, index) => key !== String(index))) {
    throw new LazuliError('not_supported', 'only a tree from a torch zip can be written again as it is');
  }
  await writeArchive(sink, tree.root, [...sources.values()], options);
}

async function writeArchive(
  sink: ByteSink,
  root: PickleValue,
  storages: readonly StorageSource[],
  options: TorchWriteOptions,
): Promise<void> {
  const writer = new ZipWriter(sink, options.directory ?? 'archive');
  const names: string[] = [];
  const add = async (name: string, bytes: Uint8Array): Promise<void> => {
    names.push(name);
    await writer.writeBytes(name, bytes);
  };
  await add('data.pkl', writePickle(root));
  if (options.version !== '2.6') {
    await add('.format_version', encodeText('1'));
    await add('.storage_alignment', encodeText('64'));
  }
  await add('byteorder', encodeText('little'));
  for (const [index, storage] of storages.entries()) {
    const name = `data/${String(index)}`;
    names.push(name);
    await writer.writeSource(name, storage);
  }
  await add('version', encodeText('3\n'));
  const id = serializationId(names.map(encodeText), writer.crcs);
  await writer.writeBytes('.data/serialization_id', encodeText(id));
  await writer.finish();
}
