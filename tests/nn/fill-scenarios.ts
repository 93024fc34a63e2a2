// The scenarios of nn_layers about torch.nn.init and generators: what they refuse, and values of the rarer fills.
import { defaultGenerator, Generator, init, newTensor, UninitializedParameter as U } from '#core/nn/index';
import { tupleRepr } from '#core/nn/python-names';
import type { DType } from '#core/tensor/dtype';
import type { Tensor } from '#core/tensor/tensor';

import { ofDType, seventeen, shape, zeros } from './scenario-parts';
import { loosely, type Scenarios } from './scenario';

type Fill = (tensor: Tensor) => Tensor;
const FILLS: Readonly<Record<string, Fill>> = {
  uniform_: (x) => init.uniform_(x),
  normal_: (x) => init.normal_(x),
  trunc_normal_: (x) => init.truncNormal_(x),
  xavier_uniform_: (x) => init.xavierUniform_(x),
  xavier_normal_: (x) => init.xavierNormal_(x),
  kaiming_uniform_: (x) => init.kaimingUniform_(x),
  kaiming_normal_: (x) => init.kaimingNormal_(x),
  orthogonal_: (x) => init.orthogonal_(x),
  eye_: (x) => init.eye_(x),
  dirac_: (x) => init.dirac_(x),
  ones_: (x) => init.ones_(x),
  zeros_: (x) => init.zeros_(x),
};

const SKIPPED = ['trunc_normal_ of bool', 'dirac_ of int64'];

const fills = ([name, fill]: readonly [string, Fill]): Scenarios => ({
  [`${name} of uninitialized`]: ['UNINIT-6', () => fill(new U())],
  ...Object.fromEntries(
    (['int64', 'bool', 'float8_e5m2'] as const)
      .map((dtype) => [`${name} of ${dtype}`, ['INIT-5', () => shape(fill(ofDType(dtype, 3, 4)))] as const] as const)
      .filter(([title]) => !SKIPPED.includes(title)),
  ),
  ...Object.fromEntries(
    [[3], [], [0, 3]].map((sizes) => [
      `${name} of shape ${tupleRepr(sizes)}`,
      ['INIT-2', () => shape(fill(zeros(...sizes)))] as const,
    ]),
  ),
}); // prettier-ignore

const uniform = (title: string, from: number, to: number, dtype: DType = 'float32'): Scenarios => ({
  [`uniform_ ${title}`]: ['RANDOM-5', () => init.uniform_(ofDType(dtype, 2), from, to)],
});
const generator = (): Generator => new Generator(0);
const seeding = (title: string, seed: unknown): Scenarios => ({
  [`seed of ${title}`]: ['RANDOM-2', () => loosely(generator(), 'manualSeed', seed)],
});
const state = (title: string, bytes: unknown): Scenarios => ({
  [`state ${title}`]: ['RANDOM-3', () => loosely(generator(), 'setState', bytes)],
});

const REFUSED: Scenarios = {
  ...uniform('from above to', 3, 1),
  ...uniform('to infinity', 0, Infinity),
  ...uniform('from nan', NaN, 1),
  ...uniform('too wide', -3e38, 3e38),
  ...uniform('out of bounds', 0, 1e39),
  ...uniform("out of half's bounds", 0, 1e5, 'float16'),
  ...uniform('too wide for half', -6e4, 6e4, 'float16'),
  ...uniform("out of bfloat16's bounds", -1e39, 0, 'bfloat16'),
  ...uniform("out of double's bounds", -Infinity, 0, 'float64'),
  'normal_ of negative std': ['RANDOM-5', () => init.normal_(zeros(2), 0, -1)],
  'normal_ of nan std': ['RANDOM-5', () => init.normal_(zeros(2), 0, NaN)],
  'kaiming of another mode': ['INIT-4', () => init.kaimingUniform_(zeros(2, 2), { mode: 'x' as never })],
  'kaiming of another nonlinearity': [
    'INIT-4',
    () => init.kaimingNormal_(zeros(2, 2), { nonlinearity: 'x' as never }),
  ],
  'gain of another nonlinearity': ['INIT-4', () => init.calculateGain('foo' as never)],
  'gain of a text': ['INIT-4', () => init.calculateGain('leaky_relu', 'x' as never)],
  'gain of a truth': ['INIT-4', () => init.calculateGain('leaky_relu', true as never)],
  'dirac_ of groups that do not divide': ['INIT-2', () => init.dirac_(zeros(3, 2, 3), 2)],
  'sparse_ of a vector': ['INIT-2', () => init.sparse_(zeros(3), 0.1)],
  'sparse_ of uninitialized': ['UNINIT-6', () => init.sparse_(new U(), 0.1)],
  'bernoulli_ of 1.5': ['RANDOM-5', () => generator().bernoulli(2, 1.5)],
  'bernoulli_ of nan': ['RANDOM-5', () => generator().bernoulli(2, NaN)],
  'bernoulli of 1.5': ['RANDOM-5', () => generator().bernoulliOf(Float32Array.of(1.5))],
  'randperm of a negative': ['RANDOM-5', () => generator().randperm(-1)],
  'randint of nothing': ['RANDOM-5', () => generator().randint(2, 5, 5)],
  'randint backwards': ['RANDOM-5', () => generator().randint(2, 5, 3)],
  'randint too wide': ['RANDOM-5', () => generator().randint(2, 0, 2n ** 63n)],
  ...seeding('2**64', 2n ** 64n),
  ...seeding('-2**63 - 1', -(2n ** 63n) - 1n),
  ...seeding('a fraction', 1.5),
  ...seeding('a text', 'a'),
  ...seeding('None', null),
  'seed of -1': ['RANDOM-2', () => generator().manualSeed(-1).initialSeed()],
  ...state('too short', new Uint8Array(10)),
  ...state('of floats', new Float32Array(5056)),
  ...state('of zeros', new Uint8Array(5056)),
  ...state('is a list', [1]),
};

/** Values after seed 7, complex ones as pairs; as text with every digit. */
const drawn = (
  title: string,
  rule: string,
  dtype: DType,
  sizes: readonly number[],
  fill: Fill,
): Scenarios => ({
  [title]: [
    rule,
    () => {
      defaultGenerator.manualSeed(7);
      const { buffer } = fill(newTensor(sizes, dtype)).bytes().slice();
      const isDouble = dtype === 'float64' || dtype === 'complex128';
      return Array.from(isDouble ? new Float64Array(buffer) : new Float32Array(buffer), seventeen).join(' ');
    },
  ],
});

const VALUES: Scenarios = {
  ...drawn('sparse_ values', 'INIT-9', 'float32', [5, 3], (x) => init.sparse_(x, 0.4)),
  ...drawn('uniform_ of complex64', 'INIT-10', 'complex64', [3], (x) => init.uniform_(x)),
  ...drawn('normal_ of complex64', 'INIT-10', 'complex64', [12], (x) => init.normal_(x, 1, 2)),
  ...drawn('normal_ of complex128', 'INIT-10', 'complex128', [3], (x) => init.normal_(x)),
  ...drawn('xavier_uniform_ of complex64', 'INIT-10', 'complex64', [2, 3], (x) => init.xavierUniform_(x)),
};

export const FILL_SCENARIOS: Scenarios = {
  ...(Object.assign({}, ...Object.entries(FILLS).map(fills)) as Scenarios),
  ...REFUSED,
  ...VALUES,
};
