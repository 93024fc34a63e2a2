// Files dragged from the desktop onto the window, by the debugger's own drag events: the page never names a path.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { card } from './support/canvas';
import { expect, test } from './support/fixtures';
import type { Lazuli } from './support/lazuli';

/** Drags files over the window and, unless only that is wanted, drops them. */
async function dragFiles(
  { page }: Lazuli,
  files: readonly string[],
  types: readonly ('dragEnter' | 'dragOver' | 'drop')[] = ['dragEnter', 'dragOver', 'drop'],
): Promise<void> {
  const session = await page.context().newCDPSession(page);
  for (const type of types)
    await session.send('Input.dispatchDragEvent', {
      type,
      x: 700,
      y: 300,
      data: { items: [], files: [...files], dragOperationsMask: 1 },
    });
  await session.detach();
}

test('dropped files open as what they are, and what is none of it is said', async ({ lazuli }, info) => {
  const { page, folder } = lazuli;
  const inFolder = (name: string): string => join(folder, name);
  const alerts = page.getByRole('alert');
  const dismiss = async (): Promise<void> => page.getByRole('button', { name: 'Dismiss' }).first().click();

  await dragFiles(lazuli, [inFolder('digits.lazuli')], ['dragEnter', 'dragOver']);
  await expect(page.getByText('Drop to open')).toBeVisible();
  await page.screenshot({ path: info.outputPath('over.png') });

  writeFileSync(inFolder('notes.docx'), 'words');
  await dragFiles(lazuli, [inFolder('notes.docx')]);
  await expect(alerts).toContainText('Lazuli opens no files like notes.docx');
  await expect(alerts).toContainText('a project (.lazuli), weights (.pt');
  await expect(page.getByText('Drop to open')).toHaveCount(0);
  await page.screenshot({ path: info.outputPath('refused.png') });
  await dismiss();
  await dragFiles(lazuli, [inFolder('digits.lazuli'), inFolder('digits.csv.gz')]);
  await expect(alerts).toContainText('2 files were dropped at once');
  await dismiss();
  await dragFiles(lazuli, [folder]);
  await expect(alerts).toContainText('is a folder');
  await dismiss();

  writeFileSync(inFolder('points.csv'), 'a,b,label\n1,2,x\n3,4,y\n');
  await dragFiles(lazuli, [inFolder('points.csv')]);
  await expect(page.getByText('points.csv is the data now')).toBeVisible();
  await expect(page.getByText(/2 samples/)).toBeVisible();
  await page.keyboard.press('ControlOrMeta+Z');
  await expect(page.getByText(/1,797 samples/)).toBeVisible();

  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  await lazuli.answerDialog(inFolder('kept.pt'));
  await lazuli.command('file.saveWeights');
  await expect(page.getByText('Saved kept.pt')).toBeVisible();
  await dragFiles(lazuli, [inFolder('kept.pt')]);
  const dialog = page.getByRole('dialog', { name: 'Load kept.pt' });
  await expect(dialog).toContainText('fc2.weight');
  await dialog.getByRole('button', { name: 'Load weights' }).click();
  await expect(page.getByText('Loaded kept.pt')).toBeVisible();

  // A project asks about what is not saved, as opening it does.
  await lazuli.answerMessages("Don't save");
  await dragFiles(lazuli, [inFolder('digits.lazuli')]);
  await expect(card(page, 'fc2')).toContainText('uninitialized');
  expect(await lazuli.messages()).toEqual([expect.stringContaining('Save the changes')]);

  // The desktop asks for weights, and a second start for data: as if they were dropped.
  await lazuli.app.evaluate(({ app }, path) => {
    app.emit('open-file', { preventDefault: () => undefined }, path);
  }, inFolder('kept.pt'));
  await expect(dialog).toContainText('fc2.weight');
  await page.keyboard.press('Escape');
  await lazuli.app.evaluate(({ app }, at) => {
    app.emit('second-instance', {}, ['lazuli', '.', '--flag', 'points.csv'], at);
  }, folder);
  await expect(page.getByText(/2 samples/)).toBeVisible();
});

test('a page can neither name a path to open nor make a drop up', async ({ lazuli: { page, folder } }) => {
  expect(await page.evaluate(() => 'files.drop' in window.lazuli.call)).toBe(false);
  await page.evaluate(
    (path) => {
      const transfer = new DataTransfer();
      const file = new File(['{}'], path);
      Object.defineProperty(file, 'path', { value: path });
      transfer.items.add(file);
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));
    },
    join(folder, 'digits.lazuli'),
  );
  // A call made later is answered: nothing was told before it.
  await page.evaluate(() => window.lazuli.call['app.state']());
  await expect(page.getByRole('alert')).toHaveCount(0);
});
