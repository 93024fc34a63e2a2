// How the command line is bundled: cli/index.ts becomes out/cli/lazuli.js for Node, dependencies left in node_modules.
import { resolve } from 'node:path';

import { defineConfig } from 'vite';

const at = (path: string): string => resolve(import.meta.dirname, path);

export default defineConfig({
  logLevel: 'warn',
  publicDir: false,
  build: {
    ssr: true,
    target: 'node20',
    outDir: at('out/cli'),
    emptyOutDir: true,
    sourcemap: true,
    rolldownOptions: {
      input: { lazuli: at('cli/index.ts') },
      external: [/\.node$/],
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
