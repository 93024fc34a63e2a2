// Weights whose keys or sizes are not the model's, from the command line: renaming, partial loads.
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { build, documentOf, errorOf, example, lazuli, temporaryFolder } from './support';

const slow = { timeout: 120_000 };
const digits = example('digits');
beforeAll(build, 300_000);

interface Verdict {
  readonly key: string;
  readonly verdict: string;
  readonly from?: string;
}

/** Weights of the digits model, as the window or `torch.save` would leave them. */
async function weights(): Promise<string> {
  const file = path.join(temporaryFolder(), 'w.pt');
  const { code, stderr } = await lazuli(['materialize', digits, '--shape', '4x1x8x8', '--out', file]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return file;
}

test(
  'WEIGHTS-9 --rename and --strip-prefix say what becomes of each key before anything happens',
  slow,
  async () => {
    const file = await weights();
    const ended = await lazuli([
      ...['summary', digits, '--weights', file, '--json'],
      ...[
        '--strip-prefix',
        'conv1.',
        '--rename',
        '^(weight|bias)$=>conv2.$1',
        '--rename',
        '^conv2\\.b=>conv2.x',
      ],
    ]);
    expect(errorOf(ended)['message']).toContain(
      "make 'conv2.weight' of two keys: 'conv1.weight' and 'conv2.weight'",
    );
    expect(ended.code).toBe(2);
    const renamed = await lazuli([
      ...[
        'summary',
        digits,
        '--weights',
        file,
        '--json',
        '--rename',
        '^fc2=>last',
        '--rename',
        '^conv1=>stem',
      ],
    ]);
    const { weights: verdicts } = documentOf(renamed) as { weights: Verdict[] };
    expect(verdicts.filter(({ verdict }) => verdict !== 'will_materialize').map(({ key }) => key)).toEqual(
      expect.arrayContaining(['fc2.weight', 'last.weight', 'conv1.weight', 'stem.weight']),
    );
    expect(verdicts.find(({ key }) => key === 'stem.bias')).toMatchObject({
      verdict: 'unexpected',
      from: 'conv1.bias',
    });
    const wrong = await lazuli(['summary', digits, '--weights', file, '--rename', '(a=>b', '--json']);
    expect(wrong.code).toBe(2);
    expect(errorOf(wrong)).toMatchObject({ code: 'usage', where: 'renaming rules', got: '(a' });
  },
);

test('WEIGHTS-6 evaluate takes a part only with --partial', slow, async () => {
  const file = await weights();
  const call = ['evaluate', digits, '--weights', file, '--rename', '^fc2\\.bias=>nothing', '--json'];
  const refused = await lazuli(call);
  expect(refused.code).toBe(2);
  expect(errorOf(refused)['code']).toBe('weights_mismatch');
  const partly = await lazuli([...call, '--partial']);
  expect(partly.code).toBe(1);
  expect(errorOf(partly)).toMatchObject({ code: 'uninitialized', where: 'fc2.bias' });
});

test(
  'FEED-1 materialize lists what a sample resizes, and takes only that anew when asked',
  slow,
  async () => {
    const file = await weights();
    const call = ['materialize', digits, '--weights', file, '--shape', '4x1x12x12'];
    const refused = await lazuli(call);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/changes size: fc1\.weight 64×\d+ → 64×\d+/);
    expect(refused.stderr).toContain('--rematerialize');
    const out = path.join(path.dirname(file), 'out.pt');
    const done = await lazuli([...call, '--rematerialize', '--out', out, '--json']);
    const { changes } = documentOf(done) as { changes: { key: string }[] };
    expect(changes.map(({ key }) => key)).toEqual(['fc1.weight']);
    const { changed } = documentOf(await lazuli(['diff', file, out, '--json'])) as {
      changed: { where: string }[];
    };
    expect(changed.map(({ where }) => where)).toEqual(['fc1.weight']);
  },
);

test(
  'TORCH-12 --initialized-only leaves uninitialized entries out, and their keeping is warned of',
  slow,
  async () => {
    const golden = path.resolve(import.meta.dirname, '../golden/formats/partly.pt');
    const out = path.join(temporaryFolder(), 'out.pt');
    const kept = documentOf(await lazuli(['convert', golden, out, '--json']));
    expect(kept).toMatchObject({
      entries: 4,
      warnings: [expect.stringContaining('torch.load refuses the whole file by default') as string],
    });
    const skipped = documentOf(await lazuli(['convert', golden, out, '--initialized-only', '--json']));
    expect(skipped).toMatchObject({ entries: 2, warnings: ['left out, uninitialized: 1.weight, 1.bias'] });
  },
);

test('inspect --json keeps all digits of integers and every number JSON lacks', slow, async () => {
  const wide = path.resolve(import.meta.dirname, '../golden/formats_wide');
  const { stdout } = await lazuli(['inspect', path.join(wide, 'values_all.pt'), '--json']);
  expect(stdout.includes('9223372036854775807,9223372036854775808,-1,')).toBe(true);
  const inf = await lazuli(['inspect', path.join(wide, 'value_minus_inf.pt'), '--json']);
  expect(documentOf(inf)).toMatchObject({ values: { '': '-Infinity' } });
});

test('SAFE-7 convert --shard-size splits into shards with an index', slow, async () => {
  const golden = path.resolve(import.meta.dirname, '../golden/formats/cnn.pt');
  const out = path.join(temporaryFolder(), 'model.safetensors');
  const done = documentOf(await lazuli(['convert', golden, out, '--shard-size', '200B', '--json']));
  const { files } = done as { files: string[] };
  expect(files.map((file) => path.basename(file))).toEqual([
    'model.safetensors.index.json',
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
  ]);
  const wrong = await lazuli(['convert', golden, out, '--shard-size', 'much', '--json']);
  expect(wrong.code).toBe(2);
  expect(errorOf(wrong)).toMatchObject({ code: 'usage', where: '--shard-size', got: 'much' });
});
