#!/usr/bin/env node
// Writes examples/opticks/queries.txt, the Queries at the end of Isaac Newton's Opticks (4th edition, 1730), from the whole book as
// plain text: the file Isaac.Newton-Opticks.txt among the test data of the Go language, in Debian's package golang-1.19-src.
// Marks of the transcription (italics, side notes, pictures) are left out, ligatures and accents are written as plain letters.
// Usage: node scripts/make-opticks.mjs Isaac.Newton-Opticks.txt OUT.txt
import fs from 'node:fs';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  process.stderr.write('usage: node scripts/make-opticks.mjs Isaac.Newton-Opticks.txt OUT.txt\n');
  process.exit(2);
}
const book = fs.readFileSync(from, 'utf8');
const start = book.indexOf('_Query_ 1. Do not Bodies act upon Light');
if (start < 0) throw new Error(`${from}: the first Query is not there`);
const text = book
  .slice(start)
  .replace(/\[[^\]]*\]/gs, '')
  .replaceAll('_', '')
  .replaceAll('æ', 'ae')
  .replaceAll('Æ', 'AE')
  .normalize('NFD')
  .replace(/\p{M}/gu, '')
  .replace(/ +$/gm, '')
  .replace(/\n{3,}/g, '\n\n')
  .trim();
// A table and a sum have signs that stand nowhere else.
const paragraphs = text.split('\n\n').filter((paragraph) => /^[\n !"'(),\-.0-9:;?A-Za-z]*$/.test(paragraph));
fs.writeFileSync(to, `${paragraphs.join('\n\n')}\n`);
