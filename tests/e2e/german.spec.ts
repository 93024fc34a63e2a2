// The window in German: every panel and the main dialogs are walked, and what is still English is listed.
import type { Page } from '@playwright/test';

import { card } from './support/canvas';
import { expect, test } from './support/fixtures';

test.use({ example: 'digits' });

/** Words that stand in English sentences and in no German one. */
const ENGLISH =
  /\b(?:the|and|with|of|is|are|not|no|from|this|that|its|to|by|for|each|first|change|layers?|samples?|target|loss|learning|choose|add|remove|undo|run|rate|waits|inferred|none|failed)\b/i;

/** What is PyTorch's or the declarations' own: names; what devices say of themselves. */
const OWN = [
  '.palette-name', '.about .facts', '.mono', '.shape', '.react-flow__node', '.picture-target', 'option', 'th', 'td', 'pre',
].join(', '); // prettier-ignore

/** Names of layers that are such words. */
const LAYERS = ['add', 'to'];

/** Texts, labels, placeholders and titles of what is shown, that look English. */
const englishTexts = (page: Page): Promise<readonly string[]> =>
  page.evaluate(
    ({ source, own }) => {
      const pattern = new RegExp(source, 'i');
      const found = new Set<string>();
      const take = (text: string | null | undefined): void => {
        if (text && pattern.test(text)) found.add(text.trim());
      };
      for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
        if (!element.checkVisibility() || element.closest(own)) continue;
        for (const name of ['aria-label', 'placeholder']) take(element.getAttribute(name));
        for (const child of element.childNodes)
          if (child.nodeType === Node.TEXT_NODE) take(child.textContent);
      }
      return [...found];
    },
    { source: ENGLISH.source, own: OWN },
  );

test('with German chosen no panel and no dialog speaks English', async ({ lazuli }, info) => {
  const { app, page } = lazuli;
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 860);
  });
  await page.evaluate(() => window.lazuli.call['app.prefer']({ language: 'de' }));
  await page.reload();
  const english: Record<string, readonly string[]> = {};
  const look = async (state: string): Promise<void> => {
    await page.screenshot({ path: info.outputPath(`${state}.png`) });
    const texts = (await englishTexts(page)).filter((text) => !LAYERS.includes(text));
    if (texts.length > 0) english[state] = texts;
  };
  // While sizes are blank their fields say so.
  await card(page, 'fc1').click();
  await look('Knoten ohne Form');
  await expect(card(page, 'fc1')).toHaveAttribute(
    'aria-label',
    'fc1, Linear, Ausgang unbekannt, 2 uninitialisiert',
  );
  await page.keyboard.press('Alt+C');
  await expect(page.getByRole('dialog')).toContainText('Ausgabe output');
  await look('Verbinden');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Probe einspeisen' }).first().click();
  await expect(card(page, 'fc2')).toContainText('10×64');
  for (const tab of ['Probe', 'Training', 'Vorhersagen', 'Läufe', 'Parameter', 'Probleme', 'Gliederung']) {
    await page.getByRole('tab', { name: tab, exact: true }).click();
    await page.evaluate(() => {
      for (const fold of document.querySelectorAll('details')) fold.open = true;
    });
    await look(tab);
  }
  await card(page, 'conv2').click();
  await look('Knoten');
  for (const command of ['file.new', 'file.settings', 'view.commandPalette', 'model.report', 'help.about']) {
    await lazuli.command(command);
    await expect(page.getByRole('dialog')).toBeVisible();
    if (command === 'model.report') {
      await page.getByRole('checkbox', { name: /^Messen/ }).check();
      await page.getByRole('button', { name: 'Speicher eines Laufs vorhersagen' }).click();
      await expect(page.getByRole('dialog')).toContainText('Ein Trainingsschritt mit 64 Beispielen');
      await expect(page.getByRole('dialog')).toContainText('davon Gradienten');
    }
    await look(command);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
  expect(english).toEqual({});

  await expect(card(page, 'fc2')).toContainText('Ausgang');
  await page.getByRole('tab', { name: 'Parameter', exact: true }).click();
  await expect(page.getByRole('row', { name: 'conv1.weight' })).toContainText('materialisiert');
  // Cards on the canvas follow the language as it is chosen.
  await lazuli.command('file.settings');
  await page.getByRole('dialog').getByLabel('Sprache').selectOption('en');
  await page.keyboard.press('Escape');
  await expect(card(page, 'fc2')).toContainText('output');
  await expect(page.getByRole('row', { name: 'conv1.weight' })).toContainText('materialized');
});

test('at 1280 pixels the figures of a run stand in one line, coloured as their curves; native dialogs speak German', async ({
  lazuli,
}, info) => {
  const { app, page } = lazuli;
  await page.evaluate(() => window.lazuli.call['app.prefer']({ language: 'de' }));
  await page.reload();
  await page.getByRole('tab', { name: 'Training', exact: true }).click();
  await page.getByRole('button', { name: 'Training beginnen' }).click();
  const numbers = page.locator('.run-numbers');
  await expect(numbers.locator('[data-tone="validation"]')).toContainText('%');
  await expect(page.locator('.project-name-text')).toHaveText('digits');
  const fits = await page
    .locator('.project-name-text')
    .evaluate((name) => name.scrollWidth <= name.clientWidth);
  expect(fits).toBe(true);
  await page.screenshot({ path: info.outputPath('run.png') });
  const tops = await numbers
    .locator('> div')
    .evaluateAll((figures) => figures.map((figure) => figure.getBoundingClientRect().top));
  expect(new Set(tops).size).toBe(1);
  await expect(page.getByRole('button', { name: 'Training beginnen' })).toBeVisible();

  await lazuli.answerMessages('Neu öffnen');
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
  });
  await expect
    .poll(() => lazuli.messages())
    .toEqual([
      expect.stringMatching(
        /^Das Fenster arbeitet nicht mehr \(es (ist abgestürzt|wurde von außen beendet)\)\n/,
      ),
    ]);
});
