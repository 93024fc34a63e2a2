// Files from the window: save as, reopen from the recent ones, weights in and out with their verdicts, pause and resume.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Locator, Page } from '@playwright/test';

import { expect, test } from './support/fixtures';
import { launch } from './support/lazuli';

const card = (page: Page, name: string): Locator => page.getByLabel(new RegExp(`^${name},`)).first();

test('save as writes the project and its weights elsewhere, and the data is still found', async ({
  lazuli,
}) => {
  const { page, folder } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  const target = join(folder, 'user-data', 'copy.lazuli');
  await lazuli.answerDialog(target);
  await lazuli.command('file.saveAs');
  await expect.poll(() => existsSync(target)).toBe(true);
  const saved: unknown = JSON.parse(readFileSync(target, 'utf8'));
  expect(saved).toMatchObject({
    format: 'lazuli',
    weights: 'copy.pt',
    data: { file: join(folder, 'digits.csv.gz') },
  });
  expect(existsSync(join(folder, 'user-data', 'copy.pt'))).toBe(true);

  await page.getByRole('button', { name: 'Recent projects' }).click();
  await page.getByRole('menuitem', { name: /^digits\.lazuli/ }).click();
  await expect(card(page, 'fc2')).toContainText('uninitialized');
});

test('an example is saved with its data beside it, also one that named it in an application that is gone', async ({
  lazuli,
}) => {
  const { page, folder } = lazuli;
  const iris = join(import.meta.dirname, '../../examples/iris');
  const [mine, old] = [join(folder, 'mine'), join(folder, 'old')];
  for (const each of [mine, old]) mkdirSync(each);
  const named = JSON.parse(readFileSync(join(iris, 'iris.lazuli'), 'utf8')) as { data: { file: string } };
  named.data.file = '/gone/lazuli/resources/app/examples/iris/iris.csv';
  writeFileSync(join(old, 'iris.lazuli'), JSON.stringify(named));

  for (const [from, to] of [
    [iris, mine],
    [old, old],
  ] as const) {
    await lazuli.answerDialog(join(from, 'iris.lazuli'));
    await lazuli.command('file.open');
    await expect(page.locator('.project-name')).toHaveAttribute(
      'title',
      from === old ? old : 'Not saved yet',
    );
    await page.getByRole('button', { name: 'Feed sample' }).first().click();
    await expect(card(page, 'fc1')).toContainText('16×4');
    await lazuli.answerDialog(join(to, 'iris.lazuli'));
    await lazuli.command('file.save');
    await expect(page.getByText('Its data, iris.csv, was copied beside it').last()).toBeVisible();
    await expect.poll(() => readdirSync(to).sort()).toEqual(['iris.csv', 'iris.lazuli', 'iris.pt']);
    // One of that name stands there from the start, and is replaced last.
    const saved = (): unknown => JSON.parse(readFileSync(join(to, 'iris.lazuli'), 'utf8'));
    await expect.poll(saved).toMatchObject({ data: { file: 'iris.csv' } });
  }
});

test('weights saved from one model load into a fresh one after their verdicts were shown', async ({
  lazuli,
}) => {
  const { page, folder } = lazuli;
  await page.getByRole('button', { name: 'Feed sample' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  const weights = join(folder, 'kept.safetensors');
  await lazuli.answerDialog(weights);
  await lazuli.command('file.saveWeights');
  await expect.poll(() => existsSync(weights)).toBe(true);

  await page.getByRole('tab', { name: 'Sample' }).click();
  await page.getByRole('button', { name: 'Back to uninitialized' }).click();
  await expect(card(page, 'fc2')).toContainText('uninitialized');
  await lazuli.command('file.loadWeights');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('fc2.weight');
  await expect(dialog).toContainText(/will materialize/i);
  await expect(card(page, 'fc2')).toContainText('uninitialized');
  await dialog.getByRole('button', { name: /^Load/ }).click();
  await expect(card(page, 'fc2')).toContainText('10×64');
});

test('saving uninitialized weights says what torch.load does with them and asks', async ({ lazuli }) => {
  const { page, folder } = lazuli;
  await expect(card(page, 'fc2')).toContainText('uninitialized');
  const [cancelled, all] = [join(folder, 'cancelled.pt'), join(folder, 'all.pt')];
  await lazuli.answerDialog(cancelled);
  await lazuli.answerMessages('Cancel');
  await lazuli.command('file.saveWeights');
  await expect.poll(() => lazuli.messages()).toHaveLength(1);
  expect((await lazuli.messages())[0]).toMatch(/uninitialized[^]*torch\.load refuses/);
  await lazuli.answerDialog(all);
  await lazuli.answerMessages('Save all');
  await lazuli.command('file.saveWeights');
  await expect.poll(() => existsSync(all)).toBe(true);
  await expect(page.getByText(/torch\.load refuses the whole file by default/)).toBeVisible();
  expect(existsSync(cancelled)).toBe(false);
});

test('weights beside a project that are damaged are told and the project opens all the same', async ({
  lazuli,
}) => {
  const { page, folder } = lazuli;
  const file = join(folder, 'digits.lazuli');
  const project = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(join(folder, 'digits.pt'), 'not weights');
  writeFileSync(join(folder, 'second.lazuli'), JSON.stringify({ ...project, weights: 'digits.pt' }));
  await lazuli.answerDialog(join(folder, 'second.lazuli'));
  await lazuli.command('file.open');
  await expect(page.getByText(/digits\.pt.*open without these weights/)).toBeVisible();
  await expect(card(page, 'conv1')).toContainText('uninitialized');
});

test('training pauses, resumes and stops, and keeps what it learned', async ({ lazuli }) => {
  const { page } = lazuli;
  const step = (): Promise<number> =>
    page.evaluate(async () => {
      const reply = await window.lazuli.call['app.state']();
      return reply.ok ? (reply.value.run.events.at(-1)?.step ?? 0) : -1;
    });
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Epochs').fill('5000');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await page.getByRole('button', { name: 'Pause' }).first().click();
  await expect(page.getByRole('button', { name: 'Resume' }).first()).toBeEnabled();
  const paused = await step();
  await page.getByRole('button', { name: 'Resume' }).first().click();
  await expect.poll(step).toBeGreaterThan(paused);
  await page.getByRole('button', { name: 'Stop' }).first().click();
  await expect(page.getByRole('button', { name: 'Start training' }).first()).toBeEnabled();
  const states = await page.evaluate(async () => {
    const reply = await window.lazuli.call['app.state']();
    const nodes = reply.ok ? (reply.value.opened?.model.nodes ?? []) : [];
    return nodes.flatMap((node) => node.parameters.map(({ state }) => state));
  });
  expect(new Set(states)).toEqual(new Set(['trained']));
});

test('a project that cannot be read at the start is told until it is dismissed, beside an empty one', async ({
  lazuli,
}) => {
  const { folder } = lazuli;
  await lazuli.close();
  const file = join(folder, 'broken.lazuli');
  writeFileSync(file, readFileSync(join(folder, 'digits.lazuli'), 'utf8').replace('"edges"', '"edgse"'));
  const { page } = await launch({ project: file, folder });
  const alert = page.getByRole('alert').filter({ hasText: 'The project was not opened' });
  await expect(alert).toContainText('graph.edges');
  await expect(page.getByText('Draw a network')).toBeVisible();
  await alert.getByRole('button', { name: 'Dismiss' }).click();
  await expect(alert).toHaveCount(0);
});
