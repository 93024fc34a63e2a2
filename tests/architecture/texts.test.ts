// Words that the window shows stand in the table of texts (core/text) and nowhere else.
import { parseSync, Visitor, type JSXAttributeName } from 'oxc-parser';
import { expect, test } from 'vitest';

import { listFiles, read } from './source-tree';

/** Names and signs that are the same in every language. */
const NAMES = ['Lazuli', 'Esc', 'dtype', 'FLOPs'];
/** Attributes of elements that nobody reads. */
const UNREAD = [
  'className',
  'd',
  'id',
  'key',
  'preserveAspectRatio',
  'style',
  'transform',
  'value',
  'viewBox',
];

const hasWords = (text: string): boolean => /\p{L}{2}/u.test(text) && !NAMES.includes(text.trim());
/** Two words: one alone may be a code. */
const isSentence = (text: string): boolean => /\p{L}{2,} .*\p{L}{2,}/u.test(text);
const nameOf = (name: JSXAttributeName): string => (name.type === 'JSXIdentifier' ? name.name : '');

function textsIn(file: string): readonly string[] {
  const found: string[] = [];
  new Visitor({
    JSXText: ({ value }) => {
      if (hasWords(value)) found.push(value.trim());
    },
    JSXAttribute: ({ name, value }) => {
      if (value?.type === 'Literal' && !UNREAD.includes(nameOf(name)) && isSentence(value.value))
        found.push(value.value);
    },
  }).visit(parseSync(file, read(file)).program);
  return found.map((text) => `${file}: ${text}`);
}

test('no component says words of its own', () => {
  expect(listFiles('renderer', ['.tsx']).flatMap(textsIn)).toEqual([]);
});
