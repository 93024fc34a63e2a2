// The one Trusted Types policy of the window: a worker may be started from our own files and from nowhere else.

interface Policy {
  createScriptURL(url: string): unknown;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

const factory = (globalThis as { readonly trustedTypes?: PolicyFactory }).trustedTypes;

const ownFile = (url: string): string => {
  const { href, origin } = new URL(url, document.baseURI);
  if (origin !== window.location.origin) throw new TypeError(`refused worker ${href}`);
  return href;
};

const policy = factory?.createPolicy('lazuli-worker', { createScriptURL: ownFile });

/** The URL of one of our own files in the form the Worker constructor demands under our policy. Throws for any other. */
export const workerUrl = (url: string): string => (policy?.createScriptURL(url) ?? ownFile(url)) as string;
