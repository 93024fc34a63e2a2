// The settings of a run in the window: a schedule, schedules inside one, early stopping; what is set is in the file and in the run.
import { expect, test } from './support/fixtures';

test.use({ example: 'digits' });

test('schedules and early stopping are chosen, and a run follows them', async ({ lazuli }, info) => {
  const { app, page } = lazuli;
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 860);
  });
  await page.getByRole('tab', { name: 'Training' }).click();
  await expect(page.getByText(/^Memory: \d+\.\d MiB of \d+\.\d GiB$/)).toBeVisible();
  await page.getByText('Schedule of the learning rate').click();
  await page.getByLabel('Scheduler', { exact: true }).selectOption('SequentialLR');
  await expect(page.getByLabel('Scheduler 2', { exact: true })).toHaveValue('cosine_annealing_lr');
  await page.getByLabel('Scheduler 1', { exact: true }).selectOption('ConstantLR');
  await page.getByRole('button', { name: 'Add scheduler' }).click();
  await expect(page.getByLabel('Scheduler 3', { exact: true })).toHaveValue('exponential_lr');
  await page.screenshot({ path: info.outputPath('sequential.png') });
  await page.getByRole('button', { name: 'Remove scheduler 3' }).click();

  await page.getByLabel('Scheduler', { exact: true }).selectOption('OneCycleLR');
  await page.getByLabel('max_lr').fill('0.02');
  await page.getByLabel('max_lr').press('Enter');
  await page.getByText('Best epoch and early stopping').click();
  await page.getByLabel('Early stopping', { exact: true }).selectOption('On');
  await page.getByLabel('patience').fill('2');
  await page.getByLabel('patience').press('Enter');
  await page.getByText('Gradients and precision').click();
  await page.getByLabel('max_norm').fill('1');
  await page.getByLabel('max_norm').press('Enter');
  await page.screenshot({ path: info.outputPath('settings.png') });

  await page.getByLabel('Epochs', { exact: true }).fill('2');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(page.getByText(/Finished after/)).toBeVisible({ timeout: 60_000 });
  await page.screenshot({ path: info.outputPath('run.png') });
});

test('metrics are added with their options, and the last epoch shows them', async ({ lazuli }, info) => {
  const { app, page } = lazuli;
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 860);
  });
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByText('Metrics: accuracy').click();
  await page.getByRole('button', { name: 'Add metric' }).click();
  await page.getByLabel('Metric 2', { exact: true }).selectOption('f1');
  await page.getByLabel('average').selectOption('weighted');
  await page.getByRole('button', { name: 'Add metric' }).click();
  await page.getByLabel('Metric 3', { exact: true }).selectOption('confusion matrix');
  await page.screenshot({ path: info.outputPath('metrics.png') });
  await expect(page.getByText('Metrics: accuracy, f1(average=weighted), confusion_matrix')).toBeVisible();

  await page.getByLabel('Epochs', { exact: true }).fill('2');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(page.getByText(/Finished after/)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('row', { name: /^f1\(average=weighted\) \d/ })).toContainText('%');
  await expect(page.getByText('validation confusion matrix')).toBeVisible();
  await page.screenshot({ path: info.outputPath('measured.png') });
});

test.describe('two inputs and two losses', () => {
  test.use({ example: 'pairs' });

  test('slots, weights and further data are chosen by keyboard, and the run shows each loss', async ({
    lazuli,
  }, info) => {
    const { app, page } = lazuli;
    await app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 860);
    });
    await page.getByRole('tab', { name: 'Sample' }).click();
    await expect(page.getByRole('group', { name: 'Input right' }).getByLabel('right array')).toHaveValue(
      'right',
    );
    await expect(page.getByRole('list', { name: 'First samples' }).locator('canvas')).toHaveCount(96);
    await page.screenshot({ path: info.outputPath('pairs.png') });

    await page.getByRole('tab', { name: 'Training' }).click();
    const negative = page.getByLabel('input2 gets');
    await expect(negative.locator('option:checked')).toHaveText('right_code (output)');
    await expect(page.getByLabel('target gets').first().locator('option:checked')).toHaveText(
      'target (target, usual)',
    );
    await page.getByLabel('Weight of loss 2').fill('0.25');
    await page.getByLabel('Weight of loss 2').press('Enter');
    const add = page.getByRole('button', { name: 'Add loss' });
    await add.focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Loss 3', { exact: true }).selectOption('MSELoss');
    const third = page.getByRole('group', { name: 'Loss 3' });
    await third.getByLabel('target gets').selectOption('left_code (output)');
    await third.getByLabel('input gets').selectOption('right_code (output)');
    await page.screenshot({ path: info.outputPath('losses.png') });
    await page.getByRole('button', { name: 'Remove loss 3' }).press('Enter');
    await expect(page.getByLabel('Loss 3', { exact: true })).toHaveCount(0);

    await page.getByLabel('Epochs', { exact: true }).fill('2');
    await page.getByRole('button', { name: 'Start training' }).first().click();
    await expect(page.getByText(/Finished after/)).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole('row', { name: /^score\.accuracy \d/ })).toContainText('%');
    await expect(page.getByRole('row', { name: /^cosine embedding\.loss \d/ })).toBeVisible();
    await page.screenshot({ path: info.outputPath('run.png') });
  });
});
