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
