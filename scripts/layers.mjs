// Who may import what: the one table behind the lint rule (scripts/lint-rules.mjs) and tests/architecture.
import path from 'node:path';

/**
 * For each folder: the folders (or parts of folders) its files may import, the packages, and whether Node's own
 * modules are open to it. A folder always reaches itself.
 * @type {Record<string, { folders: string[], packages: string[], node: boolean }>}
 */
export const layers = {
  core: { folders: [], packages: ['zod', 'fflate'], node: false },
  native: { folders: ['core'], packages: [], node: true },
  engine: {
    folders: ['core', 'native'],
    packages: ['papaparse', 'fflate', 'zod', '@photostructure/sqlite'],
    node: true,
  },
  main: { folders: ['core', 'engine'], packages: ['electron', 'zod'], node: true },
  cli: {
    folders: ['core', 'engine'],
    packages: ['commander', 'zod'],
    node: true,
  },
  preload: { folders: ['core/ipc'], packages: ['electron'], node: false },
  renderer: {
    folders: ['core'],
    packages: [
      'react',
      'react-dom',
      '@xyflow/react',
      'zustand',
      'elkjs',
      'uplot',
      '@fontsource-variable/inter',
      'lucide-react',
      'cmdk',
      '@tanstack/react-virtual',
      '@radix-ui/*',
    ],
    node: false,
  },
};

/** Packages that only some places may import, whatever their folder's row says. */
export const confined = [
  {
    package: '@xyflow/react',
    to: ['renderer/canvas/'],
    because: 'the rest of the window knows only core/graph',
  },
  { package: 'electron', to: ['main/', 'preload/'], because: 'everything else also runs without Electron' },
];

/** What Electron code may use in one place only; `home` is matched against the file's path from the root. */
export const confinedNames = [
  {
    folders: ['main', 'preload'],
    selector:
      "NewExpression[callee.name='BrowserWindow'], NewExpression[callee.property.name='BrowserWindow']",
    home: /^main\/windows?([-/.].*)?\.ts$/,
    message: 'create windows in main/window*.ts only, where their security settings stand',
  },
  {
    folders: ['main', 'preload'],
    selector: "ImportSpecifier[imported.name='ipcMain'], MemberExpression[property.name='ipcMain']",
    home: /^main\/ipc([-/.].*)?\.ts$/,
    message: 'register handlers through main/ipc*.ts only, where the sender and the message are checked',
  },
];

/** The only place that includes N-API headers. */
export const napiHome = 'native/src/binding/';

/** Subpath imports of package.json: `#core/x` is the folder core. */
const SUBPATH = /^#([a-z]+)(?:\/(.*))?$/;

/**
 * The part of the project a specifier names, as a path from the root without extension, or the package it names.
 * @param {string} file path from the root, with slashes
 * @param {string} specifier as written in the import
 * @returns {{ path: string } | { package: string } | { node: string }}
 */
export function resolveSpecifier(file, specifier) {
  const bare = specifier.replace(/\?.*$/, '');
  const subpath = SUBPATH.exec(bare);
  if (subpath) return { path: [subpath[1], subpath[2] ?? 'index'].join('/') };
  if (bare.startsWith('.')) return { path: path.posix.join(path.posix.dirname(file), bare) };
  if (bare.startsWith('node:')) return { node: bare };
  const parts = bare.split('/');
  return { package: bare.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? bare) };
}

/**
 * What is wrong with one import, or undefined when the table allows it.
 * @param {string} file path from the root, with slashes
 * @param {string} specifier as written in the import
 * @returns {string | undefined}
 */
export function checkImport(file, specifier) {
  const folder = file.split('/')[0] ?? '';
  const row = layers[folder];
  if (row === undefined) return undefined;
  const target = resolveSpecifier(file, specifier);
  if ('node' in target) {
    return row.node ? undefined : `${folder}/ runs without Node and may not import '${specifier}'`;
  }
  if ('package' in target) return checkPackage(file, folder, row, target.package);
  const isOwn = target.path.startsWith(`${folder}/`);
  if (isOwn && specifier.startsWith('#'))
    return `within ${folder}/ write a relative path, not '${specifier}'`;
  if (isOwn) return undefined;
  if (!specifier.startsWith('#'))
    return `leave ${folder}/ by '#folder/...', not by the relative path '${specifier}'`;
  const isAllowed = row.folders.some((allowed) => `${target.path}/`.startsWith(`${allowed}/`));
  const reach = row.folders.length === 0 ? 'only itself' : row.folders.map((name) => `${name}/`).join(', ');
  return isAllowed ? undefined : `${folder}/ may not import '${specifier}'; it may import ${reach}`;
}

function checkPackage(file, folder, row, name) {
  const matches = (allowed) =>
    allowed.endsWith('/*') ? name.startsWith(allowed.slice(0, -1)) : name === allowed;
  if (!row.packages.some(matches)) {
    const known = row.packages.join(', ') || 'none';
    return `${folder}/ may not import the package '${name}'; its packages (scripts/layers.mjs): ${known}`;
  }
  const rule = confined.find((entry) => entry.package === name);
  if (rule === undefined || rule.to.some((place) => file.startsWith(place))) return undefined;
  return `only ${rule.to.join(' and ')} may import '${name}': ${rule.because}`;
}
