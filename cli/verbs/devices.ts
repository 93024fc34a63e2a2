// `lazuli devices`: the backends found, and why others are not there.
import type { DeviceInfo } from '#core/session/devices';
import { devices as list } from '#engine/index';

import { table } from '../text';
import type { Verb } from '../verb';

/** A device as a row of the JSON document; what a GPU has beside the others in fields of the same names as everywhere. */
function documentOf({ isAvailable, gpu, ...device }: DeviceInfo): object {
  const row = {
    ...device,
    available: isAvailable,
    refusal: isAvailable ? null : (gpu?.refusal ?? device.detail),
  };
  if (!gpu) return row;
  return {
    ...row,
    type: gpu.type,
    driver_version: gpu.driverVersion,
    vulkan: gpu.vulkan,
    subgroup_size: gpu.subgroupSize,
    shared_memory: gpu.sharedMemory,
    matrix_units: gpu.matrixUnits,
    transfer_queue: gpu.hasTransferQueue,
  };
}

export const devices: Verb = {
  name: 'devices',
  summary: 'the backends found, and why others are not',
  arguments: [],
  options: [],
  example: 'lazuli devices',
  async run({ output }) {
    const found = list();
    output.result(found.map(documentOf), () =>
      table(
        [{ title: 'device' }, { title: 'name' }, { title: 'available' }, { title: 'detail' }],
        found.map(({ id, name, isAvailable, detail }) => [id, name, isAvailable ? 'yes' : 'no', detail]),
        output.paint,
      ),
    );
  },
};
