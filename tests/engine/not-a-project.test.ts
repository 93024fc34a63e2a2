// A file that is opened as a project and is none: what it holds is said, and where that belongs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';

import { readProjectFile } from '#engine/projects';
import { saidIn } from '#core/text/said';
import { openExample } from './support';

const folder = mkdtempSync(path.join(tmpdir(), 'lazuli-other-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0);

test.each([
  ['points.csv', 'count\n1\n', 'a table', '--data'],
  ['book.txt', 'words and words', 'a text', '--data'],
  ['cat.png', PNG, 'a PNG image', null],
  // Its name says project; its bytes do not.
  ['holiday.lazuli', PNG, 'a PNG image', null],
  ['page.lazuli', '<!doctype html><html>', 'an HTML page', null],
] as const)('%s', async (name, content, what, option) => {
  const file = written(name, content);
  await expect(readProjectFile(file)).rejects.toMatchObject({
    code: 'project_invalid',
    message: `${file} is no project: it holds ${what}`,
    details: {
      where: file,
      got: what,
      ...(option === null ? {} : { hint: expect.stringContaining(option) as string }),
    },
  });
  expect(saidIn('de', `${file} is no project: it holds ${what}`)).toMatch(/ist kein Projekt.* eine?n? /);
});

test('weights and arrays are told by their bytes, whatever they are called', async () => {
  const session = await openExample('iris');
  await session.feedSample();
  const [torch, safetensors] = [path.join(folder, 'a.pt'), path.join(folder, 'b.safetensors')];
  for (const file of [torch, safetensors]) await session.saveWeights(file);
  const refusal = (file: string): Promise<unknown> => readProjectFile(file).catch((error: unknown) => error);
  expect(await refusal(torch)).toMatchObject({
    details: { got: 'weights of PyTorch', hint: expect.stringContaining('--weights') as string },
  });
  expect(await refusal(safetensors)).toMatchObject({ details: { got: 'weights in safetensors' } });
});

test('a project with a fault keeps the place of the fault; what is called otherwise and is a project opens', async () => {
  await expect(readProjectFile(written('broken.lazuli', '{ "format": "lazuli", '))).rejects.toThrow(
    /broken\.lazuli is not valid JSON/,
  );
  const { project } = await openExample('iris');
  const { serializeProject } = await import('#core/document/serialize');
  const file = written('iris.json', serializeProject(project));
  expect((await readProjectFile(file)).project.name).toBe(project.name);
});
