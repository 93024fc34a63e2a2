// Schedulers that PyTorch gives a function of the epoch: here it is a formula in Python's notation.
import { LazuliError } from '../errors';
import { text } from '../layers/params';
import { defineScheduler, type ScheduleLength } from './declaration';
import { FormulaError, parseFormula, type Formula } from './formula';

/** Formulas that were read, by their text: a rate is asked for at every step. */
const known = new Map<string, Formula>();

function formulaOf(source: string): Formula {
  const found = known.get(source);
  if (found) return found;
  const formula = parseFormula(source);
  if (known.size >= 100) known.clear();
  known.set(source, formula);
  return formula;
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

const lrLambda = (help: string, initial: string) =>
  text({
    help,
    initial,
    expected: 'a formula like 0.95 ** epoch',
    faultOf: (source) => faultOf(() => parseFormula(source)),
  });

/** The factor at an epoch. Throws `parameter_invalid`, naming the epoch, where the formula has no value. */
function factorAt(source: string, epoch: number): number {
  let factor = Number.NaN;
  const fault = faultOf(() => (factor = formulaOf(source)(epoch)));
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
    { steps }: ScheduleLength,
  ): void => {
    for (let epoch = first; epoch < Math.min(steps, MOST_TRIED); epoch++) factorAt(lr_lambda, epoch);
  };
}

export const lambda = defineScheduler({
  type: 'lambda_lr',
  torch: 'torch.optim.lr_scheduler.LambdaLR',
  summary: 'The first rate times a formula of the step.',
  params: {
    lr_lambda: lrLambda(
      'What the first rate is multiplied by, as Python writes it: a warm-up of ten steps is min(1, (epoch + 1) / 10).',
      '0.95 ** epoch',
    ),
  },
  rule: {
    kind: 'rate',
    prepare: tryFrom(0),
    rate: ({ params, base, epoch }) => base * factorAt(params.lr_lambda, epoch),
  },
  examples: [
    { title: 'a power', params: { lr_lambda: '0.95 ** epoch' } },
    { title: 'steps', params: { lr_lambda: '0.5 ** (epoch // 7)' } },
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
    lr_lambda: lrLambda('What the rate is multiplied by at each step, as Python writes it.', '0.95'),
  },
  rule: {
    kind: 'rate',
    prepare: tryFrom(1),
    rate: ({ params, group, epoch, isInitial }) =>
      isInitial ? group.lr : group.lr * factorAt(params.lr_lambda, epoch),
  },
  examples: [
    { title: 'always', params: { lr_lambda: '0.95' } },
    { title: 'now and then', params: { lr_lambda: '0.7 if epoch % 6 == 0 or epoch == 15 else 1' } },
  ],
});
