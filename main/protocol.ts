// The `app://` scheme: the window's files come from out/renderer and from nowhere else, under a strict policy.
import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

import { protocol, type Session } from 'electron';

export const APP_ORIGIN = 'app://bundle';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
};

/** No inline script, no eval, no outside host; styles only from our own files (React sets style properties, not attributes). */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Must run before the app is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves `root` to `session`. Anything outside it, another host or another method is a 404 without a body. */
export function serveApp(session: Session, root: string): void {
  const notFound = (): Response => new Response(null, { status: 404 });
  session.protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    if (url.host !== 'bundle' || request.method !== 'GET') return notFound();
    try {
      const folder = await realpath(root);
      const wanted = decodeURIComponent(url.pathname);
      const file = await realpath(join(folder, wanted === '/' ? 'index.html' : wanted));
      const type = TYPES[extname(file)];
      if (!file.startsWith(folder + sep) || type === undefined) return notFound();
      return new Response(new Uint8Array(await readFile(file)), {
        headers: {
          'content-type': type,
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'x-content-type-options': 'nosniff',
          'cross-origin-opener-policy': 'same-origin',
        },
      });
    } catch {
      return notFound();
    }
  });
}
