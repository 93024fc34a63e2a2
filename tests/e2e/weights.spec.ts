// Weights whose keys are not the model's, in the window: renamed while their verdicts are shown, or loaded in part.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from './support/fixtures';

/** A safetensors file with other keys and the same data. */
function withKeys(bytes: Buffer, rename: (key: string) => string): Buffer {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, unknown>;
  const renamed = Object.fromEntries(Object.entries(header).map(([key, value]) => [rename(key), value]));
  const text = Buffer.from(JSON.stringify(renamed));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, bytes.subarray(8 + length)]);
}

test('keys with a prefix fit once it is stripped, and a part loads when that is asked for', async ({
  lazuli,
}) => {
  const { page, folder } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  const card = page.getByLabel(/^fc2,/).first();
  await expect(card).toContainText('10×64');
  const file = join(folder, 'weights.safetensors');
  await lazuli.answerDialog(file);
  await lazuli.command('file.saveWeights');
  await expect.poll(() => existsSync(file)).toBe(true);
  const rename = (key: string): string =>
    key === '__metadata__' ? key : key === 'fc2.bias' ? 'other' : `module.${key}`;
  writeFileSync(file, withKeys(readFileSync(file), rename));

  await page.getByRole('tab', { name: 'Sample' }).click();
  await page.getByRole('button', { name: 'Back to uninitialized' }).click();
  await lazuli.command('file.loadWeights');
  const dialog = page.getByRole('dialog');
  const load = dialog.getByRole('button', { name: 'Load weights' });
  await expect(dialog).toContainText('module.fc2.weight');
  await expect(load).toBeDisabled();

  await dialog.getByLabel('Rename keys').fill('(a');
  await expect(dialog.getByRole('status')).toContainText('has no =>');
  await dialog.getByLabel('Rename keys').fill('');
  await dialog.getByLabel('Strip prefix').fill('module.');
  await expect(dialog).not.toContainText('module.fc2.weight');
  await expect(dialog.getByRole('status')).toContainText('2 of');
  await expect(load).toBeDisabled();
  await expect(card).toContainText('uninitialized');
  await dialog.getByLabel('Load what fits').check();
  await load.click();
  await expect(dialog).toBeHidden();
  await expect(card).toContainText('10×64');
});
