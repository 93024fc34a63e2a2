// A lock between processes, made of one directory, so that two callers never build the same thing at once.
import fs from 'node:fs';
import path from 'node:path';

/**
 * Runs `work` while holding the lock at `directory`; waits for a living holder, takes over from a dead one.
 * @template T
 * @param {string} directory
 * @param {() => T | Promise<T>} work
 * @param {(holder: number) => void} [onWait] called once when somebody else holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(directory, work, onWait) {
  fs.mkdirSync(path.dirname(directory), { recursive: true });
  const owner = path.join(directory, 'pid');
  let hasWaited = false;
  for (;;) {
    try {
      fs.mkdirSync(directory);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readHolder(owner);
    if (isAbandoned(directory, holder)) {
      fs.rmSync(directory, { recursive: true, force: true });
      continue;
    }
    if (!hasWaited && holder !== undefined) {
      hasWaited = true;
      onWait?.(holder);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  fs.writeFileSync(owner, String(process.pid));
  try {
    return await work();
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

function readHolder(file) {
  try {
    return Number(fs.readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

// A directory without a pid is one being taken just now, unless it has stood like that for seconds.
function isAbandoned(directory, holder) {
  if (holder === undefined) {
    const stat = fs.statSync(directory, { throwIfNoEntry: false });
    return stat !== undefined && Date.now() - stat.mtimeMs > 5000;
  }
  try {
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
