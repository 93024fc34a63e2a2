// Prints every example of layers, losses, optimizers and schedulers as JSON, for scripts/golden/catalogue.py:
//
//   node scripts/golden/catalogue.mjs | python scripts/golden/catalogue.py
import path from 'node:path';

import { runnerImport } from 'vite';

const requests = path.join(import.meta.dirname, '..', '..', 'tests', 'catalogue', 'requests.ts');
const { module } = await runnerImport(requests, { configFile: false, logLevel: 'error' });
const list = [...module.REQUESTS, ...module.SCHEDULER_REQUESTS].map((request) => ({
  ...request,
  fingerprint: module.fingerprint(request),
}));
process.stdout.write(`${JSON.stringify(list)}\n`);
