// The 40 digits torch writes into `.data/serialization_id`: a hash of the record names and one of their CRCs.

const MASK = (1n << 64n) - 1n;

/** `c10::hash_combine` on 64-bit words. */
export const combineHash = (seed: bigint, value: bigint): bigint =>
  (seed ^ ((value + 0x9e3779b9n + ((seed << 6n) & MASK) + (seed >> 2n)) & MASK)) & MASK;

/** libstdc++'s `std::hash<std::string>`: MurmurHash64A with seed 0xc70f6907. Source: libsupc++/hash_bytes.cc. */
export function hashName(bytes: Uint8Array): bigint {
  const multiplier = 0xc6a4a7935bd1e995n;
  const mixed = (value: bigint): bigint => value ^ (value >> 47n);
  const word = (at: number, length: number): bigint => {
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[at + index] ?? 0);
    return value;
  };
  const tail = bytes.length % 8;
  let hash = 0xc70f6907n ^ ((BigInt(bytes.length) * multiplier) & MASK);
  for (let at = 0; at < bytes.length - tail; at += 8) {
    const data = (mixed((word(at, 8) * multiplier) & MASK) * multiplier) & MASK;
    hash = ((hash ^ data) * multiplier) & MASK;
  }
  if (tail > 0) hash = ((hash ^ word(bytes.length - tail, tail)) * multiplier) & MASK;
  hash = (mixed(hash) * multiplier) & MASK;
  return mixed(hash);
}

/** Bucket counts libstdc++'s hashtable grows through when filled one by one. Source: libstdc++ hashtable-aux.cc. */
const BUCKET_COUNTS = [
  13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172933, 351061, 712697, 1447153,
  2938679,
];

interface ChainNode {
  readonly hash: bigint;
  next: ChainNode | null;
}

/**
 * The order in which a libstdc++ `unordered_set<string>` iterates over hashes inserted one by one: one chain, in
 * which a bucket's nodes stay together and a new bucket goes to the front. Source: libstdc++ hashtable.h.
 */
export function iterationOrder(hashes: readonly bigint[]): bigint[] {
  const head: ChainNode = { hash: 0n, next: null };
  let growth = 0;
  let count = 1;
  let before = new Map<number, ChainNode>();
  const bucketOf = (node: ChainNode): number => Number(node.hash % BigInt(count));
  const link = (node: ChainNode): void => {
    const bucket = bucketOf(node);
    const previous = before.get(bucket);
    if (previous !== undefined) {
      node.next = previous.next;
      previous.next = node;
      return;
    }
    node.next = head.next;
    head.next = node;
    if (node.next !== null) before.set(bucketOf(node.next), node);
    before.set(bucket, head);
  };
  for (const [size, hash] of hashes.entries()) {
    if (size + 1 > count || size === 0) {
      count = BUCKET_COUNTS[growth++] ?? count * 2 + 1;
      before = new Map();
      let node = head.next;
      head.next = null;
      while (node !== null) {
        const { next } = node;
        link(node);
        node = next;
      }
    }
    link({ hash, next: null });
  }
  const order: bigint[] = [];
  for (let node = head.next; node !== null; node = node.next) order.push(node.hash);
  return order;
}

const digits = (value: bigint): string => value.toString().padStart(20, '0');

/**
 * torch's serialization id for records already written: `names` in write order without the directory, `crcs` of the
 * non-empty ones in write order. Source: torch inline_container.cc, spec/torch-semantics.md section 9.
 */
export function serializationId(names: readonly Uint8Array[], crcs: readonly number[]): string {
  const nameHash = iterationOrder(names.map(hashName)).reduce(combineHash, 0n);
  const contentHash = crcs.reduce((hash, crc) => combineHash(hash, BigInt(crc)), 0n);
  return digits(nameHash) + digits(contentHash);
}
