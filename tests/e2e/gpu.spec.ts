// A run on the GPU from the window: the device is chosen in the form, kept in the project, and trains with the CPU's results.
// Electron's own software driver stands for the GPU.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { eventChannel } from '#core/ipc/channels';

import { expect, test } from './support/fixtures';

const dist = resolve(import.meta.dirname, '../../node_modules/electron/dist');
const driver = join(dist, 'vk_swiftshader_icd.json');

test.use({
  example: 'iris',
  environment: {
    LAZULI_SOFTWARE_GPU: '1',
    LAZULI_VULKAN_LOADER: join(dist, 'libvulkan.so.1'),
    VK_ICD_FILENAMES: driver,
    VK_DRIVER_FILES: driver,
  },
});

test('a GPU is chosen as the device of a run, trains, and the project remembers it', async ({
  lazuli,
}, info) => {
  const { page, folder } = lazuli;
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByLabel('Device').selectOption('gpu');
  await page.getByLabel('Epochs', { exact: true }).fill('3');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(page.getByText(/Finished after/)).toBeVisible({ timeout: 60_000 });
  await page.screenshot({ path: info.outputPath('finished.png') });
  // The window answers, and the values are back on the CPU: the weights are saved beside the project.
  await lazuli.command('file.save');
  await expect.poll(() => readFileSync(join(folder, 'iris.lazuli'), 'utf8')).toContain('"device": "gpu"');
  await expect.poll(() => readFileSync(join(folder, 'iris.pt')).length).toBeGreaterThan(500);

  // The report says for each device what a run would take there.
  await lazuli.command('model.report');
  const report = page.getByRole('dialog', { name: 'Report of iris' });
  await report.getByRole('button', { name: 'Predict the memory of a run' }).click();
  await expect(report.getByRole('columnheader', { name: 'CPU', exact: true })).toBeVisible();
  await expect(report.getByRole('columnheader', { name: /\(chosen\)/ })).toContainText('SwiftShader');
  await expect(report.getByRole('row', { name: /^A run there/ }).getByText('fits')).toHaveCount(2);
  await page.screenshot({ path: info.outputPath('devices.png') });
  await page.keyboard.press('Escape');

  // A run whose device fails leaves a checkpoint, from which the CPU goes on.
  await page.getByLabel('Epochs', { exact: true }).fill('100000');
  await page.getByRole('button', { name: 'Start training' }).first().click();
  await expect(page.getByText(/^[1-9][0-9]* \/ 100,?000$/)).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).first().click();
  await expect(page.getByRole('button', { name: 'Start training' }).first()).toBeEnabled();
  const lost = { code: 'device_lost', message: 'the GPU stopped working' };
  await lazuli.app.evaluate(
    ({ BrowserWindow }, [channel, error]) => {
      BrowserWindow.getAllWindows()[0]?.webContents.send(channel, { state: 'idle', events: [], error });
    },
    [eventChannel('run'), lost] as const,
  );
  await page.getByRole('button', { name: 'Go on with the CPU' }).click();
  await expect(page.getByRole('button', { name: 'Stop' }).first()).toBeEnabled();
  await expect(page.getByLabel('Device')).toHaveValue('cpu');
  await page.getByRole('button', { name: 'Stop' }).first().click();
  await expect(page.getByRole('button', { name: 'Start training' }).first()).toBeEnabled();
});
