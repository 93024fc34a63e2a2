// The scenarios of scripts/golden/nn_parametrize.py about weight norm, spectral norm and orthogonal tensors, and the older hooks.
import type { Module } from '#core/nn/index';
import { deepcopy, defaultGenerator, parametrize as P } from '#core/nn/index';
import { mul } from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';

import type { Scenarios } from './scenario';
import { bool, keysOf, ones, shape } from './scenario-parts';
import { nn } from './support';
import {
  assigned,
  bare,
  flat,
  invoke,
  lazy,
  linear,
  list,
  original,
  rotation,
  text,
  weight,
} from './parametrize-parts';

const WEIGHT_NORM: Scenarios = {
  'weight_norm repr': ['PARAMETRIZE-9', () => P.weightNorm(linear())],
  weight_norm: [
    'PARAMETRIZE-9',
    () => {
      const module = P.weightNorm(linear());
      return `${keysOf(module)}|${flat(weight(module))}|${flat(original(module, 0))}`;
    },
  ],
  'weight_norm dim None': [
    'PARAMETRIZE-9',
    () => {
      const module = P.weightNorm(linear(), 'weight', null);
      return `${flat(weight(module))}|${flat(original(module, 0))}`;
    },
  ],
  'weight_norm dim 1': ['PARAMETRIZE-9', () => flat(original(P.weightNorm(linear(), 'weight', 1), 0))],
  'weight_norm assign': [
    'PARAMETRIZE-9',
    () => {
      const module = assigned(P.weightNorm(linear()), ones(3, 2));
      return `${flat(weight(module))}|${flat(original(module, 0))}`;
    },
  ],
  'weight_norm old keys': [
    'PARAMETRIZE-9',
    () => {
      const module = P.weightNorm(linear());
      const dict = new Map([
        ['bias', ones(3)],
        ['weight_g', ones(3, 1)],
        ['weight_v', ones(3, 2)],
      ]);
      return String(module.loadStateDict(dict)) + flat(weight(module));
    },
  ],
  'weight_norm one old key': [
    'PARAMETRIZE-9',
    () =>
      P.weightNorm(linear()).loadStateDict(
        new Map([
          ['bias', ones(3)],
          ['weight_g', ones(3, 1)],
        ]),
      ),
  ],
  'weight_norm lazy': ['PARAMETRIZE-9', () => P.weightNorm(lazy())],
  'weight_norm no such tensor': ['PARAMETRIZE-9', () => P.weightNorm(linear(), 'w')],
};

const vectors = (module: Module): Tensor => weight(list(module).at(0), '_u');
const SPECTRAL_NORM: Scenarios = {
  'spectral_norm repr': ['PARAMETRIZE-10', () => P.spectralNorm(linear())],
  spectral_norm: [
    'PARAMETRIZE-10',
    () => {
      const module = P.spectralNorm(linear());
      return `${keysOf(module)}|${flat(weight(module.eval()))}|${flat(vectors(module))}`;
    },
  ],
  'spectral_norm of a transposed convolution': [
    'PARAMETRIZE-10',
    () => {
      defaultGenerator.manualSeed(0);
      const module = P.spectralNorm(
        nn('ConvTranspose1d', { in_channels: 2, out_channels: 3, kernel_size: 2 }),
      );
      return `${flat(weight(module.eval()), 3)}|${shape(vectors(module))}`;
    },
  ],
  'spectral_norm of a vector': [
    'PARAMETRIZE-10',
    () => {
      const module = P.spectralNorm(linear(), 'bias');
      return `${keysOf(module)}|${flat(weight(module, 'bias'))}`;
    },
  ],
  'spectral_norm iterations': [
    'PARAMETRIZE-10',
    () => P.spectralNorm(linear(), 'weight', { nPowerIterations: 0 }),
  ],
  'spectral_norm dim': ['PARAMETRIZE-10', () => P.spectralNorm(linear(), 'weight', { dim: 2 })],
  'spectral_norm old keys': [
    'PARAMETRIZE-10',
    () =>
      P.spectralNorm(linear()).loadStateDict(
        new Map([
          ['bias', ones(3)],
          ['weight_orig', ones(3, 2)],
          ['weight_u', ones(3)],
          ['weight_v', ones(2)],
        ]),
      ),
  ],
  'spectral_norm no such tensor': ['PARAMETRIZE-10', () => P.spectralNorm(linear(), 'w')],
  'spectral_norm lazy': ['PARAMETRIZE-10', () => P.spectralNorm(lazy())],
  'spectral_norm evaluation rests': [
    'PARAMETRIZE-10',
    () => {
      const module = P.spectralNorm(linear()).eval();
      return bool(flat(weight(module), 9) === flat(weight(module), 9));
    },
  ],
  'spectral_norm remove': [
    'PARAMETRIZE-10',
    () => {
      const module = P.removeParametrizations(P.spectralNorm(linear()).eval(), 'weight');
      return `${keysOf(module)} ${flat(weight(module))}`;
    },
  ],
};

const mapped = (map: string): Scenarios => ({
  [`orthogonal ${map} without base`]: [
    'PARAMETRIZE-11',
    () => {
      const module = P.orthogonal(linear(), 'weight', { orthogonalMap: map, useTrivialization: false });
      return `${keysOf(module)}|${flat(weight(module))}`;
    },
  ],
  [`orthogonal ${map} assign without base`]: [
    'PARAMETRIZE-11',
    () =>
      flat(
        weight(
          assigned(
            P.orthogonal(linear(2, 2), 'weight', { orthogonalMap: map, useTrivialization: false }),
            rotation(),
          ),
        ),
      ),
  ],
  [`orthogonal ${map} assign`]: [
    'PARAMETRIZE-11',
    () => flat(weight(assigned(P.orthogonal(linear(2, 2), 'weight', { orthogonalMap: map }), rotation()))),
  ],
});
const ORTHOGONAL: Scenarios = {
  'orthogonal repr': ['PARAMETRIZE-11', () => P.orthogonal(linear())],
  orthogonal: [
    'PARAMETRIZE-11',
    () => {
      const module = P.orthogonal(linear());
      return `${keysOf(module)}|${flat(weight(module))}|${flat(original(module))}`;
    },
  ],
  'orthogonal square': [
    'PARAMETRIZE-11',
    () => {
      const module = P.orthogonal(linear(2, 2));
      return `${flat(weight(module))}|${String(Reflect.get(list(module).at(0), 'orthogonalMap'))}`;
    },
  ],
  ...mapped('matrix_exp'),
  ...mapped('cayley'),
  ...mapped('householder'),
  ...Object.fromEntries(
    [0.99, -0.5, 2.5].map((factor) => [
      `orthogonal householder after its original times ${factor}`,
      [
        'PARAMETRIZE-11',
        () => {
          const options = { orthogonalMap: 'householder', useTrivialization: false };
          const module = P.orthogonal(linear(2, 2), 'weight', options);
          const values = original(module);
          if (values) values.data = mul(values.data, factor);
          return flat(weight(module));
        },
      ] as const,
    ]),
  ),
  'orthogonal map': ['PARAMETRIZE-11', () => P.orthogonal(linear(), 'weight', { orthogonalMap: 'qr' })],
  'orthogonal of a vector': ['PARAMETRIZE-11', () => P.orthogonal(linear(), 'bias')],
  'orthogonal no such tensor': ['PARAMETRIZE-11', () => P.orthogonal(linear(), 'w')],
  'orthogonal lazy': ['PARAMETRIZE-11', () => P.orthogonal(lazy())],
  'orthogonal assign another shape': ['PARAMETRIZE-11', () => assigned(P.orthogonal(linear()), ones(2, 2))],
  'orthogonal then spectral_norm': [
    'PARAMETRIZE-11',
    () => {
      const module = P.spectralNorm(P.orthogonal(linear()));
      return `${String(module)} ${keysOf(module)}`;
    },
  ],
};

const OLD: Scenarios = {
  'old weight_norm': [
    'PARAMETRIZE-12',
    () => {
      const module = P.weightNormHook(linear());
      return `${String(module)} ${keysOf(module)} ${flat(weight(module))} ${weight(module).constructor.name}`;
    },
  ],
  'old weight_norm twice': ['PARAMETRIZE-12', () => P.weightNormHook(P.weightNormHook(linear()))],
  'old weight_norm lazy': ['PARAMETRIZE-12', () => P.weightNormHook(lazy())],
  'old weight_norm follows': [
    'PARAMETRIZE-12',
    () => {
      const module = P.weightNormHook(linear());
      const magnitude = weight(module, 'weight_g');
      magnitude.setData(mul(magnitude.detach(), 2));
      return text(flat(invoke(module)), flat(weight(module)));
    },
  ],
  'old weight_norm remove': [
    'PARAMETRIZE-12',
    () => {
      const module = P.removeWeightNorm(P.weightNormHook(linear()));
      return `${String(module)} ${keysOf(module)} ${flat(weight(module))}`;
    },
  ],
  'old weight_norm remove none': ['PARAMETRIZE-12', () => P.removeWeightNorm(linear())],
  'old weight_norm deepcopy': ['PARAMETRIZE-12', () => deepcopy(P.weightNormHook(linear()))],
  'old spectral_norm': [
    'PARAMETRIZE-12',
    () => {
      const module = P.spectralNormHook(linear());
      return `${String(module)} ${keysOf(module)} ${flat(weight(module))}`;
    },
  ],
  'old spectral_norm twice': ['PARAMETRIZE-12', () => P.spectralNormHook(P.spectralNormHook(linear()))],
  'old spectral_norm lazy': ['PARAMETRIZE-12', () => P.spectralNormHook(lazy())],
  'old spectral_norm None': ['PARAMETRIZE-12', () => P.spectralNormHook(bare(), 'bias')],
  'old spectral_norm no such tensor': ['PARAMETRIZE-12', () => P.spectralNormHook(linear(), 'w')],
  'old spectral_norm follows': [
    'PARAMETRIZE-12',
    () => {
      const module = P.spectralNormHook(linear());
      return text(
        flat(invoke(module)),
        flat(weight(module, 'weight_u')),
        flat(invoke(module)),
        flat(invoke(module.eval())),
      );
    },
  ],
  'old spectral_norm remove': [
    'PARAMETRIZE-12',
    () => {
      const module = P.removeSpectralNorm(P.spectralNormHook(linear()));
      return `${String(module)} ${keysOf(module)}`;
    },
  ],
  'old spectral_norm remove none': ['PARAMETRIZE-12', () => P.removeSpectralNorm(linear())],
};

export const NORMS: Scenarios = { ...WEIGHT_NORM, ...SPECTRAL_NORM, ...ORTHOGONAL, ...OLD };
