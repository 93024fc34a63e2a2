// The project's own lint rules, as .oxlintrc.json loads them. The table they enforce stands in layers.mjs.
import path from 'node:path';

import { checkImport, confinedNames } from './layers.mjs';

const pathFromRoot = (context) => path.relative(context.cwd, context.filename).split(path.sep).join('/');

/** Refuses imports that the table of layers does not allow, whatever their form. */
const layering = {
  meta: { type: 'problem', schema: [], messages: { refused: '{{ reason }}' } },
  create(context) {
    const file = pathFromRoot(context);
    const check = (node) => {
      if (node?.type !== 'Literal' || typeof node.value !== 'string') return;
      const reason = checkImport(file, node.value);
      if (reason !== undefined) context.report({ node, messageId: 'refused', data: { reason } });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
    };
  },
};

/** Refuses, outside their home, the names that the table confines to one place. */
const confined = {
  meta: { type: 'problem', schema: [], messages: { refused: '{{ message }}' } },
  create(context) {
    const file = pathFromRoot(context);
    const isForeign = ({ folders, home }) => folders.includes(file.split('/')[0] ?? '') && !home.test(file);
    return Object.fromEntries(
      confinedNames
        .filter(isForeign)
        .map(({ selector, message }) => [
          selector,
          (node) => context.report({ node, messageId: 'refused', data: { message } }),
        ]),
    );
  },
};

export default { rules: { layering, 'confined-names': confined } };
