// Playwright's test with a running Lazuli on a copy of an example; the app is ended and its folder removed afterwards.
import { test as base } from '@playwright/test';

import { openDisplay } from './display';
import { copyExample, endAll, launch, removeFolder, type Lazuli } from './lazuli';

interface Fixtures {
  /** Which example the window opens on. */
  readonly example: string;
  /** Added to the app's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The tour of a first start is shown. */
  readonly isFirstStart: boolean;
  readonly lazuli: Lazuli;
}

export const test = base.extend<Fixtures, { readonly display: void }>({
  display: [
    async ({}, use) => {
      const close = await openDisplay();
      await use();
      await close();
    },
    { scope: 'worker', auto: true },
  ],
  example: ['digits', { option: true }],
  environment: [{}, { option: true }],
  isFirstStart: [false, { option: true }],
  lazuli: async ({ example, environment, isFirstStart }, use) => {
    const { folder, project } = copyExample(example);
    const lazuli = await launch({ project, folder, environment, isFirstStart });
    await use(lazuli);
    await endAll();
    removeFolder(folder);
  },
});

export { expect } from '@playwright/test';
