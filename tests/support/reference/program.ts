// Runs a planned program with the reference kernels over one real arena, which starts full of garbage: what a program reads
// before writing shows up as nonsense.
import type { ProgramBuffer, ProgramSpec } from '#core/program/instructions';
import { elementSize } from '#core/tensor/dtype';
import { HostStorage } from '#core/tensor/host-storage';
import type { DenseTensor } from '#core/tensor/storage';

import { executeReference } from './backend';

export function runReference(spec: ProgramSpec, steps = 1): void {
  const arena = new HostStorage(new Uint8Array(spec.arenaBytes).fill(0xc7));
  const tensor = (buffer: ProgramBuffer | undefined): DenseTensor => {
    if (!buffer) throw new Error('a buffer index is out of range');
    const { dtype, shape, offset } = buffer;
    const storage = buffer.kind === 'arena' ? arena : buffer.storage;
    return { storage, dtype, shape, offset: offset / elementSize(dtype) };
  };
  const tensors = spec.buffers.map(tensor);
  for (let step = 0; step < steps; step++)
    for (const { op, inputs, outputs, attributes } of spec.instructions)
      executeReference(
        op,
        inputs.map((index) => (index === null ? null : (tensors[index] ?? null))),
        outputs.flatMap((index) => tensors[index] ?? []),
        attributes,
      );
}
