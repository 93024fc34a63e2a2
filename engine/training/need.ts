// The memory of a run beside what its device may give: on the one that the project names, and on each of the machine's.
import type { Project } from '#core/document/project';
import type { DeviceNeed, TrainingNeed } from '#core/session/training-memory';

import { cpuBackend, devices, gpuBackend } from '../backend';
import type { Dataset } from '../datasets/dataset';
import type { SampleShapes } from '../model/model';
import { compilePreflight, type CompiledPreflight, type PreflightOptions } from './preflight';

/** What a run is compiled from: the project, a sample's shapes and the data. */
export type Planned = readonly [Project, SampleShapes, Dataset];

export type NeedOptions = Omit<PreflightOptions, 'limit'>;

/** With the programs, which the run then need not compile again. Throws what `train` would throw before the first step. */
export async function needOf(
  planned: Planned,
  options: NeedOptions,
): Promise<Pick<CompiledPreflight, 'programs' | 'dataPlace'> & { readonly need: TrainingNeed }> {
  const { device } = planned[0].training;
  const limit =
    device === 'cpu' ? cpuBackend().native.info().memory_limit : gpuBackend(device).native.live().limit;
  const found = await compilePreflight(...planned, { ...options, limit });
  const { batch, memory, programs, dataPlace } = found;
  return { need: { batch, memory, limit }, programs, dataPlace };
}

/** For each device, also for those that cannot be used, and why. Throws the first error where there is none but errors. */
export async function needsOfDevices(
  [project, ...data]: Planned,
  { signal, ...options }: NeedOptions & { readonly signal?: AbortSignal | undefined },
): Promise<readonly DeviceNeed[]> {
  const needs: DeviceNeed[] = [];
  const errors: unknown[] = [];
  for (const { id, name, isAvailable, detail } of devices()) {
    signal?.throwIfAborted();
    const told = { device: id, name };
    if (!isAvailable) {
      needs.push({ ...told, need: null, problem: detail });
      continue;
    }
    const there = { ...project, training: { ...project.training, device: id } };
    try {
      const { need } = await needOf([there, ...data], options);
      needs.push({ ...told, need, problem: null });
    } catch (error) {
      errors.push(error);
      needs.push({ ...told, need: null, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  if (errors.length > 0 && needs.every(({ need }) => need === null)) throw errors[0];
  return needs;
}
