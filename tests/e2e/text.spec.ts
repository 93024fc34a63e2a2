// The template of a text, as a newcomer meets it: chosen from the dialog, fed, trained, and asked to write on.
import { card } from './support/canvas';
import { expect, test } from './support/fixtures';

test('a character transformer learns from a text in under a minute and writes on, by keyboard', async ({
  lazuli,
}, info) => {
  test.setTimeout(240_000);
  const { app, page } = lazuli;
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 860);
  });
  await lazuli.command('file.new');
  const template = page.getByRole('dialog').getByRole('button', { name: /^opticks/ });
  await template.focus();
  await page.keyboard.press('Enter');
  await expect(card(page, 'transformer')).toBeVisible();
  await page.getByRole('tab', { name: 'Sample' }).click();
  await expect(page.getByLabel('Sample length')).toHaveValue('32');
  const samples = page.getByRole('list', { name: 'First samples' });
  await expect(samples.getByRole('listitem').first()).toContainText('Query');
  await page.screenshot({ path: info.outputPath('sample.png') });
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'scores')).toContainText('72×64');

  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await page.getByRole('tab', { name: 'Predictions' }).click();
  const prompt = page.getByLabel('Begins with');
  await prompt.fill('Do not the Rays ');
  await prompt.press('ControlOrMeta+Enter');
  const written = page.getByRole('region', { name: 'What the model writes' });
  // It writes while it learns.
  await expect(written).toContainText(/Do not the Rays [^]{20}/);
  await page.getByRole('tab', { name: 'Training' }).click();
  await expect(page.getByText(/Finished after/)).toBeVisible({ timeout: 180_000 });
  await page.screenshot({ path: info.outputPath('trained.png') });
  // Of 72 characters at random the loss is 4.3 and the accuracy 1.4 %.
  await expect(page.getByText(/^1\.\d+ · 5\d\.\d%$/)).toBeVisible();

  await page.getByRole('tab', { name: 'Predictions' }).click();
  await page.getByLabel('Characters', { exact: true }).fill('200');
  await page.getByLabel('Characters', { exact: true }).press('Enter');
  await page.getByRole('button', { name: 'Write on' }).press('Enter');
  await expect
    .poll(async () => ((await written.textContent()) ?? '').length)
    .toBe('Do not the Rays '.length + 200);
  await page.screenshot({ path: info.outputPath('written.png') });
  // A word that stands in the text all the time, and that nothing but learning would give.
  await expect(written).toContainText(/\b(?:the|of|and|Light|Rays)\b.*\b(?:the|of|and|Light|in)\b/s);

  await prompt.fill('Größe');
  await prompt.press('ControlOrMeta+Enter');
  await expect(page.getByRole('alert')).toContainText('does not know the character "ö"');
});
