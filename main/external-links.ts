// Which links may leave the app for the user's browser. No Electron here, so that the table can be tested alone.

/** Hosts whose pages may be opened in the user's browser. */
const EXTERNAL_HOSTS: ReadonlySet<string> = new Set([
  'pytorch.org',
  'docs.pytorch.org',
  'archive.ics.uci.edu',
]);

/** Whether `url` may be handed to the system's browser: https, a known host, no user or port in it. */
export function isAllowedExternal(url: string): boolean {
  try {
    const { protocol, hostname, username, password, port } = new URL(url);
    return (
      protocol === 'https:' &&
      EXTERNAL_HOSTS.has(hostname) &&
      username === '' &&
      password === '' &&
      port === ''
    );
  } catch {
    return false;
  }
}
