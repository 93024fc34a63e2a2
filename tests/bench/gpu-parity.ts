// Every op and twenty steps of each workload on this machine's GPU against the CPU, without a test runner: for machines
// that have a GPU and little else. Bundle it (node_modules/.bin/rolldown) and run it with Node; exits with 1 when
// something is off.
import { prepareStep } from '#engine/bench/steps';
import { CNN, encoder, MLP, type BenchModel } from '#engine/bench/models';
import { cpuBackend, gpuBackend } from '#engine/backend';

import { CASES, type GpuOp, type OpCase } from '../gpu/cases';
import { narrowCases, ROUNDING } from '../gpu/narrow-cases';
import { differences, inFloat64, isExact, runCase } from '../gpu/parity';

let failures = 0;
const fail = (text: string): void => {
  failures += 1;
  console.log(`FAILED ${text}`);
};

const cpu = cpuBackend();
const gpu = gpuBackend();
console.log(JSON.stringify(gpu.native.info()));
for (const op of Object.keys(CASES) as GpuOp[]) {
  const cases = CASES[op] as readonly OpCase<GpuOp>[];
  cases.forEach((call, at) => {
    try {
      const got = runCase(gpu, op, call);
      const expected = runCase(cpu, op, isExact(op) ? call : inFloat64(op, call));
      const [first] = differences(op, got, expected);
      if (first !== undefined) fail(`${op} case ${at}: ${first}`);
    } catch (error) {
      fail(`${op} case ${at}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

for (const dtype of ['float16', 'bfloat16'] as const)
  for (const result of [dtype, 'float32'] as const)
    narrowCases(dtype, result).forEach(({ op, call }, at) => {
      const [got = []] = runCase(gpu, op, call);
      const [expected = []] = runCase(cpu, op, inFloat64(op, call));
      const [first] = differences(op, [got], [expected], ROUNDING[result]);
      if (first !== undefined) fail(`${dtype} to ${result}: ${op} case ${at}: ${first}`);
    });

type Precision = 'float32' | 'bfloat16';
async function losses(
  model: BenchModel,
  batch: number,
  device: 'cpu' | 'gpu',
  dtype: Precision,
): Promise<readonly number[]> {
  const step = prepareStep(model, batch, { device, dtype, batch });
  await step.run(20);
  const result = step.losses(20);
  await step.dispose();
  return result;
}
const workloads: readonly (readonly [string, BenchModel, number, Precision, number])[] = [
  ['mlp_b64', MLP, 64, 'float32', 1e-3],
  ['cnn_b64', CNN, 64, 'float32', 1e-3],
  ['tenc_b16', encoder(0), 16, 'float32', 1e-3],
  ['tenc_drop_b16', encoder(0.1), 16, 'float32', 1e-3],
  ['mlp_b64 in bfloat16', MLP, 64, 'bfloat16', 1e-2],
  ['cnn_b64 in bfloat16', CNN, 64, 'bfloat16', 1e-2],
  ['tenc_b16 in bfloat16', encoder(0), 16, 'bfloat16', 1e-2],
];
for (const [name, model, batch, dtype, allowed] of workloads) {
  const expected = await losses(model, batch, 'cpu', dtype);
  const got = await losses(model, batch, 'gpu', dtype);
  const worst = Math.max(...got.map((loss, at) => Math.abs(loss / (expected[at] ?? 0) - 1)));
  console.log(
    `${name}: losses ${got[0]?.toFixed(5)} to ${got[19]?.toFixed(5)}, off by ${worst.toExponential(1)}`,
  );
  if (!(worst < allowed)) fail(`${name}: losses off by ${worst}`);
}
console.log(`${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
