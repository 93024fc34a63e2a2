// Experiments: runs are recorded, compared, restored, exported and deleted; others wait for the one that goes on; closing asks; the end is told.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { expect, test } from './support/fixtures';

test.use({ example: 'digits' });

const states = (page: Page): Promise<readonly string[]> =>
  page.evaluate(async () => {
    const reply = await window.lazuli.call['runs.list']();
    return reply.ok ? reply.value.map(({ id, state }) => `${id} ${state}`) : [reply.error.message];
  });

async function setRate(page: Page, rate: string): Promise<void> {
  await page.getByLabel('Learning rate', { exact: true }).fill(rate);
  await page.getByLabel('Learning rate', { exact: true }).press('Enter');
}

test('a run waits for another; both are compared, one is restored, undone, exported and deleted; closing asks', async ({
  lazuli,
}, info) => {
  const { app, page, folder } = lazuli;
  await app.evaluate(({ BrowserWindow, Notification }) => {
    const [window] = BrowserWindow.getAllWindows();
    window?.setContentSize(1440, 860);
    if (window) window.isFocused = () => false;
    const shown: string[] = [];
    Reflect.set(globalThis, 'notified', shown);
    Notification.isSupported = () => true;
    Notification.prototype.show = function show(this: { title: string }) {
      shown.push(this.title);
    };
  });
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByRole('checkbox', { name: 'Write TensorBoard events' }).check();
  // The rate is looked for first, and chosen from the keyboard.
  await page.getByText('Find a learning rate').click();
  await page.getByRole('button', { name: 'Try growing rates' }).press('Enter');
  await expect(page.getByText(/^Suggested: /)).toBeVisible();
  await page.getByRole('slider', { name: 'Rate on the curve' }).press('ArrowRight');
  await page.screenshot({ path: info.outputPath('rates.png') });
  const rate = await page.getByRole('slider', { name: 'Rate on the curve' }).getAttribute('aria-valuetext');
  await page.getByRole('button', { name: 'Use this rate' }).click();
  await expect(page.getByLabel('Learning rate', { exact: true })).toHaveValue(String(rate));
  await page.getByText('Find a learning rate').click();
  await page.getByLabel('Epochs', { exact: true }).fill('1000000');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(page.getByRole('button', { name: 'Queue' }).first()).toBeEnabled();
  // The settings of the next runs; the one that goes on keeps its own.
  await page.getByLabel('Epochs', { exact: true }).fill('3');
  await setRate(page, '0.05');
  await page.getByRole('button', { name: 'Queue' }).first().click();
  await setRate(page, '0.5');
  await lazuli.command('model.queue');
  const waiting = page.getByRole('list', { name: 'Waiting runs' }).getByRole('listitem');
  await expect(waiting).toHaveCount(2);
  await expect(waiting.first()).toContainText('rate 0.05, 3 epochs');
  await page.screenshot({ path: info.outputPath('queue.png') });
  await page.getByRole('button', { name: 'Move waiting run 2 up' }).press('Enter');
  await expect(waiting.first()).toContainText('rate 0.5');
  await page.getByRole('button', { name: 'Cancel waiting run 1' }).click();
  await expect(waiting).toHaveCount(1);

  await page.getByRole('button', { name: 'Stop' }).first().click();
  await expect.poll(() => states(page)).toEqual(['2 finished', '1 stopped']);
  await expect(waiting).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Start training' }).first()).toBeEnabled();
  const notified = () => app.evaluate(() => Reflect.get(globalThis, 'notified') as string[]);
  await expect.poll(notified).toEqual(['Training stopped: digits', 'Training finished: digits']);

  expect(readdirSync(join(folder, 'digits.runs', 'tensorboard'))).toEqual([
    expect.stringMatching(/^digits-\d{8}-\d{6}$/),
    expect.stringMatching(/^digits-\d{8}-\d{6}$/),
  ]);

  await lazuli.command('view.runs');
  await page.getByRole('checkbox', { name: 'Compare run 2' }).focus();
  await page.keyboard.press('Space');
  await page.getByRole('row', { name: /^Compare run 1 1/ }).click();
  const different = page.getByRole('region', { name: 'Chosen runs' }).getByRole('row');
  await expect(different.filter({ hasText: 'optimizer.lr' })).toContainText('0.05');
  await expect(different.filter({ hasText: 'epochs' })).toContainText('1000000');
  await expect(different.filter({ hasText: 'batchSize' })).toHaveCount(0);
  await page.getByLabel('Curve', { exact: true }).selectOption('validation_loss');
  await page.getByLabel('Along', { exact: true }).selectOption('epoch');
  await expect(page.getByRole('figure', { name: 'validation_loss of run 2, run 1' })).toBeVisible();
  await page.screenshot({ path: info.outputPath('compared.png') });

  // Back to the first run, from the keyboard: its epochs return, and undo takes the later ones back.
  await page.getByRole('checkbox', { name: 'Compare run 2' }).press('Space');
  await page.getByRole('button', { name: 'Restore' }).press('Enter');
  await expect(page.getByText('The project and the best weights of run 1 are back')).toBeVisible();
  await page.getByRole('tab', { name: 'Training' }).click();
  await expect(page.getByLabel('Epochs', { exact: true })).toHaveValue('1000000');
  await lazuli.command('edit.undo');
  await expect(page.getByLabel('Epochs', { exact: true })).toHaveValue('3');
  await lazuli.command('edit.redo');
  await expect(page.getByLabel('Epochs', { exact: true })).toHaveValue('1000000');

  await page.getByRole('tab', { name: 'Runs' }).click();
  await lazuli.answerDialog(join(folder, 'out.csv'));
  await page.getByRole('button', { name: 'Export runs…' }).click();
  await expect.poll(() => existsSync(join(folder, 'out.csv'))).toBe(true);
  expect(readFileSync(join(folder, 'out.csv'), 'utf8')).toMatch(/^id,started,.*\n1,.*,stopped,adam,/);
  await lazuli.answerMessages('Delete');
  await page.getByRole('button', { name: 'Delete…' }).click();
  await expect.poll(() => states(page)).toEqual(['2 finished']);
  expect(await lazuli.messages()).toEqual([expect.stringContaining('Delete run 1?')]);

  // The report of the model, with the memory a run took.
  await lazuli.command('model.report');
  const report = page.getByRole('dialog', { name: 'Report of digits' });
  await expect(report.getByRole('row').filter({ hasText: 'fc1' })).toContainText('32,832');
  await report.getByLabel('Measure what each layer costs').check();
  await expect(report.getByRole('row', { name: /^conv2/ })).toContainText(/[µm]s/);
  await report.getByRole('button', { name: 'Predict the memory of a run' }).click();
  await expect(report.getByText('Measured during the last run')).toBeVisible({ timeout: 20_000 });
  await expect(report.getByText(/Predicted, batches of 64/)).toBeVisible();
  await page.screenshot({ path: info.outputPath('report.png') });
  await report.getByRole('button', { name: 'Copy as Markdown' }).press('Enter');
  await expect
    .poll(() => app.evaluate(({ clipboard }) => clipboard.readText()))
    .toMatch(/backward µs[^]*\| fc1 \| linear \| 64×64 \| 32832 \|[^]*A training step of 64 samples/);
  await page.keyboard.press('Escape');

  // Closing the window while a run goes on asks.
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(page.getByRole('button', { name: 'Stop' }).first()).toBeEnabled();
  const close = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await lazuli.answerMessages('Keep training');
  await close();
  await expect
    .poll(() => lazuli.messages())
    .toEqual([expect.stringContaining('Stop the training and close?')]);
  await expect(page.getByRole('button', { name: 'Stop' }).first()).toBeEnabled();

  // The first question is answered by name, and the one about unsaved work by the place of that answer: "Save" would ask where.
  const ended = app.waitForEvent('close');
  await app.evaluate(({ dialog }) => {
    Reflect.set(dialog, 'showMessageBox', (_window: unknown, { buttons }: { buttons: string[] }) =>
      Promise.resolve({
        response: Math.max(buttons.indexOf('Stop and close'), buttons.indexOf("Don't save")),
      }),
    );
  });
  await close();
  await ended;
  expect(existsSync(join(folder, 'digits.runs.db'))).toBe(true);
  const { RunHistory, historyBeside } = await import('../../engine/history');
  const history = RunHistory.open(historyBeside(join(folder, 'digits.lazuli')));
  expect(history.list()).toMatchObject([
    { id: 3, state: 'stopped' },
    { id: 2, state: 'finished' },
  ]);
  expect(history.list()[0]?.weights).not.toBeNull();
  history.close();
});

test.describe('on a small model', () => {
  test.use({ example: 'iris' });

  test('a stopped run is continued as a new one to the very same weights; older runs lose their files, starred ones keep them', async ({
    lazuli,
  }, info) => {
    const { page, folder } = lazuli;
    const weights = async (): Promise<string> =>
      page.evaluate(async () => {
        const reply = await window.lazuli.call['model.exportState']();
        return reply.ok ? reply.value.join() : reply.error.message;
      });
    const files = (): readonly string[] =>
      readdirSync(join(folder, 'iris.runs')).filter((name) => name.endsWith('.pt'));
    const start = async (): Promise<void> =>
      page.getByRole('button', { name: 'Start training' }).first().click();
    await page.getByRole('tab', { name: 'Training' }).click();
    await page.getByLabel('Epochs', { exact: true }).fill('800');
    await start();
    await expect.poll(() => states(page)).toEqual(['1 finished']);
    const unbroken = await weights();

    await lazuli.command('edit.undo');
    // With the first news of a third epoch, while most are still to come.
    await page.evaluate(() => {
      const end = window.lazuli.on.run(({ state, events }) => {
        if (state !== 'running' || (events.at(-1)?.epoch ?? 0) < 3) return;
        end();
        void window.lazuli.call['train.stop']();
      });
    });
    await start();
    await expect.poll(() => states(page)).toEqual(['2 stopped', '1 finished']);
    expect(await weights()).not.toBe(unbroken);

    await lazuli.command('view.runs');
    const proceed = page.getByRole('button', { name: 'Continue' });
    await expect(proceed).toBeDisabled();
    await page.getByRole('checkbox', { name: 'Compare run 2' }).press('Space');
    await proceed.press('Enter');
    await expect.poll(() => states(page)).toEqual(['3 finished', '2 stopped', '1 finished']);
    expect(await weights()).toBe(unbroken);

    // One run keeps its files from now on, and the one with a star.
    await lazuli.command('view.runs');
    await expect(page.getByTitle('Went on from run 2')).toBeVisible();
    await page.getByRole('button', { name: 'Keep the files of run 1' }).press('Enter');
    await expect(page.getByRole('button', { name: 'Keep the files of run 1', pressed: true })).toBeVisible();
    await page.screenshot({ path: info.outputPath('runs.png') });
    await page.getByRole('button', { name: 'Limits…' }).click();
    await page.getByLabel('Runs that keep their weights').fill('1');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await expect(
      page.getByText(/in the weights of 3 runs · the newest 1 and those with a star/),
    ).toBeVisible();
    await start();
    await expect.poll(() => states(page)).toHaveLength(4);
    await expect.poll(() => files().length).toBe(2);
    await lazuli.command('view.runs');
    await expect(page.getByRole('row', { name: /^Compare run 2/ })).toContainText('–');

    await lazuli.answerMessages('Delete weights');
    await page.getByRole('checkbox', { name: 'Compare run 1' }).check();
    await page.getByRole('button', { name: 'Delete weights…' }).click();
    await expect.poll(() => files().length).toBe(1);
    expect(await lazuli.messages()).toEqual([expect.stringContaining('Delete the weights of')]);
    expect(await states(page)).toHaveLength(4);
  });
});
