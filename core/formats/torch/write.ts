// Saves what `torch.save` saves, byte for byte, streaming every storage.
import { LazuliError } from '../../errors';
import { encodeText } from '../bytes';
import { writePickle } from '../pickle/write';
import type { ByteSink, StateDictContent, StorageSource } from '../weights';
import { serializationId } from '../zip/identifier';
import { ZipWriter } from '../zip/write';
import { buildTree, TorchStateDict, type TorchValue } from './build';
import { renumberStorages, withoutUninitialized } from './renumber';
import { CURRENT_RECORDS, type TorchRecords, type TorchTree } from './tree';

export interface TorchWriteOptions {
  /** The archive's directory: torch uses the file's base name without its last extension. Default `archive`. */
  readonly directory?: string;
  /** Whose record set to write and how. Default: torch 2.14's, or for a tree that was read its own. */
  readonly records?: TorchRecords;
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
  await writeArchive(sink, writePickle(root), storages, options);
}

/**
 * Saves an object tree that was read, storages renumbered in the order of their first use and with the records its version
 * wrote: a file of `torch.save` becomes the same bytes. Throws `not_supported` for TorchScript.
 */
export async function writeTorchTree(
  sink: ByteSink,
  tree: TorchTree,
  options: TorchWriteOptions = {},
): Promise<void> {
  if (tree.format === 'torchscript')
    throw new LazuliError('not_supported', 'TorchScript programs cannot be written', {
      hint: 'write the tensors of the file as a state dict',
    });
  const { storages, idOf } = renumberStorages(tree);
  const root = options.uninitialized === 'skip' ? withoutUninitialized(tree.root) : tree.root;
  await writeArchive(sink, writePickle(root, idOf), storages, { records: tree.records, ...options });
}

async function writeArchive(
  sink: ByteSink,
  pickle: Uint8Array,
  storages: readonly StorageSource[],
  options: TorchWriteOptions,
): Promise<void> {
  const { version, alignment, hasChecksums, order } = options.records ?? CURRENT_RECORDS;
  await sink.expect?.(storages.reduce((sum, { bytes }) => sum + bytes, 0));
  const writer = new ZipWriter(sink, options.directory ?? 'archive', { alignment, hasChecksums });
  const names: string[] = [];
  const add = async (name: string, bytes: Uint8Array): Promise<void> => {
    names.push(name);
    await writer.writeBytes(name, bytes);
  };
  await add('data.pkl', pickle);
  if (version === '2.14') {
    await add('.format_version', encodeText('1'));
    await add('.storage_alignment', encodeText(String(alignment)));
  }
  if (version !== '1.6') await add('byteorder', encodeText('little'));
  const records = storages.map((storage, index) => [`data/${String(index)}`, storage] as const);
  if (order === 'text') records.sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, storage] of records) {
    names.push(name);
    await writer.writeSource(name, storage);
  }
  await add('version', encodeText('3\n'));
  if (version !== '1.6') {
    const id = serializationId(names.map(encodeText), await writer.crcs());
    await writer.writeBytes('.data/serialization_id', encodeText(id));
  }
  await writer.finish();
}
