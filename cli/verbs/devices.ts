// `lazuli devices`: the backends found, and why others are not there.
import { devices as list } from '#engine/index';

import { table } from '../text';
import type { Verb } from '../verb';

export const devices: Verb = {
  name: 'devices',
  summary: 'the backends found, and why others are not',
  arguments: [],
  options: [],
  example: 'lazuli devices',
  async run({ output }) {
    const found = list();
    const documents = found.map(({ isAvailable, ...device }) => ({ ...device, available: isAvailable }));
    output.result(documents, () =>
      table(
        [{ title: 'device' }, { title: 'name' }, { title: 'available' }, { title: 'detail' }],
        found.map(({ id, name, isAvailable, detail }) => [id, name, isAvailable ? 'yes' : 'no', detail]),
        output.paint,
      ),
    );
  },
};
