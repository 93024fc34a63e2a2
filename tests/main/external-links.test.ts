// Links that may leave the app: https, a known host, nothing else in the address.
import { expect, it } from 'vitest';

import { isAllowedExternal } from '#main/external-links';

it.each([
  'https://pytorch.org/docs/stable/nn.html',
  'https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html',
])('%s opens', (url) => {
  expect(isAllowedExternal(url)).toBe(true);
});

it.each([
  'http://pytorch.org/',
  'javascript:alert(1)',
  'file:///etc/passwd',
  'smb://server/share',
  'ms-msdt:/id',
  'data:text/html,x',
  'https://pytorch.org@evil.example/',
  'https://pytorch.org:8443/',
  'https://evil.example/pytorch.org',
  'https://pytorch.org.evil.example/',
  'not a link',
  '',
])('%s stays', (url) => {
  expect(isAllowedExternal(url)).toBe(false);
});
