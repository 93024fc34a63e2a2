// Choosing among several GPUs: by number, one at a time, and what is said of one that is not there.
import { afterAll, beforeAll, expect, test } from 'vitest';

import { backendFor, devices, gpuBackend } from '#engine/backend';

import { openExample } from '../engine/support';
import './second-driver';
import { DEVICES } from './devices';

beforeAll(() => {
  process.env['LAZULI_SOFTWARE_GPU'] = '1';
});
afterAll(() => {
  delete process.env['LAZULI_SOFTWARE_GPU'];
});

test('each device is opened by its number, and the first also as gpu', () => {
  for (const { index, name } of DEVICES) {
    const backend = backendFor(`gpu:${index}`);
    expect('info' in backend.native && backend.native.info()).toMatchObject({ name });
    expect(backendFor(`gpu:${index}`)).toBe(backend);
  }
  expect(backendFor('gpu').native.info()).toMatchObject({ name: DEVICES[0]?.name });
});

test('the list names every device once', () => {
  const ids = devices().map(({ id }) => id);
  expect(ids.slice(0, 2)).toEqual(['cpu', 'gpu']);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(DEVICES.length);
});

test('the list says what a GPU is and has', () => {
  const [, gpu] = devices();
  const [device] = DEVICES;
  expect(gpu?.gpu).toEqual({
    type: 'software',
    driverVersion: device?.driver_version,
    vulkan: device?.api_version,
    subgroupSize: device?.subgroup_size,
    sharedMemory: device?.shared_memory,
    matrixUnits: device?.matrix_units,
    hasTransferQueue: device?.has_copy_queue,
    refusal: '',
  });
  expect(gpu?.gpu?.subgroupSize).toBeGreaterThan(0);
  expect(gpu?.gpu?.sharedMemory).toBeGreaterThanOrEqual(32768);
  expect(gpu?.detail).toContain(`subgroups of ${gpu?.gpu?.subgroupSize}`);
});

test('a number that no device has is refused with how many there are', () => {
  expect(() => backendFor('gpu:42')).toThrow(/there is no gpu:42; GPUs found: \d+/);
});

test('a second GPU waits while a program holds the first', () => {
  expect(DEVICES.length).toBeGreaterThan(1);
  const [first, second] = DEVICES;
  const backend = backendFor(`gpu:${first?.index ?? 0}`);
  const program = backend.createProgram({ buffers: [], instructions: [], arenaBytes: 0 });
  expect(() => backendFor(`gpu:${second?.index ?? 1}`)).toThrow(/another run uses the other GPU/);
  program.dispose();
  expect(backendFor(`gpu:${second?.index ?? 1}`).native.info()).toMatchObject({ name: second?.name });
});

test('the preflight names each GPU with what a run takes there and what it may give', async () => {
  const session = await openExample('iris', { device: 'cpu' });
  const needs = await session.trainingNeeds();
  const [cpu, gpu] = needs;
  expect(cpu?.need).toEqual(await session.trainingNeed());
  await session.update({ ...session.project, training: { ...session.project.training, device: 'gpu' } });
  expect(gpu).toEqual({
    device: 'gpu',
    name: DEVICES[0]?.name,
    need: await session.trainingNeed(),
    problem: null,
  });
  expect(gpu?.need?.limit).toBe(gpuBackend('gpu').native.live().limit);
});
