// Puts a finished file in another's place so that the change lasts, or takes it back.
import { link, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';

/**
 * Renames `temporary` to `target` and makes that durable. When it cannot be made so, the old file is put back (kept meanwhile by
 * a hard link, where the file system has those) and the error thrown: a save that is not certain is no save.
 */
export async function replaceFile(temporary: string, target: string): Promise<void> {
  const kept = `${temporary}.old`;
  const hasOld = await link(target, kept).then(
    () => true,
    () => false,
  );
  let isReplaced = false;
  try {
    await rename(temporary, target);
    isReplaced = true;
    await syncFolder(path.dirname(target));
  } catch (error) {
    if (isReplaced) await (hasOld ? rename(kept, target) : unlink(target)).catch(() => undefined);
    throw error;
  } finally {
    if (hasOld) await unlink(kept).catch(() => undefined);
  }
}

/** Makes a rename durable. Windows has no such thing for folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
