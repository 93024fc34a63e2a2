// torch.load's `map_location`: where the tensors of a file go. Source: torch.serialization._get_restore_location. Rules: docs/spec/files.md.
import { TorchError } from '../errors';
import { backendOf } from '../ops/dispatch';
import type { Device } from '../tensor/storage';

/**
 * One place for everything (`cpu`, `cuda:0`, `meta`), a place for each place the file names, or a function of the file's place;
 * what that gives no place for goes where the file says.
 */
export type MapLocation =
  string | Readonly<Record<string, string>> | ((location: string) => string | null | undefined);

/** The device for what lay at `location`; without a map the CPU, so that every file opens. RuntimeError for a place that is not here. */
export function deviceFor(location: string, map: MapLocation | null): Device {
  if (map === null) return 'cpu';
  if (typeof map === 'string') return restored(map);
  if (typeof map === 'function') return restored(map(location) ?? location);
  return restored(map[location] ?? location);
}

function restored(location: string): Device {
  if (location === 'cpu' || location === 'meta') return location;
  const [, index] = /^cuda(?::(\d+))?$/.exec(location) ?? [null, null];
  if (index === null)
    throw new TorchError(
      'RuntimeError',
      `don't know how to restore data location of torch.storage.UntypedStorage (tagged with ${location})`,
      'not_supported',
    );
  if (!backendOf('gpu'))
    throw new TorchError(
      'RuntimeError',
      "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your storages to the CPU.",
      'not_supported',
    );
  if (Number(index ?? 0) > 0)
    throw new TorchError(
      'RuntimeError',
      `Attempting to deserialize object on CUDA device ${index} but torch.cuda.device_count() is 1. Please use torch.load with map_location to map your storages to an existing device.`,
      'not_supported',
    );
  return 'gpu';
}
