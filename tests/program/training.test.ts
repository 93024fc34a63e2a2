// A training step as a program: the same numbers as eagerly, bit for bit, and as PyTorch.
import { readFileSync } from 'node:fs';

import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { scope, toNumbers } from '#core/ops/index';
import { compileProgram, printProgram } from '#core/program/index';

import { BACKENDS, useTestBackend } from '../support/backend';
import { createNetwork, tensorsOf, trainStep, type Network } from './steps';

const golden = z
  .object({ losses: z.array(z.number()), parameters: z.array(z.array(z.number())) })
  .parse(JSON.parse(readFileSync(new URL('../golden/ops-training.json', import.meta.url), 'utf8')));

const STEPS = 20;

function trainEagerly(network: Network): void {
  for (let step = 0; step < STEPS; step++) scope(() => trainStep(network));
}

describe.each(BACKENDS)('twenty Adam steps of a two-layer network on the %s backend', (name) => {
  const backend = useTestBackend(name);
  const networks: Network[] = [];
  const create = (): Network => {
    const network = createNetwork();
    networks.push(network);
    return network;
  };
  afterEach(() => {
    for (const network of networks.splice(0)) for (const { storage } of tensorsOf(network)) storage.dispose();
    expect(backend.live()).toBe(0);
  });

  test('give the losses and parameters PyTorch gives', () => {
    const network = create();
    trainEagerly(network);
    toNumbers(network.log).forEach((loss, step) =>
      expect(loss / (golden.losses[step] ?? 0)).toBeCloseTo(1, 6),
    );
    network.parameters.forEach((parameter, index) =>
      toNumbers(parameter).forEach((value, element) => {
        const expected = golden.parameters[index]?.[element] ?? NaN;
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected) + 1e-12);
      }),
    );
  });

  test('give the same bits as a program', async () => {
    const [eager, compiled] = [create(), create()];
    trainEagerly(eager);
    const program = compileProgram(() => trainStep(compiled));
    await backend.runProgram(program.spec, STEPS);
    tensorsOf(eager).forEach((tensor, index) =>
      expect(tensorsOf(compiled)[index]?.bytes(), `tensor ${index}`).toEqual(tensor.bytes()),
    );
    program.dispose();
  });

  test('take fewer instructions and less memory than traced', () => {
    const program = compileProgram(() => trainStep(create()));
    const temporaries = new Set(
      program.traced.buffers
        .filter(({ storage }) => storage.constructor.name === 'TracedStorage')
        .map(({ storage }) => storage),
    );
    const unplanned = [...temporaries].reduce((sum, { bytes }) => sum + Math.ceil(bytes / 64) * 64, 0);
    expect(program.spec.instructions.length).toBeLessThan(program.traced.instructions.length);
    expect(program.spec.arenaBytes).toBeLessThan(unplanned * 0.6);
    const listing = printProgram(program.spec);
    expect(listing).toContain('adam_step(@');
    expect(listing.split('\n').length).toBe(program.spec.instructions.length + 1);
    program.dispose();
  });
});
