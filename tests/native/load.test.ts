// Loading the addon: what is said when it is absent, damaged, or built from another version.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LazuliError } from '#core/errors';
import { findAddon, loadedNative, loadNative, openAddon } from '#native';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lazuli-addon-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function failure(body: () => unknown): LazuliError {
  try {
    body();
  } catch (error) {
    if (error instanceof LazuliError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('loading', () => {
  it('says where it looked and what to run when nothing is built', () => {
    const error = failure(() => findAddon(folder));
    expect(error.code).toBe('native_missing');
    expect(error.message).toContain(`above ${folder}. Run: npm run native`);
    expect(error.details).toMatchObject({ where: folder, hint: 'build it with: npm run native' });
  });

  it('finds the addon from any folder below its checkout', () => {
    const release = join(folder, 'checkout/native/build/Release');
    mkdirSync(release, { recursive: true });
    mkdirSync(join(folder, 'checkout/out/main'), { recursive: true });
    writeFileSync(join(release, 'lazuli_native.node'), 'not an addon');
    expect(findAddon(join(folder, 'checkout/out/main'))).toBe(join(release, 'lazuli_native.node'));
  });

  it('gives the system’s reason for a file that does not load', () => {
    const file = join(folder, 'broken.node');
    writeFileSync(file, 'not an addon');
    const error = failure(() => openAddon(file));
    expect(error).toMatchObject({ code: 'native_missing', details: { where: file } });
    expect(error.message).toMatch(/does not load: .+Run: npm run native/);
  });

  it('recognizes an addon of another version', () => {
    const file = join(folder, 'old.cjs');
    writeFileSync(file, 'exports.info = () => ({});');
    const error = failure(() => openAddon(file));
    expect(error.code).toBe('native_missing');
    expect(error.message).toMatch(/another version: it has no ops, setThreads/);
  });

  it('happens once a process', () => {
    const addon = loadNative();
    expect(loadNative()).toBe(addon);
    expect(loadedNative()).toBe(addon);
  });
});
