#!/usr/bin/env node
// Writes examples/iris/iris.csv from the form that scikit-learn ships: its first line holds counts and class names
// (150,4,setosa,versicolor,virginica) and its last column the class's number. Ours has a header line and the class's name.
// Usage: node scripts/make-iris.mjs IN.csv OUT.csv
import fs from 'node:fs';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  process.stderr.write('usage: node scripts/make-iris.mjs IN.csv OUT.csv\n');
  process.exit(2);
}
const [first = '', ...rows] = fs.readFileSync(from, 'utf8').trim().split(/\r?\n/);
const [count, columns, ...classes] = first.split(',');
if (Number(count) !== rows.length || Number(columns) !== 4)
  throw new Error(
    `${from}: the first line promises ${count} rows of ${columns} columns, found ${rows.length} rows`,
  );
const lines = rows.map((row) => {
  const cells = row.split(',');
  const name = classes[Number(cells.at(-1))];
  if (cells.length !== 5 || name === undefined) throw new Error(`${from}: unexpected row '${row}'`);
  return [...cells.slice(0, -1), name].join(',');
});
fs.writeFileSync(
  to,
  `${['sepal_length,sepal_width,petal_length,petal_width,species', ...lines].join('\n')}\n`,
);
