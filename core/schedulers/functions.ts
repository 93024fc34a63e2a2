// Schedulers that PyTorch gives a function of the epoch, or one for each group: here they are formulas in Python's notation.
import { LazuliError } from '../errors';
import { text, type ParamSpec } from '../layers/params';
import { defineScheduler, type GroupPlace, type ScheduleLength } from './declaration';
import { FormulaError, parseFormulas, type Formula } from './formula';

/** Formulas that were read, by their text: a rate is asked for at every step. */
const known = new Map<string, readonly Formula[]>();

function formulasOf(source: string): readonly Formula[] {
  const found = known.get(source);
  if (found) return found;
  const formulas = parseFormulas(source);
  if (known.size >= 100) known.clear();
  known.set(source, formulas);
  return formulas;
}

const faultOf = (body: () => unknown): string | null => {
  try {
    body();
    return null;
  } catch (error) {
    if (error instanceof FormulaError) return error.message;
    throw error;
  }
};

/** A text; a list of texts is taken as one in brackets. */
function lrLambda(help: string, initial: string): ParamSpec<string> {
  const spec = text({
    help,
    initial,
    expected: 'a formula like 0.95 ** epoch',
    faultOf: (source) => faultOf(() => parseFormulas(source)),
  });
  const isList = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.every((item) => typeof item === 'string');
  return { ...spec, parse: (value) => spec.parse(isList(value) ? `[${value.join(', ')}]` : value) };
}

/** The factor at an epoch. Throws `parameter_invalid`, naming the epoch, where the formula has no value. */
function factorAt(source: string, { at, groups }: GroupPlace, epoch: number): number {
  const formulas = formulasOf(source);
  const formula = formulas.length === 1 ? formulas[0] : formulas[at];
  if (!formula || (formulas.length > 1 && formulas.length !== groups))
    throw new LazuliError('parameter_invalid', `Expected ${groups} lr_lambdas, but got ${formulas.length}`, {
      where: 'scheduler, lr_lambda',
      expected: `one formula, or ${groups}: one for each group of parameters`,
      got: source,
    });
  let factor = Number.NaN;
  const fault = faultOf(() => (factor = formula(epoch)));
  if (fault === null) return factor;
  throw new LazuliError('parameter_invalid', `lr_lambda: ${fault} at epoch ${epoch}`, {
    where: 'scheduler, lr_lambda',
    expected: 'a number at every epoch of the run',
    got: `${source}: ${fault} at epoch ${epoch}`,
  });
}

/** Steps that are tried before a run starts, so that a formula does not end it later. */
const MOST_TRIED = 100_000;

function tryFrom(first: number) {
  return (
    { lr_lambda }: { readonly lr_lambda: string },
    _group: unknown,
    { steps, ...place }: ScheduleLength & GroupPlace,
  ): void => {
    for (let epoch = first; epoch < Math.min(steps, MOST_TRIED); epoch++) factorAt(lr_lambda, place, epoch);
  };
}

export const lambda = defineScheduler({
  type: 'lambda_lr',
  torch: 'torch.optim.lr_scheduler.LambdaLR',
  summary: 'The first rate times a formula of the step.',
  params: {
    lr_lambda: lrLambda(
      'What the first rate is multiplied by, as Python writes it: a warm-up of ten steps is min(1, (epoch + 1) / 10). In brackets [ ] one for each group, those without a name first.',
      '0.95 ** epoch',
    ),
  },
  rule: {
    kind: 'rate',
    prepare: tryFrom(0),
    rate: (call) => call.base * factorAt(call.params.lr_lambda, call, call.epoch),
  },
  examples: [
    { title: 'a power', params: { lr_lambda: '0.95 ** epoch' } },
    { title: 'steps', params: { lr_lambda: '0.5 ** (epoch // 7)' } },
    {
      title: 'one for each group',
      params: { lr_lambda: ['0.95 ** epoch', 'lambda step: min(1, (step + 1) / 10)'] },
      groups: [1, 0.5],
    },
    {
      title: 'warm-up, then the root',
      params: { lr_lambda: 'lambda step: min((step + 1) ** -0.5, (step + 1) * 8 ** -1.5)' },
    },
    {
      title: 'warm-up, then a cosine',
      params: {
        lr_lambda: '(epoch + 1) / 10 if epoch < 9 else 0.5 * (1 + math.cos(math.pi * (epoch - 10) / 50))',
      },
    },
    {
      title: 'many signs',
      params: {
        lr_lambda:
          'max(1e-3, -(-2) ** 3 / 8 - exp(-epoch / 9) * (not 5 <= epoch < 12 and epoch % 4 != 1) + log(epoch + 1, 10) + sqrt(2.5) * sin(.1))',
      },
    },
  ],
});

export const multiplicative = defineScheduler({
  type: 'multiplicative_lr',
  torch: 'torch.optim.lr_scheduler.MultiplicativeLR',
  summary: 'Multiplies the rate at every step by a formula of it.',
  params: {
    lr_lambda: lrLambda(
      'What the rate is multiplied by at each step, as Python writes it. In brackets [ ] one for each group, those without a name first.',
      '0.95',
    ),
  },
  rule: {
    kind: 'rate',
    prepare: tryFrom(1),
    rate: (call) =>
      call.isInitial ? call.group.lr : call.group.lr * factorAt(call.params.lr_lambda, call, call.epoch),
  },
  examples: [
    { title: 'always', params: { lr_lambda: '0.95' } },
    {
      title: 'one for each group',
      params: { lr_lambda: '[lambda step: 0.9, 0.5 if epoch % 9 == 0 else 1, 1.01]' },
      groups: [1, 0.25, 3],
    },
    { title: 'now and then', params: { lr_lambda: '0.7 if epoch % 6 == 0 or epoch == 15 else 1' } },
  ],
});
