// One batch through the model and back, with a look at what one layer gives and at the gradient of the loss there.
import { forwardInTurns, PLAN, type GraphModule } from '#core/graph/graph-module';
import { isOutputLayer, resolveNode } from '#core/graph/resolve';
import { outputPorts } from '#core/layers/declaration';
import { LazuliError } from '#core/errors';
import { watchAttention, type AttentionWatcher } from '#core/layers/attention-watch';
import { noGrad } from '#core/ops/index';
import * as ops from '#core/ops/index';
import { gradientsInTurns } from '#core/ops/backward';
import {
  ACTIVITY_LIMITS,
  type Activity,
  type FirstSample,
  type OutputActivity,
} from '#core/session/activity';
import { DTYPES, elementSize } from '#core/tensor/dtype';
import { readElement } from '#core/tensor/elements';
import { currentOrigin } from '#core/tensor/origin';
import { numel } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';
import { within, type Turned } from '#core/turns';

import type { Lock } from '../lock';
import { measure } from '../model/browse';
import { Turns } from '../turns';
import { Cursor, nextInputs, nextTargets } from './batches';
import type { Objective } from './objective';
import { loadInTurns, type StepParts } from './programs';

/** The ends of what an activation can give: near them its slope is next to nothing. Rectifiers have one end, told by `silent`. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  sigmoid: [0, 1],
  hardsigmoid: [0, 1],
  tanh: [-1, 1],
  hardtanh: [-1, 1],
  softsign: [-1, 1],
};
const NEAR = 0.01;

export interface ActivityParts extends Omit<StepParts, 'cursor'> {
  /** null where the data has no targets: then there is no loss and no gradient. */
  readonly objective: Objective | null;
  readonly lock: Lock;
}

/** What is taken of one output while the batch runs. */
interface Look {
  readonly port: string;
  readonly value: Tensor;
  readonly gradient: Tensor | null;
  /** Largest absolute value of each unit. */
  readonly units: Tensor | null;
  readonly saturated: Tensor | null;
  readonly first: Tensor | null;
}

/** The weights of one attention: of the first sample, cut to what is shown. */
interface AttentionLook {
  readonly name: string;
  readonly of: { readonly heads: number; readonly queries: number; readonly keys: number };
  readonly weights: Tensor;
}

/** Throws `usage` for a node that has no outputs in the model: one that cannot run. */
export async function activityOf(parts: ActivityParts, node: string, batch: number): Promise<Activity> {
  const { backend, module, lock } = parts;
  const step = module[PLAN].steps.find((each) => each.node.id === node);
  if (!step)
    throw new LazuliError('usage', `the model has no node ${node} that runs`, {
      hint: 'connect it, or look at its problems',
    });
  const cursor = new Cursor(batch, backend.device);
  try {
    return await lock.run(async () => {
      const start = performance.now();
      cursor.start(Array.from({ length: batch }, (_, at) => at));
      let looks: readonly Look[] = [];
      let attended: readonly AttentionLook[] = [];
      let whyNot: string | null = null;
      function* record(): Turned<readonly Tensor[]> {
        const found = yield* lookAt({ ...parts, cursor }, step?.node.id ?? '', batch);
        ({ looks, attended, whyNot } = found);
        const tensors = looks.flatMap(({ value, gradient, units, saturated, first }) =>
          [value, gradient, units, saturated, first].filter((tensor) => tensor !== null),
        );
        return [...tensors, ...attended.map(({ weights }) => weights)];
      }
      const program = await loadInTurns(backend, { module, batch, parts: 1, step: record }, new Turns());
      try {
        await program.program.run(1);
        const results = [...program.outputs];
        const next = <T>(wanted: T | null): Tensor | null =>
          wanted === null ? null : (results.shift() ?? null);
        const outputs: OutputActivity[] = [];
        for (const look of looks) {
          const [value, gradient, units, saturated, first] = [
            next(look.value),
            next(look.gradient),
            next(look.units),
            next(look.saturated),
            next(look.first),
          ];
          outputs.push({
            port: look.port,
            shape: look.value.shape,
            values: await measure(value),
            gradient: await measure(gradient),
            silent: units && {
              units: numbersOf(units).filter((most) => most === 0).length,
              of: units.numel(),
            },
            saturated: saturated && (numbersOf(saturated)[0] ?? null),
            first: first && firstOf(first, look.value),
          });
        }
        const attention = attended.map(({ name, of, weights }) => ({
          name,
          ...of,
          shape: weights.shape,
          values: Float32Array.from(numbersOf(next(weights) ?? weights)),
        }));
        const seconds = (performance.now() - start) / 1000;
        return { samples: batch, outputs, attention, no_gradient: whyNot, seconds };
      } finally {
        program.dispose();
      }
    });
  } finally {
    cursor.dispose();
  }
}

type LookParts = ActivityParts & Pick<StepParts, 'cursor'>;

function* lookAt(
  { module, feed, cursor, dtype, objective }: LookParts,
  node: string,
  batch: number,
): Turned<{
  readonly looks: readonly Look[];
  readonly attended: readonly AttentionLook[];
  readonly whyNot: string | null;
}> {
  module.eval();
  let values: readonly Tensor[] = [];
  const inputs = nextInputs(feed, cursor, batch);
  const attended: AttentionLook[] = [];
  const watch: AttentionWatcher = (name, weights) => {
    // A layer that also gives its weights computes them twice.
    const isNew = currentOrigin()?.node === node && !attended.some((other) => other.name === name);
    const look = isNew ? attentionOf(name, weights) : null;
    if (look) attended.push(look);
  };
  const forward = forwardInTurns(module, inputs, {
    onlyUsed: false,
    onNode: (id, given) => (values = id === node ? given : values),
  });
  const outputs = yield* within((body) => watchAttention(watch, body), forward);
  const { ports, type, whyNot } = placeOf(module, node, objective);
  const inner = values.filter(({ requiresGrad }) => requiresGrad);
  let gradients: readonly (Tensor | null)[] = [];
  if (objective && inner.length > 0) {
    const targets = nextTargets(feed, objective.targets, cursor, { batch, dtype });
    const { loss } = objective.evaluate({ outputs, inputs, targets, samples: batch });
    if (loss.requiresGrad) gradients = yield* gradientsInTurns(loss, inner, { allowUnused: true });
  }
  const looks = noGrad(() =>
    values.map((value, at): Look => {
      const isReal = DTYPES[value.dtype].kind === 'float';
      const range = RANGES[type];
      return {
        port: ports[at] ?? 'output',
        // A view of what the next layer writes over would be gone by the end of the step.
        value: ops.clone(value),
        gradient: gradients[inner.indexOf(value)] ?? null,
        units: isReal ? unitsOf(value) : null,
        saturated: isReal && range ? nearEnds(value, range) : null,
        first: isReal ? firstSample(value) : null,
      };
    }),
  );
  return {
    looks,
    attended,
    whyNot: whyNot ?? (inner.length === 0 ? 'nothing that learns lies before it' : null),
  };
}

function placeOf(module: GraphModule, node: string, objective: Objective | null) {
  const found = module[PLAN].graph.nodes.find(({ id }) => id === node);
  const { declaration, params } = found ? resolveNode(found) : { declaration: null, params: null };
  const isEnd = declaration !== null && isOutputLayer(declaration);
  return {
    ports: isEnd ? ['output'] : outputPorts(declaration, params).map(({ name }) => name),
    type: declaration?.type ?? '',
    whyNot: objective === null ? 'the data has no targets' : null,
  };
}

/** Axis 1 counts units in rows `[N, C]` and pictures `[N, C, H, W]`; in sequences it may be time. */
function unitsOf(value: Tensor): Tensor | null {
  const rank = value.shape.length;
  if (rank < 2 || rank === 3 || value.numel() === 0) return null;
  const others = value.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  return ops.amax(ops.abs(value), others);
}

function nearEnds(value: Tensor, [low, high]: readonly [number, number]): Tensor {
  const [middle, reach] = [(low + high) / 2, ((high - low) / 2) * (1 - 2 * NEAR)];
  return ops.mean(ops.cast(ops.ge(ops.abs(ops.sub(value, middle)), reach), value.dtype));
}

/** The first sample, of many channels the first; null for one too large to send. */
function firstSample(value: Tensor): Tensor | null {
  const [samples = 0, ...shape] = value.shape;
  if (samples === 0 || shape.length === 0 || shape.length > 3) return null;
  const [channels = 1, ...each] = shape;
  const { values: most, channels: shown } = ACTIVITY_LIMITS;
  const kept =
    each.length === 2
      ? Math.min(channels, shown, Math.floor(most / Math.max(numel(each), 1)))
      : numel(shape) <= most
        ? channels
        : 0;
  if (kept === 0) return null;
  const first = ops.select(value, 0, 0);
  return ops.clone(kept < channels ? ops.slice(first, 0, { end: kept }) : first);
}

/** Of the first sample: `[N, heads, L, S]`, or `[N, L, S]` or `[L, S]` where there are no heads. */
function attentionOf(name: string, weights: Tensor): AttentionLook | null {
  const [queries = 0, keys = 0] = weights.shape.slice(-2);
  if (weights.numel() === 0) return null;
  let maps = weights;
  while (maps.rank > 3) maps = ops.select(maps, 0, 0);
  if (weights.rank === 3) maps = ops.slice(maps, 0, { end: 1 });
  if (weights.rank === 2) maps = ops.unsqueeze(maps, 0);
  const [heads = 1] = maps.shape;
  const { values, channels, steps } = ACTIVITY_LIMITS;
  const [rows, columns] = [Math.min(queries, steps), Math.min(keys, steps)];
  const shown = Math.max(1, Math.min(heads, channels, Math.floor(values / (rows * columns))));
  const cut = [shown, rows, columns].reduce((part, end, axis) => ops.slice(part, axis, { end }), maps);
  return { name, of: { heads, queries, keys }, weights: ops.clone(cut) };
}

const firstOf = (first: Tensor, value: Tensor): FirstSample => ({
  shape: first.shape,
  channels: value.shape[1] ?? 1,
  values: Float32Array.from(numbersOf(first)),
});

function numbersOf(tensor: Tensor): number[] {
  const bytes = tensor.bytes();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = elementSize(tensor.dtype);
  return Array.from({ length: tensor.numel() }, (_, at) =>
    Number(readElement(view, at * size, tensor.dtype)),
  );
}
