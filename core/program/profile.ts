// From the seconds of a program's instructions to what each node costs: time, operations and memory, forward and backward.
import { addWork, NO_PROFILE, type NodeProfile, type StepPart, type StepProfile } from '../session/profile';
import type { CompiledProgram } from './index';
import type { Share } from './instructions';
import { flopsOf } from './work';

export type Measured = Pick<StepProfile, 'seconds' | 'nodes' | 'parts'>;

/** The median of each instruction over slices of a run, in seconds a step: one that was interrupted moves none. */
export function medianSeconds(slices: readonly Float64Array[]): Float64Array {
  return (slices[0] ?? new Float64Array()).map((_, at) => {
    const sorted = slices.map((slice) => slice[at] ?? 0).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  });
}

/** `seconds` of each instruction in one step. */
export function profileProgram(
  { spec, blocks }: Pick<CompiledProgram, 'spec' | 'blocks'>,
  seconds: ArrayLike<number>,
): Measured {
  const nodes: Record<string, NodeProfile> = {};
  const parts: Record<StepPart, number> = { data: 0, loss: 0, update: 0, other: 0 };
  const { instructions } = spec;
  const backwardFrom = instructions.findIndex(({ shares }) => shares?.[0]?.phase === 'backward');
  const bytes = new Float64Array(instructions.length);
  const kept = new Float64Array(instructions.length);
  for (const block of blocks) {
    bytes[block.first] = (bytes[block.first] ?? 0) + block.bytes;
    const isKept = backwardFrom >= 0 && block.first < backwardFrom && block.last >= backwardFrom;
    if (isKept) kept[block.first] = (kept[block.first] ?? 0) + block.bytes;
  }
  let total = 0;
  instructions.forEach((instruction, at) => {
    const took = seconds[at] ?? 0;
    total += took;
    const shares = instruction.shares ?? [];
    if (shares.length === 0) parts.other += took;
    const weights = shares.reduce((sum, { weight }) => sum + weight, 0);
    const flops = flopsOf(instruction, spec);
    shares.forEach((share, place) => {
      const part = weights > 0 ? share.weight / weights : 0;
      if (share.node === null) {
        parts[partOf(share)] += took * part;
        return;
      }
      // Memory belongs to the first: what the others brought is gone inside it.
      const made = place === 0 ? (bytes[at] ?? 0) : 0;
      const work = { seconds: took * part, flops: flops * part, bytes: made };
      const side = share.phase === 'forward' ? 'forward' : 'backward';
      const known = nodes[share.node] ?? NO_PROFILE;
      nodes[share.node] = {
        ...known,
        [side]: addWork(known[side], work),
        kept: known.kept + (place === 0 && side === 'forward' ? (kept[at] ?? 0) : 0),
        ...companions(known, share, shares),
      };
    });
  });
  return { seconds: total, nodes, parts };
}

const partOf = ({ phase }: Share): StepPart =>
  phase === 'data' || phase === 'loss' || phase === 'update' ? phase : 'other';

/** Which other nodes the instruction works for, by how the time is told. */
function companions(
  { inside, together }: NodeProfile,
  share: Share,
  shares: readonly Share[],
): Pick<NodeProfile, 'inside' | 'together'> {
  const others = shares.flatMap(({ node, weight }) =>
    node !== null && node !== share.node && weight > 0 ? [node] : [],
  );
  return share.weight === 0
    ? { inside: [...new Set([...inside, ...others])], together }
    : { inside, together: [...new Set([...together, ...others])] };
}
