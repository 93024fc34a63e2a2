// `lazuli new`: writes a project from a template.
import path from 'node:path';

import { serializeProject } from '#core/document/serialize';
import { TEMPLATES } from '#core/document/templates';
import { examplesFolder } from '#engine/about';
import { copyData, planDataMove } from '#engine/data-places';
import { newFromTemplate } from '#engine/project-files';
import { createProjectFile } from '#engine/projects';

import { clean, table } from '../text';
import type { Verb } from '../verb';

export const newProject: Verb = {
  name: 'new',
  summary: 'write a project from a template',
  arguments: [{ name: 'file', help: 'the project file to write (*.lazuli)', isOptional: true }],
  options: [
    { flag: 'template', value: 'name', help: 'what to start from (default: blank)' },
    { flag: 'list', help: 'show the templates' },
    { flag: 'force', help: 'replace a file that is there' },
  ],
  example: 'lazuli new digits.lazuli --template digits',
  async run({ args, options, output }) {
    if (options.isSet('list')) {
      const listed = TEMPLATES.map(({ name, summary }) => ({ name, summary }));
      const rows = listed.map(({ name, summary }) => [name, summary]);
      return output.result(listed, () =>
        table([{ title: 'template' }, { title: 'what it is' }], rows, output.paint),
      );
    }
    const name = options.text('template') ?? 'blank';
    const { project, folder } = newFromTemplate(name, examplesFolder());
    const file = args.required(0);
    const move = project.data && (await planDataMove(project.data, folder, path.dirname(path.resolve(file))));
    const made = { ...project, data: move && move.data };
    await createProjectFile(file, serializeProject(made), { replace: options.isSet('force') });
    const copied = move ? await copyData(move) : [];
    const beside = copied.length === 0 ? '' : `, with ${copied.join(' and ')} beside it`;
    output.result(
      { file, template: name, data: copied },
      () => `${clean(file)} written from the template ${name}${beside}`,
    );
  },
};
