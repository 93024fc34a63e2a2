// How electron-vite builds the three parts of the window: main process, preload and renderer.
import { resolve } from 'node:path';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const at = (path: string): string => resolve(import.meta.dirname, path);

export default defineConfig({
  main: {
    build: {
      outDir: at('out/main'),
      sourcemap: true,
      externalizeDeps: true,
      rolldownOptions: {
        input: { index: at('main/index.ts') },
        // The addon is opened at run time through createRequire, never bundled.
        external: [/\.node$/],
      },
    },
  },
  preload: {
    build: {
      outDir: at('out/preload'),
      sourcemap: true,
      externalizeDeps: false, // a sandboxed preload cannot require from node_modules
      rolldownOptions: {
        input: { index: at('preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: at('renderer'),
    plugins: [react()],
    build: {
      outDir: at('out/renderer'),
      rolldownOptions: { input: { index: at('renderer/index.html') } },
    },
  },
});
