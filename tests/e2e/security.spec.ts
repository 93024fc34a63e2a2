// The locks of RELIABILITY.md lines 1 to 12, tried from inside the page of the real app.
import { expect, test } from './support/fixtures';

test('the page has no Node, no require and strict preferences', async ({ lazuli: { app, page } }) => {
  expect(
    await page.evaluate(() =>
      ['require', 'process', 'Buffer', 'module'].filter((name) => name in globalThis),
    ),
  ).toEqual([]);
  const preferences = await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((window) => {
      const contents: unknown = window.webContents;
      return (contents as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences();
    }),
  );
  expect(preferences).toHaveLength(1);
  expect(preferences[0]).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    webSecurity: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
  });
});

test('files come from app:// only, and nothing outside the bundle', async ({ lazuli: { page } }) => {
  expect(await page.evaluate(() => location.origin + location.pathname)).toBe('app://bundle/index.html');
  for (const path of ['%2e%2e%2f%2e%2e%2fpackage.json', '..%2f..%2f..%2fetc/passwd', 'missing.js'])
    expect(await page.evaluate(async (wanted) => (await fetch(`app://bundle/${wanted}`)).status, path)).toBe(
      404,
    );
});

test('inline script, eval and outside requests are blocked', async ({ lazuli: { page } }) => {
  const violations = await page.evaluate(async () => {
    const seen: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
    // In a task of its own: the policy is lifted inside evaluate() itself.
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        const script = document.createElement('script');
        try {
          script.textContent = 'globalThis.__pwned = true';
        } catch {
          seen.push('trusted-types');
        }
        document.head.append(script);
        try {
          (0, eval)('globalThis.__pwned = true');
        } catch {
          seen.push('eval');
        }
        fetch('https://example.org/')
          .catch(() => seen.push('fetch'))
          .finally(resolve);
      });
    });
    return { seen, pwned: '__pwned' in globalThis };
  });
  expect(violations.pwned).toBe(false);
  expect(violations.seen).toEqual(expect.arrayContaining(['eval', 'fetch']));
});

test('permissions, navigation and new windows are refused', async ({ lazuli: { app, page } }) => {
  expect(await page.evaluate(async () => Notification.requestPermission())).toBe('denied');
  expect(
    await page.evaluate(() =>
      navigator.mediaDevices.getUserMedia({ audio: true }).then(
        () => 'granted',
        (error: unknown) => (error instanceof Error ? error.name : 'refused'),
      ),
    ),
  ).not.toBe('granted');
  await page.evaluate(() => {
    window.open('https://example.org/');
    location.href = 'https://example.org/';
  });
  await expect.poll(() => page.url()).toBe('app://bundle/index.html');
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});

test('the bridge is frozen named functions and refuses what is not in the contract', async ({
  lazuli: { page },
}) => {
  const bridge = await page.evaluate(() => ({
    frozen:
      Object.isFrozen(window.lazuli) &&
      Object.isFrozen(window.lazuli.call) &&
      Object.isFrozen(window.lazuli.on),
    parts: Object.keys(window.lazuli),
  }));
  expect(bridge).toEqual({ frozen: true, parts: ['call', 'on'] });

  const refused = await page.evaluate(async () => {
    const { call } = window.lazuli as unknown as {
      call: Record<string, (...args: unknown[]) => Promise<{ ok: boolean; error?: { code: string } }>>;
    };
    const replies = await Promise.all([
      call['project.openRecent']?.('/etc/passwd'),
      call['weights.load']?.('00000000-0000-0000-0000-000000000000'),
      call['model.restore']?.(-1),
      call['project.remember']?.({ __proto__: { polluted: true } }),
      call['data.preview']?.(
        { file: '/etc/passwd', format: 'csv', targetKind: 'class', normalization: { kind: 'none' } },
        { from: 0, count: 1 },
      ),
    ]);
    return {
      codes: replies.map((reply) => (reply?.ok === false ? reply.error?.code : 'accepted')),
      polluted: 'polluted' in {},
    };
  });
  expect(refused.codes).toEqual(Array(5).fill('ipc_refused'));
  expect(refused.polluted).toBe(false);
});
