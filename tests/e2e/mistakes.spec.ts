// The likely mistakes: a wrong file, a size that does not fit, a full of nothing project. Each is told, nothing is lost.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from './support/fixtures';

test('a file that is no project is refused by name and the open project stays', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  const wrong = join(folder, 'holiday.lazuli');
  writeFileSync(wrong, Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]));
  await lazuli.answerDialog(wrong);
  await lazuli.command('file.open');
  await expect(page.getByRole('alert').filter({ hasText: 'holiday.lazuli' })).toBeVisible();
  await expect(page.getByLabel(/^conv1,/).first()).toBeVisible();
});

test('data and weights opened as a project go where they belong; a picture is told for what it is', async ({
  lazuli,
}) => {
  const { page, folder } = lazuli;
  const open = async (name: string): Promise<void> => {
    await lazuli.answerDialog(join(folder, name));
    await page.getByRole('button', { name: 'Open', exact: true }).press('Enter');
  };
  const alert = page.getByRole('alert');
  writeFileSync(join(folder, 'points.csv'), 'a,b,label\n1,2,x\n3,4,y\n');
  await open('points.csv');
  await expect(page.getByText('points.csv is the data now')).toBeVisible();
  await expect(page.getByText(/2 samples/)).toBeVisible();
  await lazuli.command('edit.undo');
  await expect(page.getByText(/1,797 samples/)).toBeVisible();

  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(page.getByLabel(/^fc2,/).first()).toContainText('10×64');
  await lazuli.answerDialog(join(folder, 'kept.safetensors'));
  await lazuli.command('file.saveWeights');
  await expect(page.getByText('Saved kept.safetensors')).toBeVisible();
  await lazuli.answerMessages("Don't save");
  await open('kept.safetensors');
  await expect(page.getByRole('dialog', { name: 'Load kept.safetensors' })).toContainText('fc2.weight');
  await page.keyboard.press('Escape');

  writeFileSync(join(folder, 'cat.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]));
  await open('cat.png');
  await expect(alert).toContainText('is no project: it holds a PNG image');
  await expect(page.getByLabel(/^conv1,/).first()).toBeVisible();
  await alert.getByRole('button', { name: 'Dismiss' }).press('Enter');
  await lazuli.answerDialog(join(folder, 'points.csv'));
  await lazuli.command('file.loadWeights');
  await expect(alert).toContainText('points.csv holds a table, not weights');
});

test('a truncated weights file is refused by name and the parameters stay', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  const wrong = join(folder, 'cut.pt');
  writeFileSync(wrong, Buffer.from('PK\u0003\u0004cut off here', 'latin1'));
  await lazuli.answerDialog(wrong);
  await lazuli.command('file.loadWeights');
  await expect(page.getByRole('alert').filter({ hasText: 'cut.pt' })).toBeVisible();
  await expect(page.getByLabel(/^conv1,/).first()).toContainText('uninitialized');
});

test('a size that does not fit names the two nodes and the numbers', async ({ lazuli }) => {
  const { page } = lazuli;
  await page.getByLabel(/^fc1,/).first().click();
  const size = page.getByRole('complementary', { name: 'Inspector' }).getByLabel('in_features');
  await size.fill('100');
  await size.press('Enter');
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  const alert = page.getByRole('alert').filter({ hasText: 'in_features: expected 100, got 512' });
  await expect(alert).toContainText("Linear 'fc1'");
  await expect(alert).toContainText("32·4·4 from 'flatten'");
  await expect(page.getByLabel(/^conv1,/).first()).toContainText('uninitialized');
});
