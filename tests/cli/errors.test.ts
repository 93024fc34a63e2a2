// What goes wrong, from outside: exit codes, the fixed JSON form, a message that names file and problem, and nothing lost.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

import { ERROR_CODES, type ErrorCode } from '#core/errors';
import { build, bundle, errorOf, example, lazuli, root, temporaryFolder } from './support';

beforeAll(build, 300_000);
const slow = { timeout: 60_000 };

/** Runs with --json and checks what every refusal owes: the code's exit, one JSON object on stderr, nothing on stdout. */
async function refused(
  args: readonly string[],
  code: ErrorCode,
  options: Parameters<typeof lazuli>[1] = {},
): Promise<Record<string, string>> {
  const [ended, plain] = await Promise.all([lazuli([...args, '--json'], options), lazuli(args, options)]);
  expect(ended.stderr).not.toMatch(/undefined|\n {4}at /);
  const error = errorOf(ended);
  expect(Object.keys(error)).toEqual(['code', 'message', 'where', 'expected', 'got', 'hint']);
  expect([error['code'], ended.code]).toEqual([code, ERROR_CODES[code].exit]);
  expect(plain.code).toBe(ended.code);
  expect(plain.stderr).toMatch(/^(lazuli: |Usage)/);
  expect(plain.stderr).not.toMatch(/undefined|\n {4}at /);
  return error;
}
const digits = (): string =>
  gunzipSync(readFileSync(path.join(root, 'examples/digits/digits.csv.gz'))).toString();

test.each([
  ['no verb', [], 'no verb'],
  ['an unknown verb', ['fly'], "unknown command 'fly'"],
  ['an unknown option', ['layers', '--fast'], "unknown option '--fast'"],
  ['a missing argument', ['summary'], "missing required argument 'project'"],
  ['a missing option', ['train', example('iris')], 'out'],
  [
    'a number that is none',
    ['train', example('iris'), '--out', 'w.pt', '--epochs', 'many'],
    "expected a whole number from 1, got 'many'",
  ],
  [
    'a number out of range',
    ['train', example('iris'), '--out', 'w.pt', '--validation-split', '1'],
    'from 0 to 0.9',
  ],
  ['an option given twice', ['train', example('iris'), '--out', 'w.pt', '--out', 'x.pt'], 'given 2 times'],
  ['an unknown extension', ['train', example('iris'), '--out', 'w.txt'], 'extension'],
  ['a shape that is none', ['summary', example('iris'), '--shape', '4by4'], 'not a shape'],
  ['an input that is none', ['summary', example('iris'), '--shape', 'y=4x4'], "no input 'y'"],
  ['a project and weights', ['diff', example('iris'), 'w.pt'], 'only be compared'],
] as const)('wrong usage: %s', slow, async (_title, args, message) => {
  expect((await refused(args, 'usage'))['message']).toContain(message);
});

test('a project that is missing, broken, newer or hostile is refused with its place', slow, async () => {
  const folder = temporaryFolder();
  const at = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const text = readFileSync(example('iris'), 'utf8');
  expect((await refused(['summary', path.join(folder, 'no.lazuli')], 'file_not_found'))['where']).toContain(
    'no.lazuli',
  );
  expect(await refused(['summary', at('cut.lazuli', text.slice(0, 300))], 'project_invalid')).toMatchObject({
    message: expect.stringContaining('cut.lazuli') as string,
    where: expect.stringMatching(/cut\.lazuli:\d+:\d+/) as string,
  });
  expect(
    (
      await refused(
        ['summary', at('new.lazuli', text.replace(/"version": \d+/, '"version": 99'))],
        'project_invalid',
      )
    )['message'],
  ).toContain('newer Lazuli');
  await refused(
    ['summary', at('proto.lazuli', text.replace('"name": "iris"', '"__proto__": {}'))],
    'project_invalid',
  );
  await refused(['summary', at('bytes.lazuli', '\u0000\u0001')], 'project_invalid');
  const bidi = await lazuli([
    'summary',
    at('bidi.lazuli', text.replaceAll('"fc1"', '"fc\\u202e1\\u001b[31m"')),
  ]);
  for (const character of ['\u202e', '\u001b']) expect(bidi.stdout + bidi.stderr).not.toContain(character);
});

test(
  'a data file that is absent, cut off or of another kind names file, line and problem',
  slow,
  async () => {
    const folder = temporaryFolder();
    const at = (name: string): string => path.join(folder, name);
    const train = (data: string, project = 'digits'): string[] => [
      'train',
      example(project),
      '--data',
      data,
      '--out',
      at('w.pt'),
    ];
    expect((await refused(train(at('no.csv')), 'file_not_found'))['message']).toContain('no.csv');
    const text = digits();
    writeFileSync(at('cut.csv'), text.slice(0, text.indexOf('\n', 20_000) - 40));
    expect(await refused(train(at('cut.csv')), 'data_invalid')).toMatchObject({
      where: expect.stringMatching(/cut\.csv, line \d+/) as string,
      expected: '65 columns',
    });
    copyFileSync(path.join(root, 'examples/digits/digits.csv.gz'), at('cut.csv.gz'));
    writeFileSync(at('cut.csv.gz'), readFileSync(at('cut.csv.gz')).subarray(0, 30_000));
    expect((await refused(train(at('cut.csv.gz')), 'file_refused'))['message']).toContain(
      'cut.csv.gz: it is not a whole gzip file: byte ',
    );
    writeFileSync(at('word.csv'), text.replace('\n', '\nhello,'));
    await refused(train(at('word.csv')), 'data_invalid');
    writeFileSync(at('x.jpg'), 'nothing');
    expect((await refused(train(at('x.jpg')), 'data_invalid'))['message']).toContain('x.jpg');
    writeFileSync(at('t-images-idx3-ubyte'), 'hello');
    expect(
      (await refused(train(at('t-images-idx3-ubyte'), 'fashion-mnist'), 'file_refused'))['message'],
    ).toContain('not an IDX file');
    expect(existsSync(at('w.pt'))).toBe(false);
  },
);

test('a missing column lists those there are', slow, async () => {
  const args = [
    'train',
    example('iris'),
    '--target',
    'spices',
    '--out',
    path.join(temporaryFolder(), 'w.pt'),
  ];
  expect(await refused(args, 'data_invalid')).toMatchObject({
    message: expect.stringContaining("iris.csv: it has no target column 'spices': line 1") as string,
    expected: expect.stringContaining('petal_width, species') as string,
    got: 'spices',
  });
});

test('a shape error names the two nodes, the numbers and where they come from', slow, async () => {
  const file = path.join(temporaryFolder(), 'wrong.lazuli');
  writeFileSync(
    file,
    readFileSync(example('digits'), 'utf8').replace(
      '"params": { "out_features": 64 }',
      '"params": { "in_features": 100, "out_features": 64 }',
    ),
  );
  expect(await refused(['materialize', file, '--shape', '64x1x8x8'], 'shape_mismatch')).toEqual({
    code: 'shape_mismatch',
    message: "Linear 'fc1', in_features: expected 100, got 512 = 32·4·4 from 'flatten'.",
    where: "node 'fc1'",
    expected: '100',
    got: '512',
    hint: "Leave in_features of 'fc1' blank: the input decides it.",
  });
  const summary = await lazuli(['summary', file, '--shape', '64x1x8x8']);
  expect(summary.code).toBe(0);
  expect(summary.stdout).toContain("error: Linear 'fc1'");
});

test(
  'weights that do not fit name the file and the keys, and a file that is none is refused',
  slow,
  async () => {
    const folder = temporaryFolder();
    const weights = path.join(folder, 'iris.pt');
    expect((await lazuli(['materialize', example('iris'), '--out', weights])).code).toBe(0);
    const error = await refused(['evaluate', example('digits'), '--weights', weights], 'weights_mismatch');
    expect(error['message']).toMatch(/iris\.pt: [^]*fc1\.weight does not fit/);
    writeFileSync(weights, readFileSync(weights).subarray(0, 500));
    expect(
      (await refused(['evaluate', example('iris'), '--weights', weights], 'file_refused'))['message'],
    ).toContain('iris.pt');
  },
);

test('a folder that cannot be written to is said before the work begins', slow, async () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'file'), '');
  const start = performance.now();
  expect(
    await refused(['train', example('iris'), '--out', path.join(folder, 'no/w.pt')], 'write_failed'),
  ).toMatchObject({
    where: path.join(folder, 'no/w.pt'),
    message: expect.stringContaining('the folder does not exist') as string,
  });
  expect(performance.now() - start).toBeLessThan(20_000);
  await refused(['convert', example('iris'), path.join(folder, 'file/w.pt')], 'file_refused');
});

/** A file system of 64 KiB, where the machine allows one. */
function tinyDisk(): string | null {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return null;
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync('umount', [folder]));
  return folder;
}

test('a full disk keeps the old weights', slow, async ({ skip }) => {
  const folder = tinyDisk();
  if (folder === null) return skip();
  const out = path.join(folder, 'w.pt');
  writeFileSync(out, 'old weights');
  const error = await refused(
    ['materialize', example('digits'), '--shape', '4x1x8x8', '--out', out],
    'write_failed',
  );
  expect(error).toMatchObject({
    message: expect.stringContaining('w.pt could not be written: the disk is full') as string,
    where: out,
  });
  expect(readFileSync(out, 'utf8')).toBe('old weights');
});

test('a loss that diverges fails, writes nothing and says what to do', slow, async () => {
  const out = path.join(temporaryFolder(), 'w.pt');
  const ended = await lazuli([
    'train',
    example('digits'),
    '--optimizer',
    'sgd',
    '--lr',
    '1e30',
    '--out',
    out,
    '--json',
  ]);
  expect(ended.code).toBe(1);
  expect(errorOf(ended)).toMatchObject({
    code: 'diverged',
    hint: expect.stringContaining('learning rate') as string,
  });
  expect(existsSync(out)).toBe(false);
});

test('without the native addon verbs that compute say how to build it, the others work', slow, async () => {
  const folder = temporaryFolder();
  const program = path.join(folder, 'out/cli/lazuli.js');
  mkdirSync(path.dirname(program), { recursive: true });
  copyFileSync(bundle, program);
  copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const error = await refused(
    ['train', example('iris'), '--out', path.join(folder, 'w.pt')],
    'native_missing',
    { program },
  );
  expect(error['message']).toContain('npm run native');
  expect((await lazuli(['layers'], { program })).code).toBe(0);
  expect((await lazuli(['inspect', example('iris')], { program })).code).toBe(0);
  const devices = await lazuli(['devices', '--json'], { program });
  expect(JSON.parse(devices.stdout)).toMatchObject([
    { id: 'cpu', available: false, detail: expect.stringContaining('not built') as string },
    {},
  ]);
});

test('inputs are never changed', slow, async () => {
  const before = statSync(example('iris')).mtimeMs;
  await lazuli(['materialize', example('iris')]);
  expect(statSync(example('iris')).mtimeMs).toBe(before);
});
