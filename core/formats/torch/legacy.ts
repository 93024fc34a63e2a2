// Opens what torch wrote before 1.6: five pickles in a row, then each storage's count and raw bytes.
import { rangeOf, readUint64, viewOf } from '../bytes';
import { PickleEnds, readPicklePart, readPickle, type PickleResult } from '../pickle/read';
import {
  describeValue,
  PickleDict,
  PickleList,
  PickleText,
  PickleTuple,
  type PickleValue,
} from '../pickle/values';
import { persistentIds } from '../pickle/walk';
import { quote, refusal } from '../refuse';
import type { ByteSource, StorageSource } from '../weights';
import { CURRENT_RECORDS, type TorchTree } from './tree';
import { parseStorageId, StorageTable, type StorageId } from './storages';

/** PROTO 2, LONG1 of 0x1950A86A20F9469CFC6C, STOP. Source: torch/serialization.py MAGIC_NUMBER. */
const MAGIC = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const FIRST_READ = 1024 * 1024;
const LARGEST_PICKLES = 256 * 1024 * 1024;
const PROTOCOL = 1001;

/** True when the file starts with the legacy magic number. */
export async function isLegacyTorch(source: ByteSource): Promise<boolean> {
  if (source.size < MAGIC.length) return false;
  const start = await source.read(0, MAGIC.length);
  return MAGIC.every((byte, index) => start[index] === byte);
}

/** The object tree of a legacy file. Throws `file_refused`. Source: spec/torch-semantics.md section 12 (a). */
export async function readLegacyTree(source: ByteSource): Promise<TorchTree> {
  const reader = new StackedPickles(source);
  await reader.next('magic number');
  const protocol = await reader.next('protocol version');
  if (protocol.value !== PROTOCOL) {
    const got =
      protocol.value instanceof PickleText
        ? protocol.value.value
        : typeof protocol.value === 'number'
          ? String(protocol.value)
          : describeValue(protocol.value);
    throw refusal(source.name, 'the legacy file has an unknown protocol version', 'pickle 2', {
      torch: `Invalid protocol version: ${got}`,
      expected: String(PROTOCOL),
      got,
    });
  }
  checkSystem(source, (await reader.next('system info')).value);
  const object = await reader.next('object');
  const keys = parseKeys(source, (await reader.next('storage keys')).value);
  const sizes = collectSizes(source, object.value);
  const storages = await locateStorages(source, keys, sizes, reader.position);
  const find = (key: string, where: string): StorageSource => {
    const storage = storages.get(key);
    if (storage !== undefined) return storage;
    throw refusal(source.name, `the storage ${quote(key)} is missing`, where);
  };
  return {
    format: 'torch_legacy',
    root: object.value,
    storages: new StorageTable(source.name, find, { isBigEndian: false, isResizable: true }),
    unknownGlobals: object.unknownGlobals,
    torchRefusal: object.torchRefusal,
    unchecked: 0,
    records: CURRENT_RECORDS,
    pickleBytes: reader.position,
  };
}

/** Pickles one after the other, from as much of the file as they need. */
class StackedPickles {
  position = 0;
  readonly #source: ByteSource;
  #bytes = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async next(record: string): Promise<PickleResult> {
    const options = {
      file: this.#source.name,
      record: `pickle '${record}'`,
      start: this.position,
      hasModuleReferences: true,
    };
    const most = Math.min(this.#source.size, LARGEST_PICKLES);
    while (this.#bytes.length < most) {
      try {
        return this.#advance(readPicklePart(this.#bytes, options));
      } catch (error) {
        if (!(error instanceof PickleEnds)) throw error;
      }
      const length = Math.min(most, Math.max(FIRST_READ, this.#bytes.length * 4));
      this.#bytes = new Uint8Array(await this.#source.read(0, length));
    }
    return this.#advance(readPickle(this.#bytes, options));
  }

  #advance(result: PickleResult): PickleResult {
    this.position = result.end;
    return result;
  }
}

/** The writing machine's byte order must be said, but means nothing: storages are little-endian whatever it was. */
function checkSystem(source: ByteSource, value: PickleValue): void {
  const pairs = value instanceof PickleDict ? value.items : [];
  const found = pairs.find(([key]) => key instanceof PickleText && key.value === 'little_endian');
  if (typeof found?.[1] !== 'boolean') {
    throw refusal(source.name, 'the legacy file does not say its byte order', "pickle 'system info'", {
      expected: 'little_endian: True or False',
    });
  }
}

function parseKeys(source: ByteSource, value: PickleValue): string[] {
  const items = value instanceof PickleList ? value.items : [];
  const keys = items.filter((item) => item instanceof PickleText).map((item) => item.value);
  if (!(value instanceof PickleList) || keys.length !== items.length || new Set(keys).size !== keys.length) {
    throw refusal(source.name, 'the list of storage keys is malformed', "pickle 'storage keys'", {
      expected: 'a list of different texts',
    });
  }
  return keys;
}

/** What the object says about each storage; its bytes alone do not tell the element size. */
function collectSizes(source: ByteSource, root: PickleValue): Map<string, StorageId> {
  const sizes = new Map<string, StorageId>();
  for (const value of persistentIds(root)) {
    const kind = value instanceof PickleTuple ? value.items[0] : null;
    if (!(kind instanceof PickleText) || kind.value !== 'storage') continue;
    const id = parseStorageId(source.name, value, "pickle 'object'");
    sizes.set(id.key, id);
  }
  return sizes;
}

async function locateStorages(
  source: ByteSource,
  keys: readonly string[],
  sizes: ReadonlyMap<string, StorageId>,
  start: number,
): Promise<Map<string, StorageSource>> {
  const storages = new Map<string, StorageSource>();
  let at = start;
  for (const key of keys) {
    const where = `storage ${quote(key)} at byte ${String(at)}`;
    const id = sizes.get(key);
    if (id === undefined) throw refusal(source.name, 'the file has a storage no tensor uses', where);
    const count = readUint64(viewOf(await source.read(at, 8)), 0);
    const begin = at + 8;
    if (count !== id.count || id.bytes > source.size - begin) {
      throw refusal(source.name, 'a storage has another size than its tensors say', where, {
        expected: `${String(id.count)} elements (${String(id.bytes)} bytes)`,
        got: `${String(count ?? 'more than 2^53')} elements, ${String(source.size - begin)} bytes left in the file`,
      });
    }
    storages.set(key, rangeOf(source, begin, id.bytes));
    at = begin + id.bytes;
  }
  if (at !== source.size) {
    throw refusal(source.name, 'the file goes on after its last storage', `byte ${String(at)}`, {
      expected: `${String(at)} bytes`,
      got: `${String(source.size)} bytes`,
    });
  }
  return storages;
}
